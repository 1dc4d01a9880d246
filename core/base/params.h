// SPDX-License-Identifier: Apache-2.0
// Named values of a layer, an op, an optimizer: what a person types into the inspector and what a file holds.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace loom {

using Texts = std::vector<std::string>;
using TextMap = std::map<std::string, std::string>;
using ParamValue =
    std::variant<bool, std::int64_t, double, std::string, std::vector<std::int64_t>, Texts, TextMap>;

// Ordered by name, so that two equal sets print alike. The getters return `fallback` when the name is absent
// or holds another type (an integer is accepted where a double is wanted, a single integer where a list is).
class Params {
 public:
  Params() = default;
  Params(std::initializer_list<std::pair<const std::string, ParamValue>> values) : values_(values) {}

  bool has(std::string_view name) const { return values_.find(std::string(name)) != values_.end(); }
  const ParamValue* find(std::string_view name) const;
  void set(std::string name, ParamValue value) { values_[std::move(name)] = std::move(value); }
  void erase(std::string_view name) { values_.erase(std::string(name)); }

  bool getBool(std::string_view name, bool fallback = false) const;
  std::int64_t getInt(std::string_view name, std::int64_t fallback = 0) const;
  double getDouble(std::string_view name, double fallback = 0) const;
  std::string getString(std::string_view name, std::string fallback = {}) const;
  std::vector<std::int64_t> getInts(std::string_view name, std::vector<std::int64_t> fallback = {}) const;
  Texts getTexts(std::string_view name) const;
  TextMap getTextMap(std::string_view name) const;

  auto begin() const { return values_.begin(); }
  auto end() const { return values_.end(); }
  bool empty() const { return values_.empty(); }
  std::size_t size() const { return values_.size(); }
  bool operator==(const Params&) const = default;

 private:
  std::map<std::string, ParamValue> values_;
};

// "3", "0.5", "true", "3, 3", "a=b": as the inspector and the tables show it.
std::string toText(const ParamValue& value);

} // namespace loom
