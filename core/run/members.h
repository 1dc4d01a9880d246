// SPDX-License-Identifier: Apache-2.0
// Reads member after member of a JSON object into values and keeps the first Error. Each member is given its
// range where it is read, so that no value of a file is used unchecked. What a person can set has its range
// in a Field instead (core/run/settings.h).
#pragma once
#include "core/base/json.h"
#include <optional>

namespace loom {

// No count and no step of ours is larger: doubles are exact up to here.
inline constexpr std::int64_t maxCount = std::int64_t{1} << 53;
// Sample numbers are stored with 31 bits.
inline constexpr std::int64_t maxSamples = (std::int64_t{1} << 31) - 1;
inline constexpr std::size_t maxShortText = 4096; // bytes of a name, an id, a version
inline constexpr double maxSeconds = 1e12;

class Members {
 public:
  // `object` is borrowed. `fix` is what errors of ranges advise.
  Members(const Json& object, std::string place, Message fix);

  void integer(const char* key, std::int64_t& into, std::int64_t minimum, std::int64_t maximum);
  void number(const char* key, double& into, double minimum, double maximum); // finite
  void anyNumber(const char* key, double& into);                              // NaN and infinity too
  void text(const char* key, std::string& into, std::size_t maxBytes = maxShortText);
  void texts(const char* key, std::vector<std::string>& into);
  // Null once an Error is kept.
  const Json* object(const char* key);
  const Json* array(const char* key, std::size_t maxEntries);
  template<class T> void take(Result<T> result, T& into) {
    if (!result) return keep(result.error());
    if (!error_) into = std::move(*result);
  }
  bool has(const char* key) const { return reader_.has(key); }
  void refuse(Message cause); // place and fix are the object's
  // Refuses with `cause` unless `good`.
  void require(bool good, Message cause) {
    if (!good) refuse(std::move(cause));
  }
  // The member "schema", 1 to `newest`; a newer one says that a newer program is needed.
  void schema(int newest);

  bool good() const { return !error_; }
  const Error& error() const { return *error_; }
  const std::string& place() const { return place_; }

 private:
  void keep(Error error) {
    if (!error_) error_ = std::move(error);
  }
  std::string place_;
  JsonReader reader_;
  Message fix_;
  std::optional<Error> error_;
};

} // namespace loom
