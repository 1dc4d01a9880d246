// SPDX-License-Identifier: Apache-2.0
#include "core/run/evaluation.h"
#include "core/base/atomic_file.h"
#include "core/base/safetensors.h"
#include <cstring>
#include <fmt/format.h>

namespace loom {
namespace {

namespace fs = std::filesystem;

fs::path folderOf(const fs::path& runFolder, std::int64_t step, const std::string& split) {
  return runFolder / "evaluations" / fmt::format("{}-{}", step, split);
}

template<class T> void put(Safetensors& file, const char* name, const std::vector<T>& values) {
  if (!values.empty())
    file.tensors[name] = tensorOf({static_cast<std::int64_t>(values.size())}, values.data());
}

template<class T> void take(const Safetensors& file, const char* name, std::vector<T>& values) {
  const auto found = file.tensors.find(name);
  if (found == file.tensors.end() || found->second.data.size() % sizeof(T) != 0) return;
  values.resize(found->second.data.size() / sizeof(T));
  std::memcpy(values.data(), found->second.data.data(), found->second.data.size());
}

} // namespace

Json toJson(const Evaluation& evaluation) {
  Json metrics = Json::object();
  for (const auto& [name, value] : evaluation.metrics) metrics[name] = numberOrText(value);
  Json perClass = Json::array();
  for (const auto& one : evaluation.perClass)
    perClass.push_back({{"name", one.name},
                        {"precision", one.precision},
                        {"recall", one.recall},
                        {"f1", one.f1},
                        {"support", one.support}});
  return {{"step", evaluation.step},       {"split", evaluation.split},         {"metrics", metrics},
          {"classes", evaluation.classes}, {"confusion", evaluation.confusion}, {"per_class", perClass}};
}

Status writeEvaluation(const fs::path& runFolder, const Evaluation& evaluation) {
  const auto folder = folderOf(runFolder, evaluation.step, evaluation.split);
  std::error_code error;
  for (const auto& one : {folder.parent_path(), folder}) // never the run's own: it may have been deleted
    if (fs::create_directory(one, error); error)
      return writeError(one, say("The folder cannot be made"), error.value());
  Safetensors file;
  put(file, "sample", evaluation.samples);
  put(file, "label", evaluation.labels);
  put(file, "prediction", evaluation.predictions);
  put(file, "output", evaluation.outputs);
  put(file, "target", evaluation.targets);
  if (auto written = writeSafetensors(folder / "predictions.safetensors", file); !written) return written;
  // The summary is written last: with it the evaluation is whole.
  return writeFileAtomically(folder / "summary.json", canonicalJson(toJson(evaluation)));
}

bool isEvaluated(const fs::path& runFolder, std::int64_t step, const std::string& split) {
  std::error_code unknown;
  return step >= 0 && fs::exists(folderOf(runFolder, step, split) / "summary.json", unknown);
}

Result<Evaluation> readEvaluation(const fs::path& runFolder, std::int64_t step, const std::string& split) {
  const auto folder = folderOf(runFolder, step, split);
  auto json = readJsonFile(folder / "summary.json");
  if (!json) return json.error();
  const JsonReader reader(*json, (folder / "summary.json").string());
  const auto wrong = [&](const char* what) {
    return Error{ErrorKind::input, reader.place(), say("Member '{}' is damaged", std::string_view(what)),
                 say("Evaluate the run again")};
  };
  Evaluation evaluation;
  evaluation.step = step;
  evaluation.split = split;
  auto metrics = reader.object("metrics");
  if (!metrics) return metrics.error();
  for (const auto& [name, value] : (*metrics)->items()) {
    const auto number = numberFromJson(value);
    if (!number) return wrong("metrics");
    evaluation.metrics.emplace_back(name, *number);
  }
  auto classes = reader.array("classes");
  if (!classes) return classes.error();
  for (const auto& name : **classes) {
    if (!name.is_string()) return wrong("classes");
    evaluation.classes.push_back(name.get<std::string>());
  }
  auto confusion = reader.array("confusion");
  if (!confusion) return confusion.error();
  for (const auto& row : **confusion) {
    if (!row.is_array() || row.size() != evaluation.classes.size()) return wrong("confusion");
    std::vector<std::int64_t> counts;
    for (const auto& count : row) {
      if (!count.is_number_unsigned()) return wrong("confusion");
      counts.push_back(count.get<std::int64_t>());
    }
    evaluation.confusion.push_back(std::move(counts));
  }
  auto perClass = reader.array("per_class");
  if (!perClass) return perClass.error();
  for (const auto& one : **perClass) {
    const JsonReader entry(one, reader.place());
    auto name = entry.text("name");
    auto precision = entry.number("precision"), recall = entry.number("recall"), f1 = entry.number("f1");
    auto support = entry.integer("support");
    if (!name || !precision || !recall || !f1 || !support) return wrong("per_class");
    evaluation.perClass.push_back({*name, *precision, *recall, *f1, *support});
  }
  auto file = readSafetensors(folder / "predictions.safetensors");
  if (!file) return file.error();
  take(*file, "sample", evaluation.samples);
  take(*file, "label", evaluation.labels);
  take(*file, "prediction", evaluation.predictions);
  take(*file, "output", evaluation.outputs);
  take(*file, "target", evaluation.targets);
  return evaluation;
}

} // namespace loom
