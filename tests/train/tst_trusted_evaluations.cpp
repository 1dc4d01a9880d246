// SPDX-License-Identifier: Apache-2.0
// Evaluations that are damaged, do not follow from their checkpoint, or were stored by an earlier version; and
// `loom verify`, which computes them again.
#include "tests/train/trust_fixture.h"

using namespace loom;
using namespace loom::test;

class TestTrustedEvaluations : public QObject {
  Q_OBJECT
 private slots:
  void init() { runs().restore(); }

  void aDamagedEvaluationIsComputedAgain();
  void anEvaluationThatDoesNotFollowIsFound();
  void evaluationsWithoutAManifest();
  void theProgramVerifies();
};

void TestTrustedEvaluations::aDamagedEvaluationIsComputedAgain() {
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
void TestTrustedEvaluations::anEvaluationThatDoesNotFollowIsFound() {
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
void TestTrustedEvaluations::evaluationsWithoutAManifest() {
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

void TestTrustedEvaluations::theProgramVerifies() {
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

QTEST_GUILESS_MAIN(TestTrustedEvaluations)
#include "tst_trusted_evaluations.moc"
