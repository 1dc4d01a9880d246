// SPDX-License-Identifier: Apache-2.0
#include "core/run/evaluation_files.h"
#include "core/base/atomic_file.h"
#include "core/base/uuid.h"
#include "core/run/checkpoint_files.h"
#include "core/run/members.h"
#include "core/run/seal.h"
#include "core/run/sha256.h"
#include <algorithm>
#include <cstring>
#include <fmt/format.h>

namespace loom {
namespace {

namespace fs = std::filesystem;

constexpr int summarySchema = 1, manifestSchema = 1;
constexpr const char* summaryFile = "summary.json";
constexpr const char* predictionsFile = "predictions.safetensors";
constexpr std::size_t maxSummaryBytes = 256u << 20, maxPredictionBytes = std::size_t{1} << 36;

Message evaluateAgain() { return say("Evaluate the run again"); }
Error damaged(const fs::path& place, Message cause) {
  return {ErrorKind::input, place, std::move(cause), evaluateAgain()};
}

// Lists.

template<class T> void put(Safetensors& file, const char* name, const std::vector<T>& values) {
  if (!values.empty())
    file.tensors[name] = tensorOf({static_cast<std::int64_t>(values.size())}, values.data());
}

// A list that is absent is empty.
template<class T>
bool take(const Safetensors& file, const char* name, FileDType type, std::vector<T>& values) {
  const auto found = file.tensors.find(name);
  if (found == file.tensors.end()) return true;
  if (found->second.dtype != type || found->second.shape.size() != 1) return false;
  values.resize(found->second.data.size() / sizeof(T));
  std::memcpy(values.data(), found->second.data.data(), values.size() * sizeof(T));
  return true;
}

std::string listsOf(const Evaluation& evaluation) {
  Safetensors file;
  put(file, "sample", evaluation.samples());
  put(file, "label", evaluation.labels());
  put(file, "prediction", evaluation.predictions());
  put(file, "output", evaluation.outputs());
  put(file, "target", evaluation.targets());
  return serialise(file);
}

Status readLists(std::string_view bytes, const fs::path& place, EvaluationParts& into) {
  const auto file = parseSafetensors(bytes, place);
  if (!file) return damaged(place, file.error().cause);
  if (take(*file, "sample", FileDType::i32, into.samples) &&
      take(*file, "label", FileDType::i32, into.labels) &&
      take(*file, "prediction", FileDType::i32, into.predictions) &&
      take(*file, "output", FileDType::f32, into.outputs) &&
      take(*file, "target", FileDType::f32, into.targets))
    return {};
  return damaged(place, say("a list must have one dimension and the type of its values"));
}

// Summary.

void readConfusion(Members& members, EvaluationParts& into) {
  const Json* rows = members.array("confusion", into.classes.size());
  for (const Json& row : rows ? *rows : Json::array()) {
    if (!row.is_array() || row.size() != into.classes.size())
      return members.refuse(say("Member 'confusion' must have {} entries per row", into.classes.size()));
    auto& counts = into.confusion.emplace_back();
    for (const Json& count : row) {
      if (!count.is_number_unsigned() || count.get<std::uint64_t>() > static_cast<std::uint64_t>(maxSamples))
        return members.refuse(say("Member 'confusion' must contain counts between 0 and {}", maxSamples));
      counts.push_back(count.get<std::int64_t>());
    }
  }
}

void readReports(Members& members, EvaluationParts& into) {
  const Json* list = members.array("per_class", into.classes.size());
  for (const Json& one : list ? *list : Json::array()) {
    Members entry(one, members.place(), evaluateAgain());
    ClassReport report;
    entry.text("name", report.name, 64u << 20);
    entry.number("precision", report.precision, 0, 1);
    entry.number("recall", report.recall, 0, 1);
    entry.number("f1", report.f1, 0, 1);
    entry.integer("support", report.support, 0, maxSamples);
    if (!entry.good()) return members.refuse(entry.error().cause);
    into.perClass.push_back(std::move(report));
  }
}

void readMetrics(Members& members, EvaluationParts& into) {
  const Json* metrics = members.object("metrics");
  if (!metrics) return;
  for (const auto& [name, value] : metrics->items()) {
    const auto number = numberFromJson(value);
    if (!number) return members.refuse(say("Member 'metrics' must contain numbers"));
    into.metrics.emplace_back(name, *number);
  }
}

// `schema` 0: of an earlier version.
Status readSummary(std::string_view bytes, const fs::path& place, EvaluationParts& into, bool& earlier) {
  const auto json = parseJson(bytes, place.string());
  if (!json) return damaged(place, json.error().cause);
  Members members(*json, place.string(), evaluateAgain());
  earlier = members.good() && !members.has("schema");
  if (members.good() && !earlier) members.schema(summarySchema);
  members.integer("step", into.step, 0, maxCount);
  members.text("split", into.split);
  readMetrics(members, into);
  members.texts("classes", into.classes);
  if (members.good()) readConfusion(members, into);
  if (members.good()) readReports(members, into);
  return members.good() ? Status() : Status(members.error());
}

// Manifest.

struct Manifest {
  std::string run, split;
  std::int64_t step = 0;
  EvaluationSource source;
  std::string summary, predictions; // SHA-256
};

Json partOf(const std::string& bytes) { return {{"bytes", bytes.size()}, {"sha256", sha256(bytes)}}; }

Result<Manifest> readManifest(const fs::path& file) {
  const auto json = readJsonFile(file, 1u << 20);
  if (!json) return damaged(file, json.error().cause);
  Members members(*json, file.string(), evaluateAgain());
  if (members.good()) members.schema(manifestSchema);
  members.require(members.good() && sealOf(*json) == Seal::intact,
                  say("The file does not match its own hash"));
  Manifest manifest;
  members.text("run", manifest.run);
  members.text("split", manifest.split);
  members.integer("step", manifest.step, 0, maxCount);
  members.text("model", manifest.source.model);
  members.text("data", manifest.source.data);
  members.text("preparation", manifest.source.preparation);
  if (const Json* files = members.object("files"))
    for (auto [name, into] :
         {std::pair(summaryFile, &manifest.summary), std::pair(predictionsFile, &manifest.predictions)}) {
      Members all(*files, members.place(), evaluateAgain());
      const Json* entry = all.object(name);
      if (!entry) return all.error();
      Members one(*entry, members.place(), evaluateAgain());
      one.text("sha256", *into);
      if (!one.good()) return one.error();
    }
  if (!members.good()) return members.error();
  return manifest;
}

Json manifestOf(const std::string& run, const Evaluation& evaluation, const EvaluationSource& source,
                const std::string& summary, const std::string& predictions) {
  return sealed({{"schema", manifestSchema},
                 {"run", run},
                 {"step", evaluation.step()},
                 {"split", evaluation.split()},
                 {"model", source.model},
                 {"data", source.data},
                 {"preparation", source.preparation},
                 {"engine_version", NEUROLOOM_VERSION},
                 {"files", {{summaryFile, partOf(summary)}, {predictionsFile, partOf(predictions)}}}});
}

// What the manifest says of run, checkpoint and data is what is there now. `unverified` when something of it
// cannot be read; a checkpoint that was removed later takes nothing away from the evaluation.
Status checkSource(const Manifest& manifest, const fs::path& runFolder, const Result<RunConfig>& config,
                   const fs::path& place, Message& unverified) {
  if (const std::string run = runIdOf(runFolder); manifest.run != run)
    return damaged(place,
                   say("It belongs to the run {}, the folder is that of the run {}", manifest.run, run));
  if (!config) {
    unverified = say("The run's own description cannot be read");
    return {};
  }
  if (manifest.source.data.empty() || manifest.source.model.empty()) {
    unverified = say("It does not say what it was computed from");
    return {};
  }
  if (manifest.source.data != config->dataHash || manifest.source.preparation != preparationHash(*config))
    return damaged(place, say("It was computed from other data than that of the run"));
  std::error_code unknown;
  if (!fs::exists(checkpointFolder(runFolder, manifest.step), unknown)) return {};
  const auto checkpoint = readCheckpointManifest(runFolder, manifest.step);
  if (!checkpoint)
    unverified = say("The manifest of its checkpoint cannot be read");
  else if (checkpoint->modelHash() != manifest.source.model)
    return damaged(place, say("It was computed from another checkpoint of step {}", manifest.step));
  return {};
}

EvaluationLimits limitsOf(const Result<RunConfig>& config, const std::string& split) {
  if (!config) return {};
  EvaluationLimits limits;
  limits.dataSamples = config->trainSamples + config->validationSamples + config->testSamples;
  limits.partSamples = split == "test"         ? config->testSamples
                       : split == "validation" ? config->validationSamples
                                               : config->trainSamples;
  limits.targets = static_cast<std::int64_t>(config->targetNames.size());
  return limits;
}

Status makeFolder(const fs::path& folder) {
  std::error_code error;
  fs::create_directory(folder, error);
  return error ? Status(writeError(folder, say("The folder cannot be made"), error.value())) : Status();
}

Status writeParts(const fs::path& folder, const std::string& run, const Evaluation& evaluation,
                  const EvaluationSource& source) {
  Json content = toJson(evaluation);
  content["schema"] = summarySchema;
  const std::string summary = canonicalJson(content), predictions = listsOf(evaluation);
  if (auto written = writeFileAtomically(folder / predictionsFile, predictions); !written) return written;
  if (auto written = writeFileAtomically(folder / summaryFile, summary); !written) return written;
  return writeFileAtomically(folder / manifestFile,
                             canonicalJson(manifestOf(run, evaluation, source, summary, predictions)));
}

Status place(const fs::path& temporary, const fs::path& folder) {
  std::error_code ignored;
  if (!fs::exists(folder, ignored)) return renameDurably(temporary, folder);
  Status done = exchangeDurably(temporary, folder);
  if (done) return done;
  // A file system that cannot exchange two names: an evaluation can be computed again.
  fs::remove_all(folder, ignored);
  return renameDurably(temporary, folder);
}

} // namespace

fs::path evaluationFolder(const fs::path& runFolder, std::int64_t step, const std::string& split) {
  return runFolder / "evaluations" / fmt::format("{}-{}", step, split);
}

std::string preparationHash(const RunConfig& config) {
  const SplitSpec& split = config.data.split;
  const Normalisation& scale = config.normalisation;
  return sha256(
      compactJson({{"task", config.data.task == Task::classification ? "classification" : "regression"},
                   {"split", {split.train, split.validation, split.test}},
                   {"seed", split.seed},
                   {"stratified", split.stratified},
                   {"mean", scale.mean},
                   {"std", scale.std},
                   {"target_mean", scale.targetMean},
                   {"target_std", scale.targetStd}}));
}

EvaluationSource sourceOf(const RunConfig& config, const fs::path& runFolder, std::int64_t step) {
  const auto manifest = readCheckpointManifest(runFolder, step);
  return {manifest ? manifest->modelHash() : std::string(), config.dataHash, preparationHash(config)};
}

Status writeEvaluation(const fs::path& runFolder, const Evaluation& evaluation,
                       const EvaluationSource& source) {
  const fs::path folder = evaluationFolder(runFolder, evaluation.step(), evaluation.split());
  const fs::path temporary =
      folder.parent_path() / fmt::format(".{}-{}.tmp", folder.filename().string(), newUuid());
  for (const fs::path& one :
       {folder.parent_path(), temporary}) // never the run's own: it may have been deleted
    if (auto made = makeFolder(one); !made) return made;
  Status written = writeParts(temporary, runIdOf(runFolder), evaluation, source);
  if (written) written = place(temporary, folder);
  std::error_code ignored;
  fs::remove_all(temporary, ignored);
  return written;
}

bool isEvaluated(const fs::path& runFolder, std::int64_t step, const std::string& split) {
  std::error_code unknown;
  return step >= 0 && fs::exists(evaluationFolder(runFolder, step, split) / summaryFile, unknown);
}

Result<Evaluation> readEvaluation(const fs::path& runFolder, std::int64_t step, const std::string& split) {
  const fs::path folder = evaluationFolder(runFolder, step, split);
  const auto summary = readWholeFile(folder / summaryFile, maxSummaryBytes);
  if (!summary) return summary.error();
  const auto predictions = readWholeFile(folder / predictionsFile, maxPredictionBytes);
  if (!predictions) return predictions.error();
  const auto config = readRunConfig(runFolder);
  Message unverified;
  std::error_code unknown;
  const fs::path manifestPlace = folder / manifestFile;
  const bool hasManifest = fs::exists(manifestPlace, unknown) || unknown;
  if (hasManifest) {
    const auto manifest = readManifest(manifestPlace);
    if (!manifest) return manifest.error();
    if (manifest->step != step || manifest->split != split)
      return damaged(manifestPlace,
                     say("It belongs to the evaluation {}-{}", manifest->step, manifest->split));
    if (sha256(*summary) != manifest->summary)
      return damaged(folder / summaryFile, say("does not match the hash in its manifest"));
    if (sha256(*predictions) != manifest->predictions)
      return damaged(folder / predictionsFile, say("does not match the hash in its manifest"));
    if (auto good = checkSource(*manifest, runFolder, config, manifestPlace, unverified); !good)
      return good.error();
  }
  EvaluationParts parts;
  bool earlier = false;
  if (auto read = readSummary(*summary, folder / summaryFile, parts, earlier); !read) return read.error();
  if (!hasManifest && !earlier) return damaged(manifestPlace, say("The manifest is missing"));
  if (!hasManifest) unverified = say("It was stored by an earlier version, without hashes");
  if (parts.step != step || parts.split != split)
    return damaged(folder / summaryFile, say("It belongs to the evaluation {}-{}", parts.step, parts.split));
  if (auto read = readLists(*predictions, folder / predictionsFile, parts); !read) return read.error();
  auto evaluation = Evaluation::from(std::move(parts), folder, limitsOf(config, split));
  if (evaluation) evaluation->setUnverified(std::move(unverified));
  return evaluation;
}

std::vector<EvaluationName> listEvaluations(const fs::path& runFolder) {
  std::vector<EvaluationName> found;
  std::error_code fault;
  for (fs::directory_iterator entry(runFolder / "evaluations", fault), end; !fault && entry != end;
       entry.increment(fault)) {
    const std::string name = entry->path().filename().string();
    const std::size_t dash = name.find('-');
    if (dash == std::string::npos) continue;
    const auto step = checkpointStep(name.substr(0, dash));
    if (step) found.push_back({*step, name.substr(dash + 1)});
  }
  std::sort(found.begin(), found.end(), [](const EvaluationName& a, const EvaluationName& b) {
    return std::tie(a.step, a.split) < std::tie(b.step, b.split);
  });
  return found;
}

} // namespace loom
