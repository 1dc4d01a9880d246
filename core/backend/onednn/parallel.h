// SPDX-License-Identifier: Apache-2.0
// Work split over the one OpenMP team that oneDNN uses too: a second team beside it costs milliseconds a
// step. The split depends on sizes and the thread count alone, so that the same count gives the same bits.
#pragma once
#include <algorithm>
#include <cstdint>
#include <omp.h>

namespace loom::onednn {

// Calls work(begin, end) for pieces of 0 … n that begin at multiples of `unit`; one piece when n <= grain.
template<class Work>
void split(int threads, std::int64_t n, std::int64_t grain, std::int64_t unit, const Work& work) {
  if (threads <= 1 || n <= grain) {
    work(std::int64_t{0}, n);
    return;
  }
  const std::int64_t units = (n + unit - 1) / unit;
#pragma omp parallel num_threads(threads)
  {
    const std::int64_t count = omp_get_num_threads(), index = omp_get_thread_num();
    const std::int64_t begin = units * index / count * unit, end = units * (index + 1) / count * unit;
    if (begin < std::min(end, n)) work(begin, std::min(end, n));
  }
}

// Calls work(thread) once on each thread of the team.
template<class Work> void onEachThread(int threads, const Work& work) {
  if (threads <= 1) {
    work(0);
    return;
  }
#pragma omp parallel num_threads(threads)
  work(omp_get_thread_num());
}

inline constexpr std::int64_t elementGrain = 32768; // below this a second thread costs more than it brings

} // namespace loom::onednn
