// SPDX-License-Identifier: Apache-2.0
#include "core/train/attempt.h"
#include <cmath>

namespace loom {
namespace {

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

std::string shortened(const std::string& text) {
  constexpr std::size_t longest = 600;
  if (text.size() <= longest) return text;
  std::size_t end = longest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

bool Attempt::attentive() const {
  return stop_.wanted.load(std::memory_order_relaxed) != 0 || controls_->waiting();
}

void Attempt::answer(const std::string& id, const char* verb, bool applied, const std::string& reason) {
  Json event{
      {"event", "control"}, {"id", id}, {"verb", verb}, {"applied", applied}, {"step", progress_.step}};
  if (!reason.empty()) event["reason"] = shortened(reason);
  tell(std::move(event));
}

void Attempt::refuse(const Result<RunControl>& command, const char* reason) {
  if (command)
    answer(command->id, verbText(command->verb), false, reason);
  else
    answer(command.error().place, "unknown", false, command.error().cause);
}

void Attempt::refuseTheRest() {
  controls_->lookAgain();
  while (const auto command = controls_->take()) refuse(*command, "The run has ended");
}

Attempt::Verdict Attempt::saveNow(const RunControl& control) {
  auto saved = saveCheckpoint();
  answer(control.id, "checkpoint", saved.ok(), saved ? std::string() : saved.error().message());
  return saved ? Verdict::goOn : fail(saved.error());
}

Attempt::Verdict Attempt::setRate(const RunControl& control) {
  if (progress_.step >= total_) {
    answer(control.id, "lr", false, "No step is left to be done");
    return Verdict::goOn;
  }
  const double planned = rateAt(progress_.step + 1);
  if (!(control.value > 0) || !std::isfinite(control.value) || !(planned > 0)) {
    answer(control.id, "lr", false, "The learning rate must be a number above 0");
    return Verdict::goOn;
  }
  const double before = progress_.rateFactor;
  progress_.rateFactor = control.value / planned;
  tell({{"event", "rate"},
        {"factor", progress_.rateFactor / before},
        {"rate", control.value},
        {"step", progress_.step},
        {"by", control.by}});
  // A killed trainer must not forget what a person was told is done.
  savedStep_ = -1;
  auto saved = saveCheckpoint();
  answer(control.id, "lr", saved.ok(), saved ? std::string() : saved.error().message());
  return saved ? Verdict::goOn : fail(saved.error());
}

Attempt::Verdict Attempt::pause() {
  tell({{"event", "state"}, {"state", "paused"}, {"step", progress_.step}});
  (void)log_->barrier();
  const auto since = Clock::now();
  Verdict verdict = Verdict::goOn;
  for (bool paused = true; paused && verdict == Verdict::goOn;) {
    controls_->sleep(100ms);
    if (stop_.wanted.load() != 0) break;
    const auto command = controls_->take();
    if (!command) continue;
    if (!*command) {
      refuse(*command, "");
      continue;
    }
    const RunControl& control = **command;
    switch (control.verb) {
    case RunControl::Verb::resume:
      answer(control.id, "resume", true, {});
      paused = false;
      break;
    case RunControl::Verb::stop:
      answer(control.id, "stop", true, {});
      verdict = Verdict::stopped;
      break;
    case RunControl::Verb::checkpoint:
      verdict = saveNow(control);
      break;
    case RunControl::Verb::learningRate:
      verdict = setRate(control);
      break;
    case RunControl::Verb::pause:
      refuse(*command, "The run is paused");
      break;
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
    if (stop_.wanted.load() != 0) return Verdict::stopped;
    const auto command = controls_->take();
    if (!command) break;
    if (!*command) {
      refuse(*command, "");
      continue;
    }
    const RunControl& control = **command;
    switch (control.verb) {
    case RunControl::Verb::pause:
      answer(control.id, "pause", true, {});
      verdict = pause();
      break;
    case RunControl::Verb::resume:
      refuse(*command, "The run is not paused");
      break;
    case RunControl::Verb::stop:
      answer(control.id, "stop", true, {});
      verdict = Verdict::stopped;
      break;
    case RunControl::Verb::checkpoint:
      verdict = saveNow(control);
      break;
    case RunControl::Verb::learningRate:
      verdict = setRate(control);
      break;
    }
  }
  return verdict;
}

} // namespace loom
