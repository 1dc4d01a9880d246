// SPDX-License-Identifier: Apache-2.0
// Nothing that is stored is believed: values that no training gives, with hashes that fit; random bits; files
// of another run; evaluations that do not follow from their checkpoint. Each is noticed by whoever uses it and
// by `loom verify`, and nothing crashes.
#include "core/base/hash.h"
#include "core/base/subprocess.h"
#include "core/interop/torch_code.h"
#include "core/run/evaluation_files.h"
#include "core/run/seal.h"
#include "core/run/sha256.h"
#include "core/train/verify.h"
#include "tests/soak.h"
#include "tests/train/train_fixture.h"
#include <random>

using namespace loom;
using namespace loom::test;

namespace {

void writeBytes(const fs::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

Json jsonOf(const fs::path& file) {
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
const Runs& runs() {
  static const Runs made;
  return made;
}

// As a file's own writer would: the manifest gets the hashes of what is there now.
void rehash(const fs::path& checkpoint) {
  Json manifest = jsonOf(checkpoint / manifestFile);
  for (const char* part : {modelFile, optimizerFile, stateFile}) {
    const std::string bytes = bytesOf(checkpoint / part);
    manifest["files"][part] = {{"bytes", bytes.size()}, {"xxh3", contentHash(bytes)}};
  }
  writeBytes(checkpoint / manifestFile, canonicalJson(sealed(manifest)));
}

void rehashEvaluation(const fs::path& folder) {
  Json manifest = jsonOf(folder / manifestFile);
  for (const char* part : {"summary.json", "predictions.safetensors"}) {
    const std::string bytes = bytesOf(folder / part);
    manifest["files"][part] = {{"bytes", bytes.size()}, {"sha256", sha256(bytes)}};
  }
  writeBytes(folder / manifestFile, canonicalJson(sealed(manifest)));
}

Verification verified(const char* run, VerifyDepth depth = VerifyDepth::files) {
  auto answer = verifyRun(runs().project().path(), run, depth);
  if (!answer) qFatal("%s", answer.error().message().c_str());
  return *answer;
}

QByteArray shown(const Verification& answer) {
  std::string text;
  for (const VerifiedItem& one : answer.items)
    text += one.item + ": " + std::string(toText(one.verdict)) + " " + one.detail.text() + "\n";
  return QByteArray::fromStdString(text);
}

struct Ended {
  int code = -1;
  std::string output, errors;
};
Ended loomProgram(const std::vector<std::string>& words) {
  Command command;
  command.arguments = {LOOM_PROGRAM};
  command.arguments.insert(command.arguments.end(), words.begin(), words.end());
  auto finished = runCommand(command, std::chrono::seconds(120));
  if (!finished) return {-1, {}, finished.error().message()};
  return {finished->exitCode, finished->output, finished->errors};
}

} // namespace

class TestTrust : public QObject {
  Q_OBJECT
 private slots:
  void init() { runs().restore(); }

  void whatWasTrainedIsVerified();
  void statesThatNoTrainingGives_data();
  void statesThatNoTrainingGives();
  void aRunDoesNotContinueFromAnImpossibleState();
  void configurationsThatCannotBe_data();
  void configurationsThatCannotBe();
  void tensorsThatCannotBe_data();
  void tensorsThatCannotBe();
  void missingRecordsAreNoticed_data();
  void missingRecordsAreNoticed();
  void randomBitsAreNoticed_data();
  void randomBitsAreNoticed();
  void filesOfAnotherRunAreNoticed_data();
  void filesOfAnotherRunAreNoticed();
  void exportWritesNothingFromADamagedCheckpoint_data();
  void exportWritesNothingFromADamagedCheckpoint();
  void aDamagedEvaluationIsComputedAgain();
  void anEvaluationThatDoesNotFollowIsFound();
  void evaluationsWithoutAManifest();
  void theProgramVerifies();
};

void TestTrust::whatWasTrainedIsVerified() {
  for (const VerifyDepth depth : {VerifyDepth::files, VerifyDepth::recompute}) {
    const auto answer = verified("a", depth);
    QVERIFY2(answer.count(Verdict::verified) == answer.items.size(), shown(answer));
    QVERIFY(answer.items.size() >= 4); // run.json, journal, checkpoint, evaluation
  }
}

void TestTrust::statesThatNoTrainingGives_data() {
  QTest::addColumn<QByteArray>("member");
  QTest::addColumn<QByteArray>("value");
  const std::pair<const char*, std::vector<const char*>> table[] = {
      {"schema", {"0", "-1", "2", "null"}},
      {"step", {"-1", "7", "9223372036854775807", "1.5", "\"1\""}},
      {"epoch", {"-1000000", "4", "9223372036854775807", "null"}},
      {"batch", {"-1", "1", "2147483647", "9223372036854775807"}},
      {"rate_factor", {"0", "-1", "\"NaN\"", "\"Infinity\"", "null"}},
      {"seconds", {"-1", "\"NaN\"", "\"Infinity\"", "1e300"}},
      {"epoch_loss_sum", {"null", "\"x\"", "[]"}},
      {"epoch_correct", {"-1", "5", "\"NaN\"", "1e300"}},
      {"epoch_samples", {"-1", "5", "9223372036854775807"}},
      {"best_step", {"-2", "0", "1", "9223372036854775807"}},
      {"best_metrics", {"[]", "{}", "[[\"val_loss\",\"NaN\"]]", "[[\"val_loss\"]]", "[[1,1]]", "[7]"}},
      {"last_metrics", {"{}", "[[\"val_loss\",null]]", "null"}}};
  for (const auto& [member, values] : table) {
    QTest::addRow("without %s", member) << QByteArray(member) << QByteArray();
    for (const char* value : values)
      QTest::addRow("%s %s", member, value) << QByteArray(member) << QByteArray(value);
  }
}

void TestTrust::statesThatNoTrainingGives() {
  QFETCH(QByteArray, member);
  QFETCH(QByteArray, value);
  const fs::path folder = checkpointFolder(runs().a(), runs().last());
  Json state = jsonOf(folder / stateFile);
  QVERIFY(state.contains(member.toStdString()));
  if (value.isEmpty())
    state.erase(member.toStdString());
  else
    state[member.toStdString()] = *parseJson(value.toStdString(), "value");
  writeBytes(folder / stateFile, canonicalJson(state));
  rehash(folder);
  const auto answer = verified("a");
  QVERIFY2(answer.count(Verdict::damaged) >= 1, shown(answer));
}

// An epoch of -1,000,000 trained for ever.
void TestTrust::aRunDoesNotContinueFromAnImpossibleState() {
  const fs::path folder = checkpointFolder(runs().a(), runs().last());
  Json state = jsonOf(folder / stateFile);
  state["epoch"] = -1'000'000;
  writeBytes(folder / stateFile, canonicalJson(state));
  rehash(folder);
  const TrainOutcome outcome = finished(runs().project().resume("a"));
  QCOMPARE(outcome.status, std::string("finished"));
  QCOMPARE(outcome.epochs, std::int64_t{3});
  const auto notes = events(runs().project().path(), "a", "note");
  QVERIFY(!notes.empty() && notes[0]["text"].get<std::string>().find("epoch") != std::string::npos);
}

void TestTrust::configurationsThatCannotBe_data() {
  QTest::addColumn<QByteArray>("where");
  QTest::addColumn<QByteArray>("value");
  const std::pair<const char*, std::vector<const char*>> table[] = {
      {"/schema", {"0", "-1", "2"}},
      {"/id", {"\"b\"", "\"\"", "\"../a\"", "7"}},
      {"/name", {"7", "null"}},
      {"/created", {"-1", "9223372036854775807"}},
      {"/data_hash", {"7"}},
      {"/train_samples", {"-1", "2147483648", "9223372036854775807", "1.5"}},
      {"/validation_samples", {"-1", "2147483647"}},
      {"/test_samples", {"-9223372036854775808"}},
      {"/parameters", {"-1", "9223372036854775807"}},
      {"/classes", {"[1]", "{}", "null"}},
      {"/target_names", {"[\"x\"]", "[null]"}},
      {"/normalisation/mean", {"[\"NaN\"]", "[null]", "7"}},
      {"/normalisation/std", {"[0]", "[-1]", "[]"}},
      {"/settings/epochs", {"0", "-1", "9223372036854775807"}},
      {"/settings/batch", {"0", "-64", "9223372036854775807"}},
      {"/settings/learning_rate", {"0", "-1", "\"NaN\"", "\"Infinity\"", "1e300"}},
      {"/settings/threads", {"-1", "2147483648"}},
      {"/settings/checkpoint_every", {"-1"}},
      {"/settings/keep_checkpoints", {"0", "9223372036854775807"}},
      {"/settings/workers", {"-1", "1000"}},
      {"/settings/seed", {"-1", "\"x\""}}};
  for (const auto& [where, values] : table)
    for (const char* value : values)
      QTest::addRow("%s %s", where, value) << QByteArray(where) << QByteArray(value);
}

void TestTrust::configurationsThatCannotBe() {
  QFETCH(QByteArray, where);
  QFETCH(QByteArray, value);
  const fs::path file = runs().a() / "run.json";
  Json config = jsonOf(file);
  const Json::json_pointer member(where.toStdString());
  QVERIFY(config.contains(member));
  config[member] = *parseJson(value.toStdString(), "value");
  writeBytes(file, canonicalJson(sealed(config)));
  const auto read = readRunConfig(runs().a());
  QVERIFY(!read.ok());
  QCOMPARE(read.error().kind, ErrorKind::input);
  StopFlag stop;
  QVERIFY(!train(runs().project().resume("a"), {}, stop).ok());
  QVERIFY(!evaluateRun(runs().project().path(), "a", -1, "test").ok());
  QVERIFY(!predict(runs().project().path(), "a", {runs().project().path() / "data" / "iris.csv"}).ok());
}

void TestTrust::tensorsThatCannotBe_data() {
  QTest::addColumn<QByteArray>("file");
  QTest::addColumn<QByteArray>("harm");
  for (const char* harm : {"NaN", "infinite", "other shape", "missing", "foreign"})
    for (const char* file : {modelFile, optimizerFile})
      if (std::string(file) == modelFile || std::string(harm) == "NaN" ||
          std::string(harm) == "other shape" || std::string(harm) == "foreign")
        QTest::addRow("%s, %s", file, harm) << QByteArray(file) << QByteArray(harm);
}

void TestTrust::tensorsThatCannotBe() {
  QFETCH(QByteArray, file);
  QFETCH(QByteArray, harm);
  const std::int64_t step = runs().best();
  const fs::path folder = checkpointFolder(runs().a(), step);
  auto content = readSafetensors(folder / file.constData());
  QVERIFY(content.ok() && !content->tensors.empty());
  auto first = content->tensors.begin();
  FileTensor& tensor = first->second;
  QVERIFY(tensor.data.size() >= 2 * sizeof(float));
  const float bad =
      harm == "NaN" ? std::numeric_limits<float>::quiet_NaN() : std::numeric_limits<float>::infinity();
  if (harm == "NaN" || harm == "infinite") {
    std::memcpy(tensor.data.data(), &bad, sizeof bad);
  } else if (harm == "other shape") {
    tensor.data.resize(tensor.data.size() + sizeof(float));
    tensor.shape = {static_cast<std::int64_t>(tensor.data.size() / sizeof(float))};
  } else if (harm == "missing") {
    content->tensors.erase(first);
  } else {
    content->tensors["nobody.weight"] = tensor;
  }
  QVERIFY(writeSafetensors(folder / file.constData(), *content).ok());
  rehash(folder);
  const bool found = !readCheckpoint(runs().a(), step).ok();
  if (!found) { // the shapes of the model are those of the network, which only its user knows
    fs::remove_all(runs().a() / "evaluations");
    QVERIFY(!evaluateRun(runs().project().path(), "a", step, "test").ok());
  }
  const auto network = loadNetwork(runs().project().project, "");
  QVERIFY(network.ok());
  const fs::path out = runs().project().folder() / "hostile";
  std::vector<Message> notes;
  const auto exported = exportTorch(*network, out, runs().a(), notes);
  QVERIFY(!exported.ok() || !notes.empty()); // refused, or another checkpoint with a note
  fs::remove_all(out);
}

// What is not there has no checksum: the attempt had finished, so its journal ends with the last record.
void TestTrust::missingRecordsAreNoticed_data() {
  QTest::addColumn<QByteArray>("harm");
  for (const char* harm : {"half", "without its last line", "empty", "file gone", "attempt gone", "all gone"})
    QTest::newRow(harm) << QByteArray(harm);
}

void TestTrust::missingRecordsAreNoticed() {
  QFETCH(QByteArray, harm);
  const fs::path attempts = runs().a() / "attempts", journal = attempts / "1" / "journal";
  QVERIFY(fs::exists(attempts / "1" / "exit"));
  const std::string good = bytesOf(journal);
  const fs::path aside = runs().a() / "aside";
  if (harm == "half") writeBytes(journal, good.substr(0, good.rfind('\n', good.size() / 2) + 1));
  if (harm == "without its last line")
    writeBytes(journal, good.substr(0, good.rfind('\n', good.size() - 2) + 1));
  if (harm == "empty") writeBytes(journal, "");
  if (harm == "file gone") fs::rename(journal, aside);
  if (harm == "attempt gone") fs::rename(attempts / "1", attempts / "3");
  if (harm == "all gone") fs::rename(attempts, aside);
  const std::size_t found = verified("a").count(Verdict::damaged);
  if (harm == "file gone") fs::rename(aside, journal);
  if (harm == "attempt gone") fs::rename(attempts / "3", attempts / "1");
  if (harm == "all gone") fs::rename(aside, attempts);
  writeBytes(journal, good);
  QCOMPARE(found, std::size_t{1});
  QCOMPARE(verified("a").count(Verdict::damaged), std::size_t{0});
}

void TestTrust::randomBitsAreNoticed_data() {
  QTest::addColumn<QByteArray>("kind");
  for (const char* kind :
       {"run.json", "state.json", "model.safetensors", "optimizer.safetensors", "checkpoint/manifest.json",
        "summary.json", "predictions.safetensors", "evaluation/manifest.json", "journal"})
    QTest::newRow(kind) << QByteArray(kind);
}

void TestTrust::randomBitsAreNoticed() {
  QFETCH(QByteArray, kind);
  const std::string name = kind.mid(kind.indexOf('/') + 1).toStdString();
  const bool evaluated =
      kind == "summary.json" || kind == "predictions.safetensors" || kind.startsWith("evaluation");
  const fs::path file = kind == "run.json"  ? runs().a() / name
                        : kind == "journal" ? runs().a() / "attempts" / "1" / name
                        : evaluated         ? runs().evaluation(runs().a()) / name
                                            : checkpointFolder(runs().a(), runs().last()) / name;
  const std::string good = bytesOf(file);
  QVERIFY(good.size() > 20);
  const auto cases = casesOf("random bits", 100, 57, 1000);
  std::mt19937 random(cases.seed);
  int unchanged = 0;
  for (int round = 0; round < cases.count; ++round) {
    std::string bytes = good;
    const std::size_t at = random() % bytes.size();
    bytes[at] = static_cast<char>(bytes[at] ^ (1u << random() % 8));
    writeBytes(file, bytes);
    const auto answer = verified("a");
    if (answer.count(Verdict::damaged) > 0) continue;
    // Another way to write the same value: 1e-05 and 1E-05. The end of a journal may be torn.
    const bool same = file.extension() == ".json" && readJsonFile(file).ok() &&
                      *readJsonFile(file) == *parseJson(good, "good");
    const bool torn = kind == "journal" && at + 1 == bytes.size();
    QVERIFY2(same || torn, ("bit of byte " + std::to_string(at) + "\n").c_str() + shown(answer));
    ++unchanged;
  }
  QVERIFY(unchanged <= cases.count / 10);
  writeBytes(file, good);
  QCOMPARE(verified("a").count(Verdict::damaged), std::size_t{0});
}

void TestTrust::filesOfAnotherRunAreNoticed_data() {
  QTest::addColumn<QByteArray>("what");
  for (const char* what : {"run.json", "attempt", "checkpoint", "evaluation", "model.safetensors",
                           "optimizer.safetensors", "state.json", "manifest.json", "summary.json",
                           "predictions.safetensors", "manifest of the evaluation"})
    QTest::newRow(what) << QByteArray(what);
}

void TestTrust::filesOfAnotherRunAreNoticed() {
  QFETCH(QByteArray, what);
  const auto copy = [](const fs::path& from, const fs::path& to) {
    fs::remove_all(to);
    fs::copy(from, to, fs::copy_options::recursive);
  };
  const fs::path ours = checkpointFolder(runs().a(), runs().last()),
                 theirs = checkpointFolder(runs().b(), lastCheckpoint(runs().b()));
  QCOMPARE(ours.filename(), theirs.filename()); // the same network, data and step
  const fs::path evaluation = runs().evaluation(runs().a()), other = runs().evaluation(runs().b());
  if (what == "run.json")
    copy(runs().b() / "run.json", runs().a() / "run.json");
  else if (what == "attempt")
    copy(runs().b() / "attempts" / "1", runs().a() / "attempts" / "1");
  else if (what == "checkpoint")
    copy(theirs, ours);
  else if (what == "evaluation")
    copy(other, evaluation);
  else if (what == "summary.json" || what == "predictions.safetensors")
    copy(other / what.constData(), evaluation / what.constData());
  else if (what == "manifest of the evaluation")
    copy(other / manifestFile, evaluation / manifestFile);
  else
    copy(theirs / what.constData(), ours / what.constData());
  const auto answer = verified("a");
  QVERIFY2(answer.count(Verdict::damaged) > 0, shown(answer));
}

void TestTrust::exportWritesNothingFromADamagedCheckpoint_data() {
  QTest::addColumn<QByteArray>("file");
  QTest::addColumn<QByteArray>("harm");
  for (const char* file : {modelFile, optimizerFile, stateFile, manifestFile})
    for (const char* harm : {"bit", "shorter", "missing"})
      QTest::addRow("%s, %s", file, harm) << QByteArray(file) << QByteArray(harm);
}

void TestTrust::exportWritesNothingFromADamagedCheckpoint() {
  QFETCH(QByteArray, file);
  QFETCH(QByteArray, harm);
  for (const std::int64_t step : checkpointFolders(runs().a())) {
    const fs::path victim = checkpointFolder(runs().a(), step) / file.constData();
    std::string bytes = bytesOf(victim);
    if (harm == "missing")
      fs::remove(victim);
    else if (harm == "shorter")
      writeBytes(victim, bytes.substr(0, bytes.size() - 5));
    else
      writeBytes(victim, (bytes[bytes.size() / 2] ^= 1, bytes));
  }
  const fs::path out = runs().project().folder() / "exported";
  const Ended ended = loomProgram({"export", runs().project().path().string(), out.string(), "--run", "a"});
  QCOMPARE(ended.code, 3);
  QVERIFY2(!fs::exists(out), "something was written");
}

void TestTrust::aDamagedEvaluationIsComputedAgain() {
  const fs::path project = runs().project().path(), folder = runs().evaluation(runs().a());
  const std::string good = bytesOf(folder / "predictions.safetensors");
  std::string bytes = good;
  bytes[bytes.size() - 3] ^= 1;
  writeBytes(folder / "predictions.safetensors", bytes);
  QVERIFY(!readEvaluation(runs().a(), runs().best(), "test").ok());
  const auto again = evaluateRun(project, "a", -1, "test");
  QVERIFY2(again.ok(), again.ok() ? "" : again.error().message().c_str());
  QCOMPARE(again->notes.size(), std::size_t{1});
  QVERIFY(again->notes[0].text().find("computed again") != std::string::npos);
  QCOMPARE(bytesOf(folder / "predictions.safetensors"), good);
  const auto kept = evaluateRun(project, "a", -1, "test");
  QVERIFY(kept.ok() && kept->notes.empty() && kept->evaluation.unverified().empty());
  // Nothing half written is left beside it.
  QCOMPARE(std::distance(fs::directory_iterator(runs().a() / "evaluations"), fs::directory_iterator()), 1);
}

// All hashes and all parts fit each other; only the checkpoint says something else.
void TestTrust::anEvaluationThatDoesNotFollowIsFound() {
  const auto stored = readEvaluation(runs().a(), runs().best(), "test");
  QVERIFY(stored.ok());
  EvaluationParts parts;
  parts.step = stored->step();
  parts.split = stored->split();
  parts.classes = stored->classes();
  parts.samples = stored->samples();
  parts.labels = stored->labels();
  parts.predictions = stored->labels(); // all are right
  for (const std::int32_t label : parts.labels)
    for (std::size_t c = 0; c < parts.classes.size(); ++c)
      parts.outputs.push_back(static_cast<std::size_t>(label) == c ? 1.0f : 0.0f);
  countClasses(parts);
  parts.metrics = {{"test_accuracy", 1}, {"test_loss", 0.01}};
  const auto forged = Evaluation::from(std::move(parts), "forged");
  QVERIFY(forged.ok());
  const auto config = readRunConfig(runs().a());
  QVERIFY(config.ok());
  QVERIFY(writeEvaluation(runs().a(), *forged, sourceOf(*config, runs().a(), runs().best())).ok());
  QCOMPARE(verified("a").count(Verdict::damaged), std::size_t{0});
  const auto answer = verified("a", VerifyDepth::recompute);
  QVERIFY2(answer.count(Verdict::damaged) == 1, shown(answer));
  QVERIFY2(shown(answer).contains("outputs"), shown(answer));
}

// As earlier versions stored them: they are shown, and nobody vouches for them until they are computed again.
void TestTrust::evaluationsWithoutAManifest() {
  const fs::path folder = runs().evaluation(runs().a());
  fs::remove(folder / manifestFile);
  QVERIFY(!readEvaluation(runs().a(), runs().best(), "test").ok()); // this version writes one
  Json summary = jsonOf(folder / "summary.json");
  summary.erase("schema");
  writeBytes(folder / "summary.json", canonicalJson(summary));
  const auto read = readEvaluation(runs().a(), runs().best(), "test");
  QVERIFY2(read.ok(), read.ok() ? "" : read.error().message().c_str());
  QVERIFY(!read->unverified().empty());
  QCOMPARE(verified("a").count(Verdict::unverified), std::size_t{1});
  const auto answer = verified("a", VerifyDepth::recompute);
  QVERIFY2(answer.count(Verdict::verified) == answer.items.size(), shown(answer));
  // A value that cannot be is found without hashes too.
  summary["confusion"][0][0] = 4'000'000'000;
  writeBytes(folder / "summary.json", canonicalJson(summary));
  QVERIFY(!readEvaluation(runs().a(), runs().best(), "test").ok());
  // With a manifest, and hashes that fit, as well.
  runs().restore();
  Json other = jsonOf(folder / "summary.json");
  other["per_class"][0]["support"] = -1;
  writeBytes(folder / "summary.json", canonicalJson(other));
  rehashEvaluation(folder);
  QVERIFY(!readEvaluation(runs().a(), runs().best(), "test").ok());
}

void TestTrust::theProgramVerifies() {
  const std::string project = runs().project().path().string();
  const Ended good = loomProgram({"verify", project, "a", "--json"});
  QVERIFY2(good.code == 0, good.errors.c_str());
  const auto json = parseJson(good.output, "stdout");
  QVERIFY(json.ok() && (*json)["good"] == true && (*json)["items"].size() >= 4);
  QCOMPARE(loomProgram({"verify", project, "a", "--files-only"}).code, 0);
  // Without the data nothing can be computed again: reported, and not called damaged.
  const fs::path data = runs().project().path() / "data";
  fs::rename(data, runs().project().folder() / "away");
  QCOMPARE(loomProgram({"verify", project, "a"}).code, 1);
  QCOMPARE(loomProgram({"verify", project, "a", "--files-only"}).code, 0);
  fs::rename(runs().project().folder() / "away", data);
  const fs::path model = checkpointFolder(runs().a(), runs().last()) / modelFile;
  std::string bytes = bytesOf(model);
  bytes[bytes.size() - 1] ^= 1;
  writeBytes(model, bytes);
  const Ended bad = loomProgram({"verify", project, "a"});
  QCOMPARE(bad.code, 3);
  QVERIFY2(bad.output.find("damaged") != std::string::npos, bad.output.c_str());
  QVERIFY(loomProgram({"verify", project, "nobody"}).code == 3);
}

QTEST_GUILESS_MAIN(TestTrust)
#include "tst_trust.moc"
