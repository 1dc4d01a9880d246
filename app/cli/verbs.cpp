// SPDX-License-Identifier: Apache-2.0
#include "app/cli/verb.h"

namespace loom {

const std::vector<Verb>& verbs() {
  static const std::vector<Verb> table = {
      {"new", "Make a project from a template or from your own data",
       "loom new my-first.loom --template iris\nloom new shoes.loom --data pictures/\nloom new houses.loom "
       "--data houses.csv --target price",
       &defineNew},
      {"templates", "List the templates", "loom templates\nloom templates --json", &defineTemplates},
      {"data", "Look at a table, a folder of images or IDX files",
       "loom data inspect houses.csv\nloom data inspect pictures/ --json", &defineData},
      {"check", "Say whether a project's network can be trained",
       "loom check my-first.loom\nloom check my-first.loom --network iris", &defineCheck},
      {"estimate", "Memory and time of a training, before it starts",
       "loom estimate my-first.loom --batch 128", &defineEstimate},
      {"train", "Train a network, or go on with a run",
       "loom train my-first.loom --name first\nloom train my-first.loom --epochs 5 --lr 0.01 --optimizer "
       "SGD\nloom "
       "train my-first.loom --resume last --epochs 20",
       &defineTrain},
      {"evaluate", "Accuracy, figures per class and confusion matrix of a run",
       "loom evaluate my-first.loom last\nloom evaluate my-first.loom last --split validation --json",
       &defineEvaluate},
      {"predict", "What a trained network says to a picture or to rows of a table",
       "loom predict shoes.loom last boot.png\nloom predict houses.loom last new.csv --json", &definePredict},
      {"runs", "List, show and compare runs, and read their series",
       "loom runs list my-first.loom\nloom runs show my-first.loom last\nloom runs series my-first.loom last "
       "train/loss --pixels 80 --json\nloom runs compare my-first.loom first last",
       &defineRuns},
      {"control", "Pause, resume or stop a living run, save a checkpoint, change its learning rate",
       "loom control my-first.loom last pause\nloom control my-first.loom last lr 0.0005", &defineControl},
      {"queue", "Show and change what waits for cores or devices of this computer",
       "loom queue list\nloom queue move 3f2a first\nloom queue cancel 3f2a\nloom queue release",
       &defineQueue},
      {"history", "Verify the stored history, or make it again from the journals",
       "loom history verify my-first.loom\nloom history rebuild my-first.loom", &defineHistory},
      {"export", "Write a network as torch.nn Python, with the weights of a run",
       "loom export my-first.loom out/\nloom export my-first.loom out/ --run last", &defineExport},
      {"layers", "The layers there are, with their parameters", "loom layers\nloom layers --markdown",
       &defineLayers},
      {"devices", "What a network can be trained on", "loom devices\nloom devices --json", &defineDevices},
      {"doctor", "Check this machine: processor, libraries, and every op against the reference",
       "loom doctor\nloom doctor --json", &defineDoctor},
  };
  return table;
}

} // namespace loom
