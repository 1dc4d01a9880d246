// SPDX-License-Identifier: Apache-2.0
#include "app/cli/screen.h"
#include "app/cli/verb.h"
#include "core/base/format.h"
#include <cmath>
#include <fmt/format.h>
#include <iostream>

namespace loom {
namespace {

constexpr auto plainEvery = std::chrono::seconds(10);

// An event comes from our own trainer; a member that is missing is 0.
double number(const Json& event, const char* key) {
  return event.contains(key) ? numberFromJson(event[key]).value_or(0) : 0;
}
std::int64_t whole(const Json& event, const char* key) {
  return JsonReader(event, "event").integer(key).ok() ? *JsonReader(event, "event").integer(key) : 0;
}
std::string text(const Json& event, const char* key) {
  const auto value = JsonReader(event, "event").text(key);
  return value ? *value : std::string();
}

std::string bar(double share, int cells, bool coloured) {
  std::string line = coloured ? "\033[34m" : "";
  const int full = static_cast<int>(std::lround(share * cells));
  for (int cell = 0; cell < cells; ++cell) {
    if (cell == full && coloured) line += "\033[2m";
    line += cell < full ? "━" : "╌";
  }
  return line + (coloured ? "\033[0m" : "");
}

} // namespace

Screen::Screen()
    : live_(moves(os::Stream::error)), coloured_(coloured(os::Stream::error)),
      lastLine_(std::chrono::steady_clock::now()) {}

void Screen::close() {
  if (open_) std::cerr << "\r\033[K" << std::flush;
  open_ = false;
}

void Screen::show(const Json& event) {
  const std::string kind = text(event, "event");
  if (kind == "progress") return progress(event);
  if (kind == "epoch") {
    close();
    epoch(event);
    // Short epochs follow each other faster than progress is told: the line stays below them.
    if (live_ && !line_.empty()) {
      std::cerr << line_ << std::flush;
      open_ = true;
    }
  } else if (kind == "note") {
    close();
    if (text(event, "level") == "info")
      std::cerr << plain(text(event, "text")) << "\n";
    else
      warn(foreign(text(event, "text")));
  } else if (kind == "state") {
    close();
    if (text(event, "state") == "paused") std::cerr << "Paused at step " << whole(event, "step") << ".\n";
  } else if (kind == "rate") {
    close();
    std::cerr << "Learning rate " << formatNumber(number(event, "rate")) << " from step "
              << whole(event, "step") + 1 << " on.\n";
  } else if (kind == "started" || kind == "resumed") {
    const std::string run = text(event, "run").substr(0, 8), device = text(event, "device");
    const Message threads = sayCount("{} thread", "{} threads", whole(event, "threads"));
    const Message epochs = sayCount("{} epoch", "{} epochs", whole(event, "epochs"));
    const std::string steps = formatCount(whole(event, "total_steps"));
    const Message first =
        kind == "started"
            ? say("Run {} on {}, {}: {} steps in {}", run, device, threads, steps, epochs)
            : say("Resuming run {} on {}, {}: {} steps in {}", run, device, threads, steps, epochs);
    std::cerr << first.text() << "\n";
  }
}

void Screen::progress(const Json& event) {
  const double total = number(event, "total_steps");
  const double share = total > 0 ? std::min(1.0, number(event, "step") / total) : 0;
  const double speed = number(event, "steps_per_second");
  const std::string percent = fmt::format("{:3.0f} %", std::floor(share * 100));
  const std::string rest =
      fmt::format("  epoch {} of {}  loss {}  {} steps/s  {} left", whole(event, "epoch"),
                  whole(event, "epochs"), formatLoss(number(event, "loss")),
                  speed < 10 ? fmt::format("{:.1f}", speed) : fmt::format("{:.0f}", speed),
                  speed > 0 ? formatDuration(number(event, "seconds_left")) : std::string(missingText));
  if (!live_) {
    const auto now = std::chrono::steady_clock::now();
    if (now - lastLine_ < plainEvery) return;
    lastLine_ = now;
    std::cerr << percent << rest << std::endl;
    return;
  }
  // The line must fit, or it cannot be written over.
  const int room = columnsOf(os::Stream::error) - 1;
  const int texts = static_cast<int>(percent.size() + rest.size()) + 1;
  const int cells = std::min(24, room - texts);
  std::string line = "\r\033[K";
  if (cells >= 4)
    line += bar(share, cells, coloured_) + " " + percent + rest;
  else
    line += shortened(percent + rest, static_cast<std::size_t>(std::max(8, room)));
  line_ = std::move(line);
  std::cerr << line_ << std::flush;
  open_ = true;
}

void Screen::epoch(const Json& event) const {
  std::string line = fmt::format("epoch {:>3}  train loss {:>8}", whole(event, "epoch"),
                                 formatLoss(number(event, "train_loss")));
  if (event.contains("val_loss"))
    line += fmt::format("  val loss {:>8}", formatLoss(number(event, "val_loss")));
  // The no-break space in a percentage is two bytes, so the width is made by hand.
  if (event.contains("val_accuracy")) {
    const std::string percent = formatPercent(number(event, "val_accuracy"));
    line += "  val accuracy " + std::string(percent.size() < 10 ? 10 - percent.size() : 0, ' ') + percent;
  }
  if (event.contains("val_r2")) line += fmt::format("  val R² {:>7.3f}", number(event, "val_r2"));
  std::cerr << line << "\n";
}

} // namespace loom
