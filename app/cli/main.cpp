// SPDX-License-Identifier: Apache-2.0
#include "app/cli/program.h"
#include "core/base/os/process.h"
#include "core/base/os/terminal.h"
#include "core/base/result.h"
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>

namespace loom {
namespace {

// How long a waiting thread of the team spins before it sleeps. A team that sleeps at once costs 30 µs a
// region; one that spins for libgomp's default of 300,000 rounds holds a core that a busy machine needs for
// the thread it waits for (LeNet-5 beside a build on 2 cores: 18 steps/s with the default, 95 with 1,000;
// alone from 3,000 on all the same, 3 % slower with 1,000). The OpenMP library reads it when it is loaded, so
// the program starts anew once; a count that a person has set stands.
void settleThreads(char** argv) {
  if (std::getenv("GOMP_SPINCOUNT") != nullptr) return;
  os::setEnvironment("GOMP_SPINCOUNT", "3000");
  os::becomeOwnProgram(argv); // where it cannot, this one goes on
}

} // namespace
} // namespace loom

int main(int argc, char** argv) {
  loom::os::keepStandardStreams();
  loom::settleThreads(argv);
  try {
    return loom::runProgram(argc, argv);
  } catch (const std::bad_alloc&) {
    std::fputs("loom: there is not enough memory. Use a smaller batch, or close other programs.\n", stderr);
    return static_cast<int>(loom::ErrorKind::memory);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "loom: something went wrong that should not: %s\n", error.what());
    return static_cast<int>(loom::ErrorKind::other);
  }
}
