// SPDX-License-Identifier: Apache-2.0
#include "core/base/error_message.h"
#include "core/base/message_json.h"
#include "core/train/attempt.h"
#include <cmath>
#include <filesystem>
#include <thread>

namespace loom {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

const char* verbText(RunControl::Verb verb) {
  switch (verb) {
  case RunControl::Verb::pause:
    return "pause";
  case RunControl::Verb::resume:
    return "resume";
  case RunControl::Verb::stop:
    return "stop";
  case RunControl::Verb::checkpoint:
    return "checkpoint";
  case RunControl::Verb::learningRate:
    return "lr";
  }
  return "";
}

} // namespace

bool Attempt::attentive() const {
  return stop_.wanted.load(std::memory_order_relaxed) != 0 || controls_->waiting() || controls_->gone();
}

void Attempt::answer(const std::string& id, const char* verb, bool applied, const Message& reason) {
  Json event{
      {"event", "control"}, {"id", id}, {"verb", verb}, {"applied", applied}, {"step", progress_.step}};
  if (!reason.empty()) setMessage(event, "reason", reason);
  tell(std::move(event));
}

void Attempt::refuse(const Result<RunControl>& command, const Message& reason) {
  if (command)
    answer(command->id, verbText(command->verb), false, reason);
  else
    answer(command.error().place.text(), "unknown", false, command.error().cause);
}

void Attempt::refuseTheRest() {
  controls_->lookAgain();
  while (const auto command = controls_->take()) refuse(*command, say("The run has ended"));
}

Attempt::Verdict Attempt::saveNow(const RunControl& control) {
  auto saved = saveCheckpoint();
  answer(control.id, "checkpoint", saved.ok(), saved ? Message() : toMessage(saved.error()));
  return saved ? Verdict::goOn : fail(saved.error());
}

Attempt::Verdict Attempt::setRate(const RunControl& control) {
  if (progress_.step >= total_) {
    answer(control.id, "lr", false, say("No step is left to be done"));
    return Verdict::goOn;
  }
  const double planned = rateAt(progress_.step + 1);
  const double factor = control.value / planned;
  if (!(control.value > 0) || !std::isnormal(factor) || !(factor > 0)) {
    answer(control.id, "lr", false, say("The learning rate must be a number above 0"));
    return Verdict::goOn;
  }
  const double before = progress_.rateFactor;
  progress_.rateFactor = factor;
  tell({{"event", "rate"},
        {"factor", progress_.rateFactor / before},
        {"rate", control.value},
        {"step", progress_.step},
        {"by", control.by}});
  // A killed trainer must not forget what a person was told is done.
  savedStep_ = -1;
  auto saved = saveCheckpoint();
  answer(control.id, "lr", saved.ok(), saved ? Message() : toMessage(saved.error()));
  return saved ? Verdict::goOn : fail(saved.error());
}

Attempt::Verdict Attempt::apply(const RunControl& control) {
  switch (control.verb) {
  case RunControl::Verb::stop:
    answer(control.id, "stop", true, {});
    return Verdict::stopped;
  case RunControl::Verb::checkpoint:
    return saveNow(control);
  case RunControl::Verb::learningRate:
    return setRate(control);
  case RunControl::Verb::pause:
    refuse(control, say("The run is paused"));
    break;
  case RunControl::Verb::resume:
    refuse(control, say("The run is not paused"));
    break;
  }
  return Verdict::goOn;
}

// What was deleted is not made again. Of a run that was moved, a checkpoint is saved where it lies now; its
// journal, held open, went with it.
Attempt::Verdict Attempt::leave() {
  left_ = true;
  std::this_thread::sleep_for(300ms); // what is deleted file by file is seen half at first
  Error error{ErrorKind::input, folder_,
              say("The folder of the run was deleted while it trained, with its journal and checkpoints"),
              say("Restore the folder from a backup and resume the run, or train again")};
  const auto now = controls_->whereNow();
  std::error_code unknown;
  const auto there = now ? now->parent_path().parent_path() : folder_;
  if (now && fs::exists(there / "run.json", unknown)) {
    const bool moved = there != folder_;
    folder_ = there;
    attemptFolder_ = *now;
    const Status saved = saveCheckpoint();
    error.cause = moved ? say("The folder of the run was moved to {} while it trained", there)
                        : say("The run's journal was deleted while it trained");
    error.fix = saved ? say("A checkpoint is saved there: resume the run") : toMessage(saved.error());
  }
  return fail(error);
}

Attempt::Verdict Attempt::pause() {
  tell({{"event", "state"}, {"state", "paused"}, {"step", progress_.step}});
  (void)log_->barrier();
  const auto since = Clock::now();
  Verdict verdict = Verdict::goOn;
  for (bool paused = true; paused && verdict == Verdict::goOn;) {
    controls_->sleep(100ms);
    if (stop_.wanted.load() != 0 || controls_->gone()) break;
    const auto command = controls_->take();
    if (!command) continue;
    if (!*command) {
      refuse(*command, {});
    } else if ((*command)->verb == RunControl::Verb::resume) {
      answer((*command)->id, "resume", true, {});
      paused = false;
    } else {
      verdict = apply(**command);
    }
  }
  paused_ += std::chrono::duration<double>(Clock::now() - since).count();
  lastSpeed_ = Clock::now();
  samplesSinceSpeed_ = 0;
  if (verdict == Verdict::goOn) tell({{"event", "state"}, {"state", "running"}, {"step", progress_.step}});
  return verdict;
}

Attempt::Verdict Attempt::obey() {
  Verdict verdict = Verdict::goOn;
  while (verdict == Verdict::goOn) {
    if (controls_->gone()) return leave();
    if (stop_.wanted.load() != 0) return Verdict::stopped;
    const auto command = controls_->take();
    if (!command) break;
    if (!*command) {
      refuse(*command, {});
    } else if ((*command)->verb == RunControl::Verb::pause) {
      answer((*command)->id, "pause", true, {});
      verdict = pause();
    } else {
      verdict = apply(**command);
    }
  }
  return verdict;
}

} // namespace loom
