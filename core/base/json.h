// SPDX-License-Identifier: Apache-2.0
// JSON behind a guard. Any file may be hostile: depth is limited, a key that stands twice, a number that does
// not fit and text that is no UTF-8 are errors that name the place. Canonical output has sorted keys, two
// spaces of indentation and a final newline, so that equal values give equal bytes.
#pragma once
#include "core/base/params.h"
#include "core/base/result.h"
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>

namespace loom {

using Json = nlohmann::json;

// `place` names the source in the error (a file name, "stdin", "journal record 12"). Depth at most 64.
Result<Json> parseJson(std::string_view text, std::string_view place);
// Reads a whole file of at most `maxBytes`, then parses it.
Result<Json> readJsonFile(const std::filesystem::path& file, std::size_t maxBytes = 64u << 20);
// Sorted keys, indented by 2, "\n" at the end. NaN and Inf must have been written as text before (see
// numberOrText).
std::string canonicalJson(const Json& value);
// One line, sorted keys, no newline.
std::string compactJson(const Json& value);

// A finite double as a number, others as "NaN", "Infinity", "-Infinity"; and back.
Json numberOrText(double value);
std::optional<double> numberFromJson(const Json& value);

Json toJson(const Params& params);
Result<Params> paramsFromJson(const Json& value, std::string_view place);

// Checked access to an object's members: each failure is an Error (kind input) "place: member 'x' …".
class JsonReader {
 public:
  JsonReader(const Json& object, std::string place) : object_(object), place_(std::move(place)) {}
  bool has(const char* key) const { return object_.is_object() && object_.contains(key); }
  Result<std::int64_t> integer(const char* key) const; // a whole number that fits
  Result<std::uint64_t> unsignedInteger(const char* key) const;
  Result<double> number(const char* key) const; // also "NaN", "Infinity", "-Infinity"
  Result<std::string> text(const char* key) const;
  Result<bool> boolean(const char* key) const;
  Result<const Json*> object(const char* key) const; // borrowed from the value given
  Result<const Json*> array(const char* key) const;
  const std::string& place() const { return place_; }

 private:
  Error wrong(const char* key, const char* wanted) const;
  const Json& object_;
  std::string place_;
};

} // namespace loom
