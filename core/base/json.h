// SPDX-License-Identifier: Apache-2.0
// JSON behind a guard. Any file may be hostile: depth is limited, a key that is used twice, a number that
// does not fit and text that is not UTF-8 are errors that name the place. Canonical output has sorted keys,
// two spaces of indentation and a final newline, so that equal values give equal bytes.
#pragma once
#include "core/base/params.h"
#include "core/base/result.h"
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>

namespace loom {

using Json = nlohmann::json;

// Where a JSON text is from, without a copy: a Place is made only when something is wrong, because journals
// are read record by record. Valid as long as what it was made from.
class JsonSource {
 public:
  JsonSource(const char* name) : name_(name) {}
  JsonSource(std::string_view name) : name_(name) {}
  JsonSource(const std::string& name) : name_(name) {}
  JsonSource(const Place& place) : place_(&place) {}
  Place place() const { return place_ ? *place_ : Place(name_); }

 private:
  std::string_view name_;
  const Place* place_ = nullptr;
};

// `source` names the place in the error (a file name, "stdin", "journal record 12"). Depth at most 64.
Result<Json> parseJson(std::string_view text, JsonSource source);
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
Result<Params> paramsFromJson(const Json& value, JsonSource source);

// Checked access to an object's members: each failure is an Error (kind input) "place: member 'x' must be …
// (got …)".
class JsonReader {
 public:
  template<class Where> JsonReader(const Json& object, const Where& place) : object_(object) {
    if constexpr (std::is_constructible_v<std::string, const Where&>)
      name_ = place; // no Place is made for each record of a journal
    else
      place_ = place;
  }
  bool has(const char* key) const { return object_.is_object() && object_.contains(key); }
  Result<std::int64_t> integer(const char* key) const; // a whole number that fits
  Result<std::uint64_t> unsignedInteger(const char* key) const;
  Result<double> number(const char* key) const; // also "NaN", "Infinity", "-Infinity"
  Result<std::string> text(const char* key) const;
  Result<bool> boolean(const char* key) const;
  Result<const Json*> object(const char* key) const; // borrowed from the value given
  Result<const Json*> array(const char* key) const;
  Place place() const { return name_.empty() ? place_ : Place(name_); }

 private:
  // What is wrong with the member: that it is missing, else `cause`.
  Error wrong(const char* key, Message cause, Message fix) const;
  std::string shown(const char* key) const; // the member's value, short
  const Json& object_;
  std::string name_;
  Place place_;
};

} // namespace loom
