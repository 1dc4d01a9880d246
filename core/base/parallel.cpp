// SPDX-License-Identifier: Apache-2.0
#include "core/base/parallel.h"
#include <algorithm>
#include <exception>
#include <omp.h>
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

// The OpenMP library pins the first thread to one core when OMP_PROC_BIND is set, and remembers what was
// there before.
int usableCores() { return std::max(1, omp_get_num_procs()); }

std::size_t coresForWork(std::size_t most) {
  return std::clamp<std::size_t>(static_cast<std::size_t>(usableCores()), 1, std::max<std::size_t>(most, 1));
}

} // namespace loom
