// SPDX-License-Identifier: Apache-2.0
// Independent pieces of work side by side, for what is prepared once and is worth a thread: reading data,
// fitting its normalisation. The steps of a training have the OpenMP team of their backend.
#pragma once
#include <cstddef>
#include <functional>

namespace loom {

// Calls work(0) … work(count - 1), each once, on threads of their own and the last on the calling one; where
// no thread is to be had, one after the other. Returns when all have ended; the first exception of the lowest
// piece is thrown then. The pieces share nothing that one of them writes.
void inParallel(std::size_t count, const std::function<void(std::size_t piece)>& work);

// How many cores this process may use, at least 1; the one place where they are counted. Pinning it to some
// cores (taskset, a batch system) counts, OMP_PROC_BIND does not.
int usableCores();

// How many pieces this process may work on at once, by the cores that it was given: 1 to `most`.
std::size_t coresForWork(std::size_t most);

} // namespace loom
