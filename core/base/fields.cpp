// SPDX-License-Identifier: Apache-2.0
#include "core/base/fields.h"
#include "core/base/format.h"
#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <optional>

namespace loom {
namespace {

constexpr std::size_t maxEntries = 8; // of a list of integers without a count

Field plainField(std::string_view name, std::string_view label, FieldKind kind, ParamValue standard,
                 std::string_view help) {
  Field field;
  field.name = name;
  field.label = label;
  field.kind = kind;
  field.standard = std::move(standard);
  field.help = help;
  return field;
}

Field limited(Field field, double minimum, double maximum) {
  field.minimum = minimum;
  field.maximum = maximum;
  return field;
}

bool hasLimits(const Field& field) { return field.minimum != field.maximum; }

bool inRange(const Field& field, double value) {
  if (!std::isfinite(value)) return false;
  if (!hasLimits(field)) return true;
  return (field.above ? value > field.minimum : value >= field.minimum) && value <= field.maximum;
}

// Limits in full, so that the figure in the message can be typed: 65,536, 0.999999999, 1e-30.
std::string bound(double value) {
  return value == std::floor(value) && std::fabs(value) <= 0x1p53
             ? formatWhole(static_cast<std::int64_t>(value))
             : formatExact(value);
}

bool sameWithoutCase(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

std::optional<std::string_view> choiceOf(const Field& field, std::string_view text) {
  for (const auto choice : field.choices)
    if (choice == text) return choice;
  for (const auto choice : field.choices)
    if (sameWithoutCase(choice, text)) return choice;
  return std::nullopt;
}

std::optional<std::int64_t> wholeNumber(const ParamValue& value) {
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return *whole;
  if (const auto* real = std::get_if<double>(&value))
    if (*real == std::floor(*real) && std::fabs(*real) < 1e15) return static_cast<std::int64_t>(*real);
  return std::nullopt;
}

template<class Number> std::optional<Number> numberOf(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  Number value{};
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::vector<std::string_view> partsOf(std::string_view text) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const auto end = text.find(',');
    if (const auto part = trimmed(text.substr(0, end)); !part.empty()) parts.push_back(part);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return parts;
}

std::optional<ParamValue> fittedList(const Field& field, const ParamValue& value) {
  std::vector<std::int64_t> list;
  if (const auto* given = std::get_if<std::vector<std::int64_t>>(&value))
    list = *given;
  else if (const auto whole = wholeNumber(value))
    list = {*whole};
  else
    return std::nullopt;
  const auto* standard = std::get_if<std::vector<std::int64_t>>(&field.standard);
  if (list.empty()) return standard && standard->empty() ? std::optional<ParamValue>(list) : std::nullopt;
  for (const std::int64_t entry : list)
    if (!inRange(field, static_cast<double>(entry))) return std::nullopt;
  if (field.kind == FieldKind::size2) {
    if (list.size() == 1) list.push_back(list.front());
    if (list.size() != 2) return std::nullopt;
  } else if (field.count > 0 ? list.size() != static_cast<std::size_t>(field.count)
                             : list.size() > maxEntries) {
    return std::nullopt;
  }
  return ParamValue(std::move(list));
}

std::optional<ParamValue> fittedMap(const Field& field, const ParamValue& value) {
  const auto* given = std::get_if<TextMap>(&value);
  if (!given) return std::nullopt;
  TextMap map;
  for (const auto& [name, chosen] : *given) {
    const auto choice = choiceOf(field, chosen);
    if (!choice || name.empty()) return std::nullopt;
    map[name] = std::string(*choice);
  }
  return ParamValue(std::move(map));
}

std::optional<ParamValue> fittedSeed(const ParamValue& value) {
  if (const auto whole = wholeNumber(value))
    return *whole < 0 ? std::nullopt : std::optional<ParamValue>(std::to_string(*whole));
  const auto* text = std::get_if<std::string>(&value);
  const auto seed = text ? numberOf<std::uint64_t>(*text) : std::nullopt;
  return seed ? std::optional<ParamValue>(std::to_string(*seed)) : std::nullopt;
}

// The value in the form that the field stores, nullopt when it is not valid.
std::optional<ParamValue> fitted(const Field& field, const ParamValue& value) {
  switch (field.kind) {
  case FieldKind::integer:
    if (const auto whole = wholeNumber(value); whole && inRange(field, static_cast<double>(*whole)))
      return ParamValue(*whole);
    return std::nullopt;
  case FieldKind::number: {
    const auto* whole = std::get_if<std::int64_t>(&value);
    const auto* real = std::get_if<double>(&value);
    if (!whole && !real) return std::nullopt;
    const double number = real ? *real : static_cast<double>(*whole);
    return inRange(field, number) ? std::optional<ParamValue>(number) : std::nullopt;
  }
  case FieldKind::flag:
    return std::holds_alternative<bool>(value) ? std::optional<ParamValue>(value) : std::nullopt;
  case FieldKind::text: {
    const auto* text = std::get_if<std::string>(&value);
    return text && !(field.required && text->empty()) ? std::optional<ParamValue>(*text) : std::nullopt;
  }
  case FieldKind::choice:
    if (const auto* text = std::get_if<std::string>(&value))
      if (const auto choice = choiceOf(field, *text)) return ParamValue(std::string(*choice));
    return std::nullopt;
  case FieldKind::size2:
  case FieldKind::integers:
    return fittedList(field, value);
  case FieldKind::texts:
    if (const auto* none = std::get_if<std::vector<std::int64_t>>(&value); none && none->empty())
      return ParamValue(Texts{}); // an empty list of a file says nothing of its kind
    return std::holds_alternative<Texts>(value) ? std::optional<ParamValue>(value) : std::nullopt;
  case FieldKind::assigned:
    return fittedMap(field, value);
  case FieldKind::seed:
    return fittedSeed(value);
  }
  return std::nullopt;
}

std::string shortened(std::string text) {
  constexpr std::size_t most = 80;
  if (text.size() <= most) return text;
  std::size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

// The value as the message quotes it: a text in quotes looks like what it is.
std::string gotText(const ParamValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return "\"" + shortened(*text) + "\"";
  if (const auto* number = std::get_if<double>(&value))
    return std::isnan(*number) ? "NaN" : formatExact(*number);
  const std::string text = shortened(toText(value));
  return text.empty() ? "nothing" : text;
}

// One template for each kind.
Message causeOf(const Field& field, const std::string& got) {
  const std::string_view label = field.label;
  const std::string least = bound(field.minimum), most = bound(field.maximum);
  const std::vector<std::string> choices(field.choices.begin(), field.choices.end());
  const bool limits = hasLimits(field);
  switch (field.kind) {
  case FieldKind::integer:
    if (!limits) return say("{} must be a whole number (got {})", label, got);
    return say("{} must be a whole number from {} to {} (got {})", label, least, most, got);
  case FieldKind::number:
    if (!limits) return say("{} must be a number (got {})", label, got);
    if (field.above)
      return say("{} must be a number above {} and at most {} (got {})", label, least, most, got);
    return say("{} must be a number from {} to {} (got {})", label, least, most, got);
  case FieldKind::flag:
    return say("{} must be true or false (got {})", label, got);
  case FieldKind::choice:
    return say("{} must be one of {} (got {})", label, choices, got);
  case FieldKind::size2:
    if (!limits) return say("{} must be one or two whole numbers (got {})", label, got);
    return say("{} must be one or two whole numbers from {} to {} (got {})", label, least, most, got);
  case FieldKind::integers:
    if (field.count > 0)
      return say("{} must be {} whole numbers from {} to {}, separated by commas (got {})", label,
                 field.count, least, most, got);
    return say("{} must be 1 to {} whole numbers from {} to {}, separated by commas (got {})", label,
               maxEntries, least, most, got);
  case FieldKind::text:
    if (field.required) return say("{} must be a text that is not empty (got {})", label, got);
    return say("{} must be a text (got {})", label, got);
  case FieldKind::texts:
    return say("{} must be a list of texts (got {})", label, got);
  case FieldKind::assigned:
    return say("{} must be a list of name and value, each value one of {} (got {})", label, choices, got);
  case FieldKind::seed:
    return say("{} must be a whole number from 0 to {} (got {})", label,
               std::string_view("18,446,744,073,709,551,615"), got);
  }
  return {};
}

Error wrongValue(const Field& field, const std::string& got, bool quoted) {
  const bool words = field.kind == FieldKind::text || field.kind == FieldKind::choice;
  const std::string standard = toText(field, field.standard);
  Error error{ErrorKind::usage, field.name, causeOf(field, got), say("Choose a valid value")};
  if (quoted && !words)
    error.fix = say("Write the value without quotes");
  else if (field.kind != FieldKind::choice && !standard.empty())
    error.fix = say("Choose a valid value, such as {}", standard);
  return error;
}

std::string withOwner(std::string_view owner, std::string_view name) {
  return owner.empty() ? std::string(name) : fmt::format("{}.{}", owner, name);
}

Error unknownField(std::string_view owner, std::span<const Field> fields, const std::string& name) {
  std::vector<std::string> names;
  for (const Field& field : fields)
    if (!field.automatic) names.emplace_back(field.name);
  return {ErrorKind::usage, withOwner(owner, name), say("{} has no parameter '{}'", owner, name),
          names.empty() ? say("Remove it") : say("Use one of {}", names)};
}

} // namespace

Field integerField(std::string_view name, std::string_view label, std::int64_t standard, double minimum,
                   double maximum, std::string_view help) {
  return limited(plainField(name, label, FieldKind::integer, standard, help), minimum, maximum);
}
Field numberField(std::string_view name, std::string_view label, double standard, double minimum,
                  double maximum, std::string_view help) {
  return limited(plainField(name, label, FieldKind::number, standard, help), minimum, maximum);
}
Field flagField(std::string_view name, std::string_view label, bool standard, std::string_view help) {
  return plainField(name, label, FieldKind::flag, standard, help);
}
Field choiceField(std::string_view name, std::string_view label, std::string_view standard,
                  std::vector<std::string_view> choices, std::string_view help) {
  Field field = plainField(name, label, FieldKind::choice, std::string(standard), help);
  field.choices = std::move(choices);
  return field;
}
Field sizeField(std::string_view name, std::string_view label, std::vector<std::int64_t> standard,
                double minimum, double maximum, std::string_view help) {
  return limited(plainField(name, label, FieldKind::size2, std::move(standard), help), minimum, maximum);
}
Field integersField(std::string_view name, std::string_view label, std::vector<std::int64_t> standard,
                    double minimum, double maximum, std::string_view help) {
  return limited(plainField(name, label, FieldKind::integers, std::move(standard), help), minimum, maximum);
}
Field textField(std::string_view name, std::string_view label, std::string_view standard,
                std::string_view help) {
  return plainField(name, label, FieldKind::text, std::string(standard), help);
}
Field textsField(std::string_view name, std::string_view label, std::string_view help) {
  return plainField(name, label, FieldKind::texts, Texts{}, help);
}
Field assignedField(std::string_view name, std::string_view label, std::vector<std::string_view> choices,
                    std::string_view help) {
  Field field = plainField(name, label, FieldKind::assigned, TextMap{}, help);
  field.choices = std::move(choices);
  return field;
}
Field seedField(std::string_view name, std::string_view label, std::uint64_t standard,
                std::string_view help) {
  return plainField(name, label, FieldKind::seed, std::to_string(standard), help);
}
Field automaticField(std::string_view name, std::string_view label, std::string_view help) {
  Field field = plainField(name, label, FieldKind::integer, std::int64_t{0}, help);
  field.automatic = true;
  return field;
}

const Field* findField(std::span<const Field> fields, std::string_view name) {
  for (const Field& field : fields)
    if (field.name == name) return &field;
  return nullptr;
}

Result<ParamValue> checkField(const Field& field, const ParamValue& value) {
  auto fit = fitted(field, value);
  if (fit) return std::move(*fit);
  return wrongValue(field, gotText(value), std::holds_alternative<std::string>(value));
}

Result<ParamValue> parseField(const Field& field, std::string_view given) {
  const std::string_view text = trimmed(given);
  std::optional<ParamValue> value;
  switch (field.kind) {
  case FieldKind::integer:
    if (const auto whole = numberOf<std::int64_t>(text))
      value = *whole;
    else if (const auto real = numberOf<double>(text))
      value = *real;
    break;
  case FieldKind::number:
    if (const auto number = numberOf<double>(text)) value = *number;
    break;
  case FieldKind::flag:
    if (text == "true" || text == "false") value = text == "true";
    break;
  case FieldKind::size2:
  case FieldKind::integers: {
    std::string list(text);
    for (std::size_t at; (at = list.find("×")) != std::string::npos;) list.replace(at, 2, ",");
    for (char& c : list)
      if (c == 'x' || c == ';')
        c = ',';
      else if (c == '[' || c == ']' || c == '(' || c == ')')
        c = ' ';
    std::vector<std::int64_t> numbers;
    bool good = true;
    for (const auto part : partsOf(list)) {
      const auto number = numberOf<std::int64_t>(part);
      good = good && number.has_value();
      numbers.push_back(number.value_or(0));
    }
    if (good) value = std::move(numbers);
    break;
  }
  case FieldKind::choice:
  case FieldKind::text:
  case FieldKind::seed:
    value = std::string(text);
    break;
  case FieldKind::texts: {
    const auto parts = partsOf(text);
    value = Texts(parts.begin(), parts.end());
    break;
  }
  case FieldKind::assigned: {
    TextMap map;
    for (const auto part : partsOf(text)) {
      const auto equals = part.rfind('=');
      if (equals == std::string_view::npos)
        map[std::string(part)] = {};
      else
        map[std::string(trimmed(part.substr(0, equals)))] = trimmed(part.substr(equals + 1));
    }
    value = std::move(map);
    break;
  }
  }
  if (value)
    if (auto fit = fitted(field, *value)) return std::move(*fit);
  // A number is quoted as it was typed: 99999999999999999999 is no std::int64_t.
  const bool number = numberOf<double>(text).has_value();
  return wrongValue(field, number ? std::string(text) : "\"" + shortened(std::string(text)) + "\"", false);
}

std::string toText(const Field& field, const ParamValue& value) {
  const auto* list = std::get_if<std::vector<std::int64_t>>(&value);
  if (field.kind == FieldKind::size2 && list && list->size() == 2)
    return list->front() == list->back() ? std::to_string(list->front())
                                         : fmt::format("{} × {}", list->front(), list->back());
  return toText(value);
}

Result<ParamValue> fieldFromJson(const Field& field, const Json& value) {
  if (field.kind == FieldKind::seed && value.is_number_unsigned())
    return ParamValue(std::to_string(value.get<std::uint64_t>()));
  if (field.kind == FieldKind::seed && value.is_string()) return wrongValue(field, value.dump(), true);
  if (field.kind == FieldKind::number && value.is_string()) {
    if (const auto number = numberFromJson(value)) return checkField(field, *number);
  } else if (field.kind == FieldKind::assigned && value.is_object()) {
    TextMap map;
    for (const auto& [name, chosen] : value.items())
      map[name] = chosen.is_string() ? chosen.get<std::string>() : std::string();
    return checkField(field, std::move(map));
  }
  if (auto params = paramsFromJson(Json{{"value", value}}, field.name))
    return checkField(field, *params->find("value"));
  return wrongValue(field, shortened(value.dump(-1, ' ', true, Json::error_handler_t::replace)), false);
}

Json toJson(const Field& field, const ParamValue& value) {
  if (field.kind == FieldKind::seed) return seedOf(value);
  if (const double* number = std::get_if<double>(&value)) return numberOrText(*number);
  Json json;
  std::visit([&json](const auto& held) { json = held; }, value);
  return json;
}

Result<Params> checkFields(std::string_view owner, std::span<const Field> fields, const Params& given) {
  Params checked;
  for (const auto& [name, value] : given) {
    const Field* field = findField(fields, name);
    if (!field) return unknownField(owner, fields, name);
    if (field->automatic)
      return Error{ErrorKind::usage, withOwner(owner, name), say("{} follows from the input", field->label),
                   say("Remove it")};
    auto fit = checkField(*field, value);
    if (!fit) {
      Error error = fit.error();
      error.place = withOwner(owner, name);
      return error;
    }
    checked.set(name, std::move(*fit));
  }
  return checked;
}

Result<Params> completeFields(std::string_view owner, std::span<const Field> fields, const Params& given) {
  auto checked = checkFields(owner, fields, given);
  if (!checked) return checked;
  return standardsFor(fields, *checked);
}

Params standardsFor(std::span<const Field> fields, const Params& given) {
  Params complete;
  for (const Field& field : fields) {
    if (field.automatic) continue;
    const ParamValue* value = given.find(field.name);
    const auto fit = value ? fitted(field, *value) : std::nullopt;
    complete.set(std::string(field.name), fit ? *fit : field.standard);
  }
  return complete;
}

Params differing(std::span<const Field> fields, Params params) {
  for (const Field& field : fields)
    if (const ParamValue* value = params.find(field.name); value && *value == field.standard)
      params.erase(field.name);
  return params;
}

std::string_view kindText(FieldKind kind) {
  switch (kind) {
  case FieldKind::integer:
    return "integer";
  case FieldKind::number:
    return "number";
  case FieldKind::flag:
    return "true or false";
  case FieldKind::choice:
    return "choice";
  case FieldKind::size2:
    return "height, width";
  case FieldKind::integers:
    return "integers";
  case FieldKind::text:
    return "text";
  case FieldKind::texts:
    return "texts";
  case FieldKind::assigned:
    return "value per name";
  case FieldKind::seed:
    return "seed";
  }
  return {};
}

std::uint64_t seedOf(const ParamValue& value, std::uint64_t fallback) {
  const auto seed = fittedSeed(value);
  const auto* text = seed ? std::get_if<std::string>(&*seed) : nullptr;
  return text ? numberOf<std::uint64_t>(*text).value_or(fallback) : fallback;
}

} // namespace loom
