// SPDX-License-Identifier: Apache-2.0
#include "core/base/atomic_file.h"
#include "core/base/format.h"
#include "core/base/subprocess.h"
#include "core/data/table_options.h"
#include "core/network/templates.h"
#include "core/run/project.h"
#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>

namespace loom {

namespace fs = std::filesystem;

namespace {

const fs::path fashionFolder = "/usr/share/datasets/fashion-mnist";

TrainSettings settingsOf(std::string_view id) {
  TrainSettings settings;
  settings.schedule = "one-cycle";
  if (id == "softmax") settings.learningRate = 1e-2;
  if (id == "mlp") settings.learningRate = 2e-3;
  if (id == "cnn") settings.learningRate = 4e-3;
  if (id == "resnet") {
    settings.optimizer = "SGD";
    settings.optimizerParams.set("momentum", 0.9);
    settings.optimizerParams.set("nesterov", true);
    settings.optimizerParams.set("weight_decay", 5e-4);
    settings.learningRate = 0.1;
    settings.batch = 128;
    settings.epochs = 6;
  }
  if (id == "iris") {
    settings.learningRate = 2e-2;
    settings.epochs = 60;
    settings.batch = 16;
  }
  if (id == "digits") {
    settings.learningRate = 5e-3;
    settings.epochs = 20;
    settings.batch = 32;
  }
  return settings;
}

Result<DatasetSpec> fashionMnist() {
  std::error_code error;
  for (const char* name : {"train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz",
                           "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"})
    if (!fs::exists(fashionFolder / name, error))
      return Error{ErrorKind::device, (fashionFolder / name).string(), say("Fashion-MNIST is not installed"),
                   say("Install it: apt-get install dataset-fashion-mnist; or begin with --template digits, "
                       "which needs nothing")};
  DatasetSpec spec;
  spec.format = "idx";
  spec.name = "Fashion-MNIST";
  spec.setPath("train_images", fashionFolder / "train-images-idx3-ubyte.gz");
  spec.setPath("train_labels", fashionFolder / "train-labels-idx1-ubyte.gz");
  spec.setPath("test_images", fashionFolder / "t10k-images-idx3-ubyte.gz");
  spec.setPath("test_labels", fashionFolder / "t10k-labels-idx1-ubyte.gz");
  spec.split = {0.9, 0.1, 0, 1, true};
  spec.options.set("class_names", Texts{"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal",
                                        "Shirt", "Sneaker", "Bag", "Ankle boot"});
  return spec;
}

// The sample is copied into the project, so that the folder is whole by itself.
Result<DatasetSpec> sampleTable(const std::string& name, ProjectFiles& files) {
  auto bytes = readWholeFile(samplesFolder() / (name + ".csv"), 16u << 20);
  if (!bytes) return bytes.error();
  files.emplace_back(fs::path("data") / (name + ".csv"), std::move(*bytes));
  DatasetSpec spec;
  spec.format = "csv";
  spec.name = name == "iris" ? "Iris" : "Digits 8×8";
  spec.setPath("file", files.back().first);
  TableOptions options;
  options.target = name == "iris" ? "species" : "digit";
  spec.split = {0.7, 0.15, 0.15, 1, true};
  if (name == "digits") {
    options.columnTypes = {{"digit", ColumnType::category}};
    options.reshape = {1, 8, 8};
  }
  setTableOptions(spec, options);
  return spec;
}

} // namespace

const std::vector<ProjectTemplate>& projectTemplates() {
  static const std::vector<ProjectTemplate> table = {
      {"softmax", "Softmax regression",
       "One Linear layer on Fashion-MNIST: the simplest network that learns.", 84},
      {"mlp", "Multilayer perceptron", "784-512-256-10 with ReLU on Fashion-MNIST.", 89},
      {"cnn", "LeNet-5", "The classic convolutional network on Fashion-MNIST, 61,706 parameters.", 90},
      {"resnet", "Small ResNet", "Residual blocks with batch norm on Fashion-MNIST.", 92},
      {"iris", "Iris table", "150 flowers, four measures, three species: trains in a second.", 100},
      {"digits", "Digits 8×8", "1,797 handwritten digits: a convolutional network in seconds.", 99},
  };
  return table;
}

std::string expectedText(const ProjectTemplate& one) {
  return fmt::format("{}\u00A0% test accuracy", one.accuracy);
}

fs::path samplesFolder() {
  std::error_code error;
  if (const char* given = std::getenv("LOOM_SAMPLES"); given != nullptr && *given != '\0') return given;
  const fs::path program = ownProgram().parent_path();
  // Installed beside the program; in a build folder, the source tree above it.
  for (const fs::path& candidate : {program / "../share/neuroloom/samples",
                                    program / "../../resources/samples", program / "../resources/samples"})
    if (fs::exists(candidate / "iris.csv", error)) return fs::weakly_canonical(candidate, error);
  return program / "../share/neuroloom/samples";
}

Result<Project> createFromTemplate(const fs::path& folder, std::string_view templateId) {
  const auto& networks = networkTemplates();
  const auto found = std::find_if(networks.begin(), networks.end(),
                                  [&](const NetworkTemplate& one) { return one.id == templateId; });
  const bool empty = templateId == "empty"; // what is drawn in it is the person's own
  if (found == networks.end() && !empty) {
    std::string known;
    for (const auto& one : networks) known += (known.empty() ? "" : ", ") + std::string(one.id);
    return Error{ErrorKind::usage, std::string(templateId), say("There is no such template"),
                 say("Choose one of: {}", known)};
  }
  std::error_code error;
  if (fs::exists(folder, error) && (!fs::is_directory(folder, error) || !fs::is_empty(folder, error)))
    return Error{ErrorKind::usage, folder.string(), say("It exists already and is not an empty folder"),
                 say("Choose another name")};
  Project project;
  project.name = folder.filename().empty() ? folder.parent_path().stem().string() : folder.stem().string();
  project.defaults = settingsOf(templateId);
  const bool table = templateId == "iris" || templateId == "digits";
  ProjectFiles files;
  auto spec = table ? sampleTable(std::string(templateId), files) : fashionMnist();
  const bool small = empty && !spec; // Fashion-MNIST is not on every computer, the digits are
  if (small) spec = sampleTable("digits", files);
  if (!spec) return spec.error();
  project.data = std::move(*spec);
  const std::vector<std::int64_t> sample{1, small ? 8 : 28, small ? 8 : 28};
  return createProject(folder, std::move(project), empty ? emptyNetwork(sample) : found->make(), files);
}

// A network and settings that fit what the spec reads; `loaded` comes back for those who explain.
static Result<Project> createFitting(const fs::path& folder, DatasetSpec spec, Dataset& loaded,
                                     Network& network) {
  Project project;
  project.name = folder.stem().string();
  project.data = std::move(spec);
  std::error_code error;
  for (auto& [name, path] : project.data.paths) path = fs::absolute(path, error);
  auto data = load(project.data, folder);
  if (!data) return data.error();
  loaded = std::move(*data);
  const bool regression = project.data.task == Task::regression;
  network =
      proposeNetwork(loaded.sampleShape, regression ? 0 : static_cast<std::int64_t>(loaded.classes.size()),
                     static_cast<std::int64_t>(loaded.targetNames.size()));
  if (network.name.empty()) network.name = "proposed";
  project.defaults.schedule = "one-cycle";
  project.defaults.learningRate = loaded.bytes.empty() ? 5e-3 : 2e-3;
  project.defaults.batch = std::clamp<std::int64_t>(loaded.samples / 40, 8, 64);
  project.defaults.epochs = loaded.samples < 2000 ? 40 : 10;
  return createProject(folder, std::move(project), network);
}

Result<Project> createFromSpec(const fs::path& folder, const DatasetSpec& spec) {
  Dataset loaded;
  Network network;
  return createFitting(folder, spec, loaded, network);
}

Result<Project> createFromData(const fs::path& folder, const fs::path& data, const std::string& target,
                               std::vector<Message>& explanation) {
  auto report = inspect(data, target);
  if (!report) return report.error();
  Dataset loaded;
  Network network;
  auto project = createFitting(folder, report->proposed, loaded, network);
  if (!project) return project;
  explanation = report->reasons;
  // What the loading noted is among the warnings, in words of the proposal.
  for (const auto& warning : report->warnings) explanation.push_back(say("Note: {}", warning));
  const std::string shape = formatShape(loaded.sampleShape);
  explanation.push_back(
      project->data.task == Task::regression
          ? say("Network: {} nodes for samples of {} (regression)", network.nodes.size(), shape)
          : say("Network: {} nodes for samples of {} ({} classes)", network.nodes.size(), shape,
                loaded.classes.size()));
  explanation.push_back(say("Settings: {} epochs, batch {}, AdamW, one-cycle to {}", project->defaults.epochs,
                            project->defaults.batch, formatNumber(project->defaults.learningRate)));
  return project;
}

} // namespace loom
