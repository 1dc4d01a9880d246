// SPDX-License-Identifier: Apache-2.0
#include "core/base/os/signals.h"
#include <csignal>
#include <unistd.h>

namespace loom::os {
namespace {

void (*chosenHandler)(StopSignal) = nullptr; // a signal handler can reach nothing else

void onSignal(int signal) {
  chosenHandler(signal == SIGINT   ? StopSignal::interrupt
                : signal == SIGHUP ? StopSignal::terminalClosed
                                   : StopSignal::terminate);
}

} // namespace

void onStopSignals(void (*handler)(StopSignal)) {
  chosenHandler = handler;
  struct sigaction action {};
  action.sa_handler = onSignal;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(signal, &action, nullptr);
}

void ignoreBrokenPipes() { ::signal(SIGPIPE, SIG_IGN); }

bool writeMessage(std::string_view text) { return ::write(STDERR_FILENO, text.data(), text.size()) >= 0; }

} // namespace loom::os
