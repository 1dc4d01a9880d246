// SPDX-License-Identifier: Apache-2.0
#include "core/run/event_kinds.h"
#include <fmt/format.h>

namespace loom {

const std::vector<EventKind>& eventKinds() {
  // clang-format off
  static const std::vector<EventKind> table{
      {"started",    "run, attempt, step, seq, total_steps, epochs, steps_per_epoch, threads, device, pid, host, seconds, time",
                     "The first record of a run; step is 0."},
      {"resumed",    "run, attempt, step, seq, total_steps, epochs, steps_per_epoch, threads, device, pid, host, seconds, time",
                     "The first record of a later attempt. It supersedes every earlier point beyond step."},
      {"points",     "key, steps, times, values",
                     "1 to 256 points of one series in columns. steps ascend; times are seconds since the run's first start."},
      {"epoch",      "epoch, step, train_loss, seconds, time, val_loss?, val_accuracy?, val_mae?, val_rmse?, val_r2?",
                     "An epoch has ended, counted from 1."},
      {"checkpoint", "step, epoch, bytes, best, time, val_loss?",
                     "A checkpoint is on disk. best: it has the lowest validation loss so far."},
      {"state",      "state, step, time",
                     "running or paused from here on."},
      {"rate",       "factor, rate, step, by, time",
                     "The schedule is scaled by factor from here on; rate is what that makes now."},
      {"control",    "id, verb, applied, step, time, reason?, reason_id?, reason_arguments?",
                     "The answer to one RunControl; reason when it was not applied."},
      {"note",       "level, text, time, text_id?, text_arguments?",
                     "A message for people. level is info, warning or error."},
      {"tested",     "checkpoint, metrics, time",
                     "The test samples were evaluated with the best checkpoint; checkpoint is its step."},
      {"finished",   "run, status, step, steps, epochs, seconds, checkpoint, metrics, time, error?",
                     "The last record of an attempt. error has place, cause and fix."},
  };
  // clang-format on
  return table;
}

std::string eventsMarkdown() {
  std::string text =
      "# Events\n\nThe records of a run's journal, in the order of an attempt. Each is a JSON object whose "
      "member `event` names its kind; numbers that are not finite are the texts NaN, Infinity and -Infinity. "
      "`loom train --json` prints them too, with `progress` in between, which no journal contains.\n\n"
      "| event | members | meaning |\n|---|---|---|\n";
  for (const EventKind& kind : eventKinds())
    text += fmt::format("| `{}` | {} | {} |\n", kind.name, kind.members, kind.meaning);
  return text;
}

} // namespace loom
