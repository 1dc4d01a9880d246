// SPDX-License-Identifier: Apache-2.0
// Nothing that is stored is believed: values that no training gives, with hashes that fit; random bits; files
// of another run; evaluations that do not follow from their checkpoint. Each is noticed by whoever uses it and
// by `loom verify`, and nothing crashes.
#include "core/interop/torch_code.h"
#include "tests/soak.h"
#include "tests/train/trust_fixture.h"
#include <random>

using namespace loom;
using namespace loom::test;

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

QTEST_GUILESS_MAIN(TestTrust)
#include "tst_trust.moc"
