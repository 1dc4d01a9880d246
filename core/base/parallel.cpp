// SPDX-License-Identifier: Apache-2.0
#include "core/base/parallel.h"
#include <algorithm>
#include <exception>
#include <sched.h>
#include <system_error>
#include <thread>
#include <vector>

namespace loom {

void inParallel(std::size_t count, const std::function<void(std::size_t piece)>& work) {
  std::vector<std::exception_ptr> failures(count);
  const auto guarded = [&](std::size_t piece) {
    try {
      work(piece);
    } catch (...) {
      failures[piece] = std::current_exception();
    }
  };
  std::vector<std::thread> threads;
  threads.reserve(count);
  for (std::size_t piece = 0; piece < count; ++piece) {
    bool own = piece + 1 < count;
    if (own) try {
        threads.emplace_back(guarded, piece);
      } catch (const std::system_error&) {
        own = false;
      }
    if (!own) guarded(piece);
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& failure : failures)
    if (failure) std::rethrow_exception(failure);
}

std::size_t coresForWork(std::size_t most) {
  cpu_set_t mine;
  const bool known = sched_getaffinity(0, sizeof mine, &mine) == 0;
  const std::size_t cores = known ? static_cast<std::size_t>(CPU_COUNT(&mine)) : 1;
  return std::clamp<std::size_t>(cores, 1, std::max<std::size_t>(most, 1));
}

} // namespace loom
