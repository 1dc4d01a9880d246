// SPDX-License-Identifier: Apache-2.0
#include "core/train/verify.h"
#include "core/base/error_message.h"
#include "core/run/checkpoint_files.h"
#include "core/run/evaluation_files.h"
#include "core/run/journal.h"
#include "core/run/project.h"
#include "core/run/run_lock.h"
#include "core/train/evaluate.h"
#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>

namespace loom {
namespace {

namespace fs = std::filesystem;

constexpr double outputTolerance =
    1e-4; // of the largest output: kernels of another processor round otherwise
constexpr double figureTolerance = 1e-3;
constexpr std::size_t pieceBytes = 1u << 20;

bool close(const std::vector<float>& a, const std::vector<float>& b) {
  if (a.size() != b.size()) return false;
  double largest = 0;
  for (const float value : a) largest = std::max(largest, static_cast<double>(std::abs(value)));
  return std::equal(a.begin(), a.end(), b.begin(), [&](float x, float y) {
    return std::abs(static_cast<double>(x) - static_cast<double>(y)) <= outputTolerance * largest;
  });
}

// The first thing in which two evaluations differ by more than rounding; empty when there is none.
Message difference(const Evaluation& stored, const Evaluation& computed) {
  if (stored.classes() != computed.classes()) return say("The stored classes are not those of the data");
  if (stored.samples() != computed.samples() || stored.labels() != computed.labels() ||
      !close(stored.targets(), computed.targets()))
    return say("The stored samples, labels or targets are not those of the data");
  if (!close(stored.outputs(), computed.outputs()))
    return say("The stored outputs are not those of the checkpoint");
  const std::map<std::string, double> again(computed.metrics().begin(), computed.metrics().end());
  if (again.size() != stored.metrics().size())
    return say("It has {} metrics, computed again it has {}", stored.metrics().size(), again.size());
  const double oneSample = stored.samples().empty() ? 0 : 1.0 / static_cast<double>(stored.samples().size());
  for (const auto& [name, value] : stored.metrics()) {
    const auto found = again.find(name);
    if (found == again.end()) return say("The metric '{}' cannot be computed", name);
    const double largest = std::max(std::abs(value), std::abs(found->second));
    const double allowed = figureTolerance * largest + (name.ends_with("_accuracy") ? oneSample : 0);
    if (value != found->second && !(std::abs(value - found->second) <= allowed))
      return say("The metric '{}' is {}, computed again it is {}", name, value, found->second);
  }
  return {};
}

class Verifier {
 public:
  Verifier(fs::path project, std::string run, VerifyDepth depth)
      : project_(std::move(project)), run_(std::move(run)), folder_(runFolder(project_, run_)), depth_(depth),
        config_(readRunConfig(folder_)) {}

  Verification verify() {
    if (!config_)
      add("run.json", Verdict::damaged, toMessage(config_.error()));
    else if (!config_->sealed)
      add("run.json", Verdict::unverified, say("It was written by an earlier version, without a hash"));
    else
      add("run.json", Verdict::verified);
    verifyJournals();
    for (const std::int64_t step : checkpointFolders(folder_)) verifyCheckpoint(step);
    for (const EvaluationName& one : listEvaluations(folder_)) verifyEvaluation(one);
    return std::move(result_);
  }

 private:
  void add(std::string item, Verdict verdict, Message detail = {}) {
    result_.items.push_back({std::move(item), verdict, std::move(detail)});
  }

  void verifyJournals() {
    const auto attempts = attemptsIn(folder_);
    if (!attempts) return add("attempts", Verdict::damaged, toMessage(attempts.error()));
    if (attempts->empty() && !checkpointFolders(folder_).empty())
      return add("attempts", Verdict::damaged, say("The run has checkpoints, but no journal"));
    const auto journals = journalsIn(project_);
    int next = 1; // attempts are numbered without a gap
    for (const int attempt : *attempts) {
      if (attempt > next)
        add(fmt::format("attempts/{}", next), Verdict::damaged,
            sayCount("{} attempt before attempt {} is missing", "{} attempts before attempt {} are missing",
                     attempt - next, attempt));
      next = attempt + 1;
      verifyJournal(*journals, attempt);
    }
  }

