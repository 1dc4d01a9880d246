// SPDX-License-Identifier: Apache-2.0
#include "core/base/params.h"
#include "core/base/format.h"
#include <fmt/format.h>

namespace loom {

const ParamValue* Params::find(std::string_view name) const {
  const auto found = values_.find(std::string(name));
  return found == values_.end() ? nullptr : &found->second;
}

bool Params::getBool(std::string_view name, bool fallback) const {
  const ParamValue* value = find(name);
  const bool* held = value ? std::get_if<bool>(value) : nullptr;
  return held ? *held : fallback;
}

std::int64_t Params::getInt(std::string_view name, std::int64_t fallback) const {
  const ParamValue* value = find(name);
  const std::int64_t* held = value ? std::get_if<std::int64_t>(value) : nullptr;
  return held ? *held : fallback;
}

double Params::getDouble(std::string_view name, double fallback) const {
  const ParamValue* value = find(name);
  if (!value) return fallback;
  if (const double* held = std::get_if<double>(value)) return *held;
  if (const std::int64_t* held = std::get_if<std::int64_t>(value)) return static_cast<double>(*held);
  return fallback;
}

std::string Params::getString(std::string_view name, std::string fallback) const {
  const ParamValue* value = find(name);
  const std::string* held = value ? std::get_if<std::string>(value) : nullptr;
  return held ? *held : fallback;
}

std::vector<std::int64_t> Params::getInts(std::string_view name, std::vector<std::int64_t> fallback) const {
  const ParamValue* value = find(name);
  if (!value) return fallback;
  if (const auto* held = std::get_if<std::vector<std::int64_t>>(value)) return *held;
  if (const std::int64_t* held = std::get_if<std::int64_t>(value)) return {*held};
  return fallback;
}

Texts Params::getTexts(std::string_view name) const {
  const ParamValue* value = find(name);
  const Texts* held = value ? std::get_if<Texts>(value) : nullptr;
  return held ? *held : Texts{};
}

TextMap Params::getTextMap(std::string_view name) const {
  const ParamValue* value = find(name);
  const TextMap* held = value ? std::get_if<TextMap>(value) : nullptr;
  return held ? *held : TextMap{};
}

namespace {

struct TextOf {
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(const std::string& value) const { return value; }
  std::string operator()(double value) const { return formatExact(value); }
  std::string operator()(const std::vector<std::int64_t>& values) const {
    return fmt::format("{}", fmt::join(values, ", "));
  }
  std::string operator()(const Texts& values) const { return fmt::format("{}", fmt::join(values, ", ")); }
  std::string operator()(const TextMap& values) const {
    std::string text;
    for (const auto& [name, value] : values)
      text += fmt::format("{}{}={}", text.empty() ? "" : ", ", name, value);
    return text;
  }
};

} // namespace

std::string toText(const ParamValue& value) { return std::visit(TextOf{}, value); }

} // namespace loom
