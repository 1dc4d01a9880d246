// SPDX-License-Identifier: Apache-2.0
// The options of `loom train` and `loom estimate`, made from the tables of settings, optimizers and
// schedules: a new row or field has its option at once.
#pragma once
#include "core/run/settings.h"
#include <CLI/CLI.hpp>
#include <map>
#include <string>

namespace loom {

struct TrainingOptions {
  std::string project, network;
  std::map<std::string, std::string, std::less<>>
      settings; // by option name, as typed; one each that was given
};
// Adds project and network, and the settings on which time and memory depend. `options` outlives the verb.
void defineCostOptions(CLI::App& app, TrainingOptions& options);
// All settings, and every field of every optimizer and schedule: "--momentum", "--final-factor".
void defineTrainingOptions(CLI::App& app, TrainingOptions& options);

// What was given, over `settings`. Another optimizer or schedule starts with its own parameters and, where no
// rate is given and `keepRate` is false, at its own rate. A parameter that the chosen row does not have is
// refused with the names of those that have it. Kind usage.
Status takeOver(const TrainingOptions& options, TrainSettings& settings, bool keepRate = false);

// How a field's name is typed: "final_factor" -> "--final-factor".
std::string optionName(std::string_view field);

// An Error of check(), whose place is a setting or a parameter ("nesterov", "SGD.momentum"), with the option as
// it is typed for the place. Others stay as they are.
Error asTyped(Error error);

} // namespace loom
