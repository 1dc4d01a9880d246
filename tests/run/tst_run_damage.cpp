// SPDX-License-Identifier: Apache-2.0
// run.json with random damage: any member replaced by anything, taken out, or put somewhere else. It is
// refused with place, cause and fix, or read as something that can be written and read again.
#include "core/base/json.h"
#include "core/run/run_config.h"
#include "tests/soak.h"
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>
#include <filesystem>
#include <random>

using namespace loom;
namespace fs = std::filesystem;

namespace {

// Those of the projects in tests/data/landed: every task and format.
std::vector<Json> runsOfEveryKind() {
  QTemporaryDir folder;
  QProcess tar;
  tar.start("tar", {"xzf", LOOM_TEST_DATA "/landed/landed.tar.gz", "-C", folder.path(), "projects"});
  if (!tar.waitForFinished(60'000) || tar.exitCode() != 0) qFatal("landed.tar.gz cannot be unpacked");
  std::vector<Json> all;
  for (const auto& entry : fs::recursive_directory_iterator(folder.path().toStdString()))
    if (entry.path().filename() == "run.json") all.push_back(*readJsonFile(entry.path()));
  return all;
}

void damage(Json& json, std::mt19937& random) {
  static const std::vector<Json> values{nullptr,
                                        true,
                                        -1,
                                        0,
                                        3,
                                        1e308,
                                        0.5,
                                        "",
                                        "csv",
                                        "SGD",
                                        "cpu",
                                        "../..",
                                        4294967296LL,
                                        Json::array(),
                                        "auto",
                                        Json::object(),
                                        "cosine",
                                        "none",
                                        1000000007,
                                        Json::array({1, 2})};
  const Json flat = json.flatten();
  const auto anywhere = [&] {
    auto member = flat.begin();
    std::advance(member, static_cast<std::ptrdiff_t>(random() % flat.size()));
    Json::json_pointer where(member.key());
    if (random() % 4 == 0) where = where.parent_pointer();
    return where;
  };
  const auto where = anywhere();
  if (where.empty() || !json.contains(where)) return;
  switch (random() % 4) {
  case 0: {
    Json& parent = json[where.parent_pointer()];
    if (parent.is_object()) parent.erase(where.back());
    break;
  }
  case 1: {
    const auto other = anywhere();
    if (json.contains(other)) json[where] = Json(json[other]);
    break;
  }
  default:
    json[where] = values[random() % values.size()];
  }
}

} // namespace

class TestRunDamage : public QObject {
  Q_OBJECT
 private slots:
  void refusedOrReadAsWritten();
};

void TestRunDamage::refusedOrReadAsWritten() {
  const auto runs = runsOfEveryKind();
  QVERIFY(runs.size() > 10);
  for (const Json& run : runs) QVERIFY(runConfigFromJson(run, "run.json").ok());
  const auto cases = test::casesOf("damaged run.json", 2000, 31, 100'000);
  std::mt19937 random(cases.seed);
  int good = 0, refused = 0;
  for (int round = 0; round < cases.count; ++round) {
    Json json = runs[random() % runs.size()];
    for (unsigned changes = 1 + random() % 3; changes > 0; --changes) damage(json, random);
    const auto config = runConfigFromJson(json, "run.json");
    if (!config) {
      ++refused;
      QVERIFY(!config.error().place.empty());
      QVERIFY(!config.error().cause.empty());
      continue;
    }
    ++good;
    const Json written = toJson(*config);
    const auto again = runConfigFromJson(written, "run.json");
    QVERIFY2(again.ok(), again.ok() ? "" : again.error().message().c_str());
    QVERIFY2(toJson(*again) == written, written.dump().c_str());
  }
  QVERIFY(good > cases.count / 20 && refused > cases.count / 20);
}

QTEST_GUILESS_MAIN(TestRunDamage)
#include "tst_run_damage.moc"
