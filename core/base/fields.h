// SPDX-License-Identifier: Apache-2.0
// Declared values: what a layer, an optimizer, a schedule, a dataset format, a launcher or the run settings
// let a person choose. One completion, one check, one parser and one sentence per kind, so that a file, an
// option of `loom` and a form say the same about the same value. All functions are pure and safe on any
// thread.
#pragma once
#include "core/base/json.h"
#include "core/base/params.h"
#include "core/base/result.h"
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace loom {

enum class FieldKind {
  integer,  // std::int64_t
  number,   // double, finite
  flag,     // bool
  choice,   // std::string, one of `choices`
  size2,    // height and width: std::vector<std::int64_t> of two; one number counts for both
  integers, // std::vector<std::int64_t>
  text,     // std::string
  texts,    // std::vector<std::string>
  assigned, // std::map<std::string, std::string>: one of `choices` for each name
  seed      // 0 to 2^64 - 1, as decimal digits in a std::string: more than 63 bits
};

// One value. Texts are literals: a field refers to them.
struct Field {
  std::string_view name;  // in files: "out_channels"
  std::string_view label; // "Out channels"
  FieldKind kind = FieldKind::integer;
  ParamValue standard;             // the default; empty lists and texts: nothing is chosen
  double minimum = 0, maximum = 0; // of numbers and of each entry of a list; equal: no limits
  std::vector<std::string_view> choices;
  std::string_view help;  // one sentence
  bool automatic = false; // follows from the input (in_channels): shown, never stored
  bool above = false;     // the minimum itself is excluded
  bool required = false;  // a text must not be empty
  int count = 0;          // of an integer list: exactly so many entries; 0: 1 to 8
};

Field integerField(std::string_view name, std::string_view label, std::int64_t standard, double minimum,
                   double maximum, std::string_view help);
Field numberField(std::string_view name, std::string_view label, double standard, double minimum,
                  double maximum, std::string_view help);
Field flagField(std::string_view name, std::string_view label, bool standard, std::string_view help);
Field choiceField(std::string_view name, std::string_view label, std::string_view standard,
                  std::vector<std::string_view> choices, std::string_view help);
Field sizeField(std::string_view name, std::string_view label, std::vector<std::int64_t> standard,
                double minimum, double maximum, std::string_view help);
Field integersField(std::string_view name, std::string_view label, std::vector<std::int64_t> standard,
                    double minimum, double maximum, std::string_view help);
Field textField(std::string_view name, std::string_view label, std::string_view standard,
                std::string_view help);
Field textsField(std::string_view name, std::string_view label, std::string_view help);
Field assignedField(std::string_view name, std::string_view label, std::vector<std::string_view> choices,
                    std::string_view help);
Field seedField(std::string_view name, std::string_view label, std::uint64_t standard, std::string_view help);
Field automaticField(std::string_view name, std::string_view label, std::string_view help);

// Null when there is none of this name.
const Field* findField(std::span<const Field> fields, std::string_view name);

// The value in the form that the field stores: a whole double becomes an integer where the field is one, an
// integer a double, a choice gets the case of its row. Otherwise an Error of kind usage, whose place is the
// field's name: "Out channels must be a whole number from 1 to 65,536 (got 0)".
Result<ParamValue> checkField(const Field& field, const ParamValue& value);
// What a person typed or passed as an option: "3", "1e-3", "true", "3 × 5", "1, 28, 28", "a=b, c=d".
Result<ParamValue> parseField(const Field& field, std::string_view text);
// As parseField reads it: "3", "0.001", "3 × 5", "1, 28, 28". A size of two equal numbers is one number.
std::string toText(const Field& field, const ParamValue& value);
// A member of a file as a value of the field, checked; errors as checkField's, and back.
Result<ParamValue> fieldFromJson(const Field& field, const Json& value);
Json toJson(const Field& field, const ParamValue& value);

// `given` checked; names that are not fields of `owner` ("Conv2d", "SGD") are refused. Places of errors are
// "Conv2d.out_channels", or the name alone where `owner` is empty.
Result<Params> checkFields(std::string_view owner, std::span<const Field> fields, const Params& given);
// The same, over the fields' standards: every field that is not automatic has a value.
Result<Params> completeFields(std::string_view owner, std::span<const Field> fields, const Params& given);
// Standards for what `given` lacks or has wrong: for readers of files that were checked elsewhere.
Params standardsFor(std::span<const Field> fields, const Params& given = {});
// Without what equals its standard, as files store it.
Params differing(std::span<const Field> fields, Params params);

// "integer", "number", "choice": for the reference manual.
std::string_view kindText(FieldKind kind);
std::uint64_t seedOf(const ParamValue& value, std::uint64_t fallback = 1); // of a field of kind seed

} // namespace loom
