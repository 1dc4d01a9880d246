// SPDX-License-Identifier: Apache-2.0
// What a person typed wrong, in words: which option or word, what was expected, and what was probably meant.
// CLI11's own texts name C++ types and ranges with three hundred digits.
#pragma once
#include "core/base/fields.h"
#include "core/base/result.h"
#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace loom {

// The one of `known` that differs by few letters; empty when none does.
std::string nearest(const std::string& word, const std::vector<std::string>& known);

// The option that was given as "", as by a shell's variable that is not set: "--resume: no run is given. …".
// Nothing when there is none.
std::optional<Error> emptyValue(const CLI::App& root);

// What is wrong with this command line, in words of our own, and whose --help to read. `error` came out of
// root.parse(), and `words` are what it parsed, in the order in which they were typed. Kind usage.
Error usageError(const CLI::App& root, const CLI::ParseError& error, const std::vector<std::string>& words);
// The labels of CLI11 that --help shows.
void labelHelp(CLI::App& root);

// Checks of a value, before anything is converted.
CLI::Validator wholeNumber(std::int64_t least, std::int64_t most);
CLI::Validator oneOf(std::vector<std::string> names); // without regard to case
// What one of the fields accepts; they share a name. They outlive the validator.
CLI::Validator fieldValue(std::vector<const Field*> fields);
CLI::Validator runName();     // one line of UTF-8 that a table can show
CLI::Validator knownDevice(); // a name that exists somewhere; whether it is here shows when it is taken

} // namespace loom
