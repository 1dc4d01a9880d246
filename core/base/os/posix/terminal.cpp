// SPDX-License-Identifier: Apache-2.0
#include "core/base/os/terminal.h"
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace loom::os {

bool isTerminal(Stream stream) { return ::isatty(static_cast<int>(stream)) == 1; }

int terminalColumns(Stream stream) {
  winsize size{};
  return ::ioctl(static_cast<int>(stream), TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

void keepStandardStreams() {
  for (const int place : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(place, F_GETFD) < 0) (void)::open("/dev/null", place == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

} // namespace loom::os