  void verifyJournal(JournalSource& journals, int attempt) {
    const std::string item = fmt::format("attempts/{}/journal", attempt);
    const fs::path folder = folder_ / "attempts" / std::to_string(attempt);
    std::error_code unknown;
    // A trainer writes this file behind its last record; one that was killed writes neither.
    const bool exited = fs::exists(folder / "exit", unknown);
    if (!fs::exists(fs::symlink_status(folder / "journal", unknown)))
      return add(item, exited ? Verdict::damaged : Verdict::unverified,
                 exited ? say("The file is missing")
                        : say("The file is missing, or its trainer was killed before it began"));
    bool finished = false;
    Message wrong = wrongInJournal(journals, attempt, finished);
    if (wrong.empty() && exited && !finished) wrong = say("Its end is missing: the attempt had finished");
    add(item, wrong.empty() ? Verdict::verified : Verdict::damaged, std::move(wrong));
  }

  Message wrongInJournal(JournalSource& journals, int attempt, bool& finished) const {
    bool first = true;
    for (std::uint64_t offset = 0;;) {
      auto read = journals.read(run_, attempt, offset, pieceBytes);
      if (!read) return toMessage(read.error());
      if (!read->damages.empty()) return toMessage(read->damages.front());
      for (const JournalRecord& record : read->records) {
        const auto run = record.event.find("run");
        if (first && run != record.event.end() && *run != run_) return say("It belongs to another run");
        first = false;
        finished = record.event.value("event", Json()) == "finished";
      }
      if (read->offset == offset) break; // the rest is a torn last line, or nothing
      offset = read->offset;
    }
    return {};
  }

  void verifyCheckpoint(std::int64_t step) {
    const std::string item = fmt::format("checkpoints/{}", step);
    const auto checkpoint = readCheckpoint(folder_, step);
    if (!checkpoint) return add(item, Verdict::damaged, toMessage(checkpoint.error()));
    if (config_) {
      const auto progress = progressFromJson(checkpoint->state, item);
      const Status possible = progress
                                  ? checkProgress(*progress, config_->settings, config_->trainSamples, item)
                                  : Status(progress.error());
      if (!possible) return add(item, Verdict::damaged, toMessage(possible.error()));
    }
    const auto manifest = readCheckpointManifest(folder_, step);
    if (!manifest) return add(item, Verdict::damaged, toMessage(manifest.error()));
    if (manifest->run.empty())
      return add(
          item, Verdict::unverified,
          say("Its files match their hashes; an earlier version did not store the run that it belongs to"));
    add(item, Verdict::verified);
  }

  void verifyEvaluation(const EvaluationName& name) {
    const std::string item = fmt::format("evaluations/{}-{}", name.step, name.split);
    const auto stored = readEvaluation(folder_, name.step, name.split);
    if (!stored) return add(item, Verdict::damaged, toMessage(stored.error()));
    const bool vouched = stored->unverified().empty();
    if (depth_ == VerifyDepth::files || !config_)
      return add(item, vouched ? Verdict::verified : Verdict::unverified, stored->unverified());
    std::error_code unknown;
    if (!fs::exists(checkpointFolder(folder_, name.step), unknown))
      return add(item, vouched ? Verdict::verified : Verdict::unverified,
                 say("Its files were checked; its checkpoint was removed, so it was not computed again"));
    const auto checkpoint = readCheckpoint(folder_, name.step);
    const auto computed = checkpoint ? computeEvaluation(project_, *config_, *checkpoint, name.split)
                                     : Result<Evaluation>(checkpoint.error());
    if (!computed)
      return add(item, Verdict::unverified,
                 say("It could not be computed again: {}", toMessage(computed.error())));
    if (const Message differs = difference(*stored, *computed); !differs.empty())
      return add(item, Verdict::damaged, differs);
    add(item, Verdict::verified, say("Computed again with the same result"));
  }

  const fs::path project_;
  const std::string run_;
  const fs::path folder_;
  const VerifyDepth depth_;
  const Result<RunConfig> config_;
  Verification result_;
};

} // namespace

std::string_view toText(Verdict verdict) {
  switch (verdict) {
  case Verdict::verified:
    return "verified";
  case Verdict::unverified:
    return "not verified";
  case Verdict::damaged:
    break;
  }
  return "damaged";
}

std::size_t Verification::count(Verdict verdict) const {
  return static_cast<std::size_t>(std::count_if(
      items.begin(), items.end(), [&](const VerifiedItem& one) { return one.verdict == verdict; }));
}

Result<Verification> verifyRun(const fs::path& project, const std::string& run, VerifyDepth depth) {
  const fs::path folder = runFolder(project, run);
  // Its checkpoints come and go.
  if (RunLock::held(folder))
    return Error{ErrorKind::other, folder, say("The run is being trained"),
                 say("Wait until it ends, or stop it with `loom control`")};
  return Verifier(project, run, depth).verify();
}

} // namespace loom
