// SPDX-License-Identifier: Apache-2.0
// Two trained runs that a test may harm, and the hashes that a harmed file's own writer would give it.
#pragma once
#include "core/base/hash.h"
#include "core/base/subprocess.h"
#include "core/run/evaluation_files.h"
#include "core/run/seal.h"
#include "core/run/sha256.h"
#include "core/train/verify.h"
#include "tests/train/train_fixture.h"

namespace loom::test {

inline void writeBytes(const fs::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

inline Json jsonOf(const fs::path& file) {
  auto json = readJsonFile(file);
  if (!json) qFatal("%s", json.error().message().c_str());
  return *json;
}

// Two finished runs, a and b, of one network on the same data; restored before each test function.
class Runs {
 public:
  Runs() {
    if (!project_.make("iris")) qFatal("no samples");
    for (const char* run : {"a", "b"}) {
      TrainRequest request = project_.request(run);
      request.settings.epochs = 3;
      request.settings.seed = run[0] == 'a' ? 1 : 2;
      request.settings.keepCheckpoints = 3;
      const TrainOutcome outcome = finished(request);
      if (run[0] == 'a') best_ = outcome.checkpoint;
    }
    fs::copy(project_.path() / "runs", project_.folder() / "kept", fs::copy_options::recursive);
  }
  void restore() const {
    fs::remove_all(project_.path() / "runs");
    fs::copy(project_.folder() / "kept", project_.path() / "runs", fs::copy_options::recursive);
  }
  const TestProject& project() const { return project_; }
  fs::path a() const { return project_.run("a"); }
  fs::path b() const { return project_.run("b"); }
  std::int64_t last() const { return lastCheckpoint(a()); }
  std::int64_t best() const { return best_; }
  fs::path evaluation(const fs::path& run) const {
    const auto all = listEvaluations(run);
    if (all.size() != 1) qFatal("not one evaluation");
    return evaluationFolder(run, all[0].step, all[0].split);
  }

 private:
  TestProject project_;
  std::int64_t best_ = -1;
};
inline const Runs& runs() {
  static const Runs made;
  return made;
}

// As a file's own writer would: the manifest gets the hashes of what is there now.
inline void rehash(const fs::path& checkpoint) {
  Json manifest = jsonOf(checkpoint / manifestFile);
  for (const char* part : {modelFile, optimizerFile, stateFile}) {
    const std::string bytes = bytesOf(checkpoint / part);
    manifest["files"][part] = {{"bytes", bytes.size()}, {"xxh3", contentHash(bytes)}};
  }
  writeBytes(checkpoint / manifestFile, canonicalJson(sealed(manifest)));
}

inline void rehashEvaluation(const fs::path& folder) {
  Json manifest = jsonOf(folder / manifestFile);
  for (const char* part : {"summary.json", "predictions.safetensors"}) {
    const std::string bytes = bytesOf(folder / part);
    manifest["files"][part] = {{"bytes", bytes.size()}, {"sha256", sha256(bytes)}};
  }
  writeBytes(folder / manifestFile, canonicalJson(sealed(manifest)));
}

inline Verification verified(const char* run, VerifyDepth depth = VerifyDepth::files) {
  auto answer = verifyRun(runs().project().path(), run, depth);
  if (!answer) qFatal("%s", answer.error().message().c_str());
  return *answer;
}

inline QByteArray shown(const Verification& answer) {
  std::string text;
  for (const VerifiedItem& one : answer.items)
    text += one.item + ": " + std::string(toText(one.verdict)) + " " + one.detail.text() + "\n";
  return QByteArray::fromStdString(text);
}

struct Ended {
  int code = -1;
  std::string output, errors;
};
inline Ended loomProgram(const std::vector<std::string>& words) {
  Command command;
  command.arguments = {LOOM_PROGRAM};
  command.arguments.insert(command.arguments.end(), words.begin(), words.end());
  auto finished = runCommand(command, std::chrono::seconds(120));
  if (!finished) return {-1, {}, finished.error().message()};
  return {finished->exitCode, finished->output, finished->errors};
}

} // namespace loom::test
