// SPDX-License-Identifier: Apache-2.0
// A project folder (<name>.loom): project.json, networks/, runs/, history/. project.json is canonical JSON
// with "schema"; a newer one is refused, an older one migrated with the original kept beside it.
#pragma once
#include "core/data/dataset.h"
#include "core/network/network.h"
#include "core/run/find_run.h"
#include "core/run/run_config.h"
#include <filesystem>

namespace loom {

inline constexpr int projectSchema = 1;

struct Project {
  std::filesystem::path folder;
  std::string name;
  std::string id; // uuid, never changes
  DatasetSpec data;
  TrainSettings defaults;
  std::string network; // name of the network that opens first and that `loom train` takes
};

Result<Project> openProject(const std::filesystem::path& folder); // kind input when it is none
Status saveProject(const Project& project);
// The folder must not exist or be empty. `files` (paths within it, with their bytes) belong to it as well.
// What fails leaves nothing behind that it made.
using ProjectFiles = std::vector<std::pair<std::filesystem::path, std::string>>;
Result<Project> createProject(const std::filesystem::path& folder, Project content, const Network& network,
                              const ProjectFiles& files = {});
std::vector<std::string> networkNames(const Project& project);
Result<Network> loadNetwork(const Project& project, const std::string& name);
Status saveNetwork(const Project& project, const Network& network);

struct ProjectTemplate {
  std::string_view id; // softmax, mlp, cnn, resnet, iris, digits
  std::string_view name, summary;
  int accuracy; // whole percents of test accuracy, rounded down: the median over seeds, measured
};
const std::vector<ProjectTemplate>& projectTemplates();
// "91 % test accuracy".
std::string expectedText(const ProjectTemplate& one);
// Looks for Fashion-MNIST in /usr/share/datasets/fashion-mnist and for iris, digits in the installed or built
// samples (samplesFolder()); iris and digits are copied into the project.
Result<Project> createFromTemplate(const std::filesystem::path& folder, std::string_view templateId);
// What was chosen, one sentence each.
Result<Project> createFromData(const std::filesystem::path& folder, const std::filesystem::path& data,
                               const std::string& target, std::vector<Message>& explanation);
// The same from a spec that a person changed (target, types, task, split); paths become absolute.
Result<Project> createFromSpec(const std::filesystem::path& folder, const DatasetSpec& spec);
std::filesystem::path samplesFolder(); // beside the program: share/neuroloom/samples, or the source tree's
                                       // resources/samples in a build; env LOOM_SAMPLES first

// A folder of runs/ by its whole name, which is the id; "last"; otherwise the one run whose id begins with the
// word or whose name it is. Kind input with the candidates when there is none, or several.
Result<std::string> findRun(const std::filesystem::path& project, std::string_view word);
std::filesystem::path runFolder(const std::filesystem::path& project, const std::string& run);

} // namespace loom
