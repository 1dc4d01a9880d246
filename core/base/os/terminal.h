// SPDX-License-Identifier: Apache-2.0
// The standard streams, and the terminal that may be at their other end.
#pragma once

namespace loom::os {

enum class Stream { input = 0, output = 1, error = 2 };

bool isTerminal(Stream stream);
int terminalColumns(Stream stream); // 0 when unknown
// The first file that is opened while a standard stream is closed takes its place, and what is printed goes
// into it: into a journal, for one. This opens such a stream the wrong way round, so that printing still
// fails.
void keepStandardStreams();

} // namespace loom::os
