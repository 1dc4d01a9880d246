// SPDX-License-Identifier: Apache-2.0
// How rooms tell each other that something failed: an Error says the place, the cause and the fix, in words
// that a person may read, and a kind that decides the exit code of a program.
#pragma once
#include "core/base/message.h"
#include <cassert>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace loom {

// The value of each kind is the exit code of `loom` (README, "Exit codes").
enum class ErrorKind {
  other = 1,
  usage = 2,
  input = 3,      // a project or input file is missing or damaged
  device = 4,     // a device or dependency is missing
  diverged = 5,   // NaN or Inf
  memory = 6,     // out of memory
  stopped = 7,    // stopped by request, with a checkpoint
  remote = 8,     // the run is at a site that cannot be reached; as an exit code reserved for remote runs
  deviceLost = 9, // reserved for GPUs: the device failed while it was used
  interrupted = 130
};

// One sentence each, without a full stop being required; `place` is what a person can find again (a file and
// line, a node's name, an option). `fix` says what to do; it may be empty only where nothing can be done.
struct Error {
  ErrorKind kind = ErrorKind::other;
  Place place;
  Message cause;
  Message fix;

  // "place: cause. fix." on one line.
  std::string message() const;
};

// Either a value or an Error. Copyable when T is. value() on an error is a programming mistake (asserts).
template<class T> class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() & {
    assert(ok());
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    assert(ok());
    return *std::get_if<0>(&state_);
  }
  T&& value() && {
    assert(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  const Error& error() const {
    assert(!ok());
    return *std::get_if<1>(&state_);
  }

 private:
  std::variant<T, Error> state_;
};

// A Result without a value.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Error error) : error_(std::move(error)) {}
  bool ok() const { return !error_; }
  explicit operator bool() const { return ok(); }
  const Error& error() const {
    assert(error_);
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

} // namespace loom
