// SPDX-License-Identifier: Apache-2.0
// How many random cases a test draws. `./dev test` draws the usual number from a fixed seed, so that it gives
// the same result each time. `./dev soak` sets NEUROLOOM_SOAK: then each test draws many more, from another
// seed each time; LOOM_TEST_SEED repeats one. Every draw is printed, so that a run can be recorded.
#pragma once
#include <QString>
#include <random>

namespace loom::test {

struct Cases {
  int count = 0;
  unsigned seed = 0;
};

inline bool soaking() { return !qEnvironmentVariableIsEmpty("NEUROLOOM_SOAK"); }

inline Cases casesOf(const char* what, int usual, unsigned usualSeed, int soaked) {
  if (!soaking()) return {usual, usualSeed};
  static const unsigned seed = qEnvironmentVariableIsSet("LOOM_TEST_SEED")
                                   ? qEnvironmentVariable("LOOM_TEST_SEED").toUInt()
                                   : std::random_device{}() % 1'000'000;
  qInfo("soak: %s: %d cases, LOOM_TEST_SEED=%u", what, soaked, seed);
  return {soaked, seed};
}

} // namespace loom::test
