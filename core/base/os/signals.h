// SPDX-License-Identifier: Apache-2.0
// Signals that ask this process to stop.
#pragma once
#include <string_view>

namespace loom::os {

enum class StopSignal { interrupt /* Ctrl-C */, terminate, terminalClosed };

// `handler` runs in place of whatever the process does at that moment: it may set volatile flags and call
// writeMessage() and exitNow(), nothing else.
void onStopSignals(void (*handler)(StopSignal));
void ignoreBrokenPipes(); // writing to a pipe that nobody reads fails instead of ending the process
bool writeMessage(std::string_view text); // to stderr, from a signal handler

} // namespace loom::os
