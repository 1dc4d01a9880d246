// SPDX-License-Identifier: Apache-2.0
// What a person sees of a training, on stderr: on a terminal one line that is written over, with percent,
// speed and remaining time; elsewhere (a file, a pipe, TERM=dumb) plain lines, never more than one in ten
// seconds beside those of the epochs.
#pragma once
#include "core/base/json.h"
#include <chrono>

namespace loom {

class Screen {
 public:
  Screen();
  ~Screen() { close(); }
  void show(const Json& event); // of a RunEvent
  void close();                 // takes the moving line away

 private:
  void progress(const Json& event);
  void epoch(const Json& event) const;
  const bool live_, coloured_;
  bool open_ = false;
  std::string line_; // the moving one, as it was last
  std::chrono::steady_clock::time_point lastLine_;
};

} // namespace loom
