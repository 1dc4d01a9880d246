// SPDX-License-Identifier: Apache-2.0
#include "app/cli/verb.h"

namespace loom {

const std::vector<Verb>& verbs() {
  // clang-format off
  static const std::vector<Verb> table = {
      {"new", "Make a project from a template or from your own data",
       "loom new my-first.loom --template iris\n"
       "loom new shoes.loom --data pictures/\n"
       "loom new houses.loom --data houses.csv --target price",
       &defineNew},
      {"templates", "List the templates",
       "loom templates\n"
       "loom templates --json",
       &defineTemplates},
      {"data", "Look at a table, a folder of images or IDX files",
       "loom data inspect houses.csv\n"
       "loom data inspect pictures/ --json",
       &defineData},
      {"check", "Say whether a project's network can be trained",
       "loom check my-first.loom\n"
       "loom check my-first.loom --network iris",
       &defineCheck},
      {"estimate", "Memory and time of a training, before it starts",
       "loom estimate my-first.loom --batch 128",
       &defineEstimate},
      {"train", "Train a network, or resume a run",
       "loom train my-first.loom --name first\n"
       "loom train my-first.loom --epochs 5 --lr 0.01 --optimizer SGD\n"
       "loom train my-first.loom --resume last --epochs 20",
       &defineTrain},
      {"evaluate", "Accuracy, figures per class and confusion matrix of a run",
       "loom evaluate my-first.loom last\n"
       "loom evaluate my-first.loom last --split validation --json",
       &defineEvaluate},
      {"predict", "What a trained network predicts for a picture or for rows of a table",
       "loom predict shoes.loom last boot.png\n"
       "loom predict houses.loom last new.csv --json",
       &definePredict},
      {"runs", "List, show and compare runs, and read their series",
       "loom runs list my-first.loom\n"
       "loom runs show my-first.loom last\n"
       "loom runs series my-first.loom last train/loss --pixels 80 --json\n"
       "loom runs compare my-first.loom first last",
       &defineRuns},
      {"control", "Pause, resume or stop a living run, save a checkpoint, change its learning rate",
       "loom control my-first.loom last pause\n"
       "loom control my-first.loom last lr 0.0005",
       &defineControl},
      {"queue", "Show and change what waits for cores or devices of this computer",
       "loom queue list\n"
       "loom queue move 3f2a first\n"
       "loom queue cancel 3f2a\n"
       "loom queue release",
       &defineQueue},
      {"history", "Verify the stored history, or rebuild it from the journals",
       "loom history verify my-first.loom\n"
       "loom history rebuild my-first.loom",
       &defineHistory},
      {"verify", "Check the files of a run, and compute its evaluations again",
       "loom verify my-first.loom last\n"
       "loom verify my-first.loom last --files-only --json",
       &defineVerify},
      {"export", "Write a network as torch.nn Python, with the weights of a run",
       "loom export my-first.loom out/\n"
       "loom export my-first.loom out/ --run last",
       &defineExport},
      {"layers", "The layers there are, with their parameters",
       "loom layers\n"
       "loom layers --markdown",
       &defineLayers},
      {"ops", "The operations that a network is compiled to",
       "loom ops\n"
       "loom ops --markdown",
       &defineOps},
      {"events", "The records of a run's journal",
       "loom events\n"
       "loom events --markdown",
       &defineEvents},
      {"devices", "What a network can be trained on",
       "loom devices\n"
       "loom devices --json",
       &defineDevices},
      {"doctor", "Check this machine: processor, libraries, and every op against the reference",
       "loom doctor\n"
       "loom doctor --json",
       &defineDoctor},
  };
  // clang-format on
  return table;
}

} // namespace loom
