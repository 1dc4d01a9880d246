// SPDX-License-Identifier: Apache-2.0
// A plug-in of another build, for tst_plugin: its backend must never be asked for.
#include <cstdlib>

extern "C" const char* loom_abi() { return "neuroloom 9.9.9, compiler of tomorrow, types 1 2 3"; }
extern "C" const void* loom_backend() { std::abort(); }
