// SPDX-License-Identifier: Apache-2.0
// Network files: golden ones stay as they are, newer ones are refused, older ones migrated with the original
// kept, hostile ones answered in words.
#include "core/base/atomic_file.h"
#include "core/network/network_file.h"
#include "core/network/templates.h"
#include "core/network/validate.h"
#include "tests/soak.h"
#include <QTemporaryDir>
#include <QtTest>
#include <random>
#include <unistd.h>

using namespace loom;
namespace fs = std::filesystem;

namespace {

fs::path dataFile(const std::string& name) { return fs::path(LOOM_TEST_DATA) / "networks" / name; }
std::string textOf(const fs::path& file) { return readWholeFile(file, 1 << 20).value(); }

// A small network that uses every member of the format.
Json whole() { return parseJson(textOf(dataFile("everything.json")), "everything.json").value(); }

} // namespace

class TestNetworkFile : public QObject {
  Q_OBJECT
 private slots:
  void golden_data();
  void golden();
  void everyMember();
  void newerIsRefused();
  void olderIsMigrated();
  void migrationInAFolderThatCannotBeWritten();
  void hostile_data();
  void hostile();
  void randomDamage();
  void missingFile();
};

void TestNetworkFile::golden_data() {
  QTest::addColumn<QString>("id");
  for (const NetworkTemplate& each : networkTemplates())
    QTest::newRow(std::string(each.id).c_str()) << QString::fromStdString(std::string(each.id));
}

// The file is byte for byte what the template writes, and reading it gives the same network.
void TestNetworkFile::golden() {
  QFETCH(QString, id);
  const fs::path file = dataFile(id.toStdString() + ".json");
  for (const NetworkTemplate& each : networkTemplates()) {
    if (each.id != id.toStdString()) continue;
    const Network network = each.make();
    QCOMPARE(QString::fromStdString(canonicalJson(toJson(network))), QString::fromStdString(textOf(file)));
    const auto read = readNetwork(file);
    QVERIFY2(read.ok(), read.ok() ? "" : read.error().message().c_str());
    QVERIFY(*read == network);
  }
}

void TestNetworkFile::everyMember() {
  const auto network = networkFromJson(whole(), "everything.json");
  QVERIFY2(network.ok(), network.ok() ? "" : network.error().message().c_str());
  QCOMPARE(QString::fromStdString(canonicalJson(toJson(*network))),
           QString::fromStdString(textOf(dataFile("everything.json"))));
  const Node* twin = network->nodeNamed("linear_2");
  QVERIFY(twin && twin->shares == network->nodeNamed("linear_1")->id && twin->placed && twin->frozen &&
          twin->lrScale == 0.5);
  QCOMPARE(network->notes.size(), std::size_t{1});
  QVERIFY(network->definitions.contains("Residual"));
  QVERIFY(analyse(*network).runnable());
  QTemporaryDir folder;
  const fs::path file = fs::path(folder.path().toStdString()) / "copy.json";
  QVERIFY(writeNetwork(file, *network).ok());
  QCOMPARE(textOf(file), textOf(dataFile("everything.json")));
}

void TestNetworkFile::newerIsRefused() {
  Json json = whole();
  json["schema"] = networkSchema + 1;
  json["nodes"] = "something else entirely";
  const auto network = networkFromJson(json, "future.json");
  QVERIFY(!network.ok());
  QCOMPARE(network.error().kind, ErrorKind::input);
  QCOMPARE(network.error().place.text(), std::string("future.json"));
  QVERIFY(network.error().cause.text().find("schema 2") != std::string::npos);
  QCOMPARE(network.error().fix.text(), std::string("Use a newer Neuroloom"));
}

void TestNetworkFile::olderIsMigrated() {
  QTemporaryDir folder;
  const fs::path file = fs::path(folder.path().toStdString()) / "old.json";
  const std::string original = textOf(dataFile("schema-0.json"));
  QVERIFY(writeFileAtomically(file, std::string_view(original)).ok());
  const auto network = readNetwork(file);
  QVERIFY2(network.ok(), network.ok() ? "" : network.error().message().c_str());
  QCOMPARE(QString::fromStdString(textOf(file)),
           QString::fromStdString(textOf(dataFile("schema-0.migrated.json"))));
  QCOMPARE(textOf(file.string() + ".schema-0.bak"), original);
  QVERIFY(analyse(*network).runnable());
  // Read again it is a file of this version, and the original stays.
  QVERIFY(*readNetwork(file) == *network);
  QCOMPARE(textOf(file.string() + ".schema-0.bak"), original);
}

void TestNetworkFile::migrationInAFolderThatCannotBeWritten() {
  QTemporaryDir folder;
  const fs::path file = fs::path(folder.path().toStdString()) / "old.json";
  const std::string original = textOf(dataFile("schema-0.json"));
  QVERIFY(writeFileAtomically(file, std::string_view(original)).ok());
  setFileFault([](std::string_view operation, const fs::path&) { return operation == "write" ? EROFS : 0; });
  const auto network = readNetwork(file);
  setFileFault(nullptr);
  QVERIFY(network.ok());
  QVERIFY(network->nodeNamed("conv"));
  QCOMPARE(textOf(file), original);
}

void TestNetworkFile::hostile_data() {
  QTest::addColumn<QString>("patch"); // JSON Patch, RFC 6902
  QTest::addColumn<QString>("words");
  const auto row = [](const char* name, const char* patch, const char* words) {
    QTest::newRow(name) << QString(patch) << QString(words);
  };
  row("no schema", R"([{"op":"remove","path":"/schema"}])", "'schema'");
  row("schema below 0", R"([{"op":"replace","path":"/schema","value":-1}])", "schema -1");
  row("nodes no list", R"([{"op":"replace","path":"/nodes","value":{}}])", "'nodes'");
  row("unknown layer", R"([{"op":"replace","path":"/nodes/1/type","value":"Conv9d"}])",
      "'Conv9d' of node linear_1 is unknown");
  row("id twice", R"([{"op":"replace","path":"/nodes/1/id","value":1}])", "id 1 is used twice");
  row("id of an edge taken by a node", R"([{"op":"replace","path":"/edges/0/id","value":1}])",
      "id 1 is used twice");
  row("id of a note taken", R"([{"op":"replace","path":"/notes/0/id","value":1}])", "id 1 is used twice");
  row("name twice", R"([{"op":"replace","path":"/nodes/1/name","value":"linear_2"}])",
      "linear_2 is used twice");
  row("name no word", R"([{"op":"replace","path":"/nodes/1/name","value":"a.b"}])", "'a.b'");
  row("empty name", R"([{"op":"replace","path":"/nodes/1/name","value":""}])", "not a word");
  row("id 0", R"([{"op":"replace","path":"/nodes/1/id","value":0}])", "not an id");
  row("id below 0", R"([{"op":"replace","path":"/nodes/1/id","value":-7}])", "not an id");
  row("huge id", R"([{"op":"replace","path":"/nodes/1/id","value":9223372036854775807}])", "not an id");
  row("id no number", R"([{"op":"replace","path":"/nodes/1/id","value":"one"}])", "'id'");
  row("dangling edge", R"([{"op":"replace","path":"/edges/0/from","value":99}])", "one is missing");
  row("edge from an Output", R"([{"op":"replace","path":"/edges/0/from","value":4}])", "no output");
  row("edge to an Input", R"([{"op":"replace","path":"/edges/0/to","value":1}])", "that it has not");
  row("unknown port", R"([{"op":"replace","path":"/edges/0/port","value":"side"}])", "'side'");
  row("two edges at one port", R"([{"op":"replace","path":"/edges/1/to","value":2}])", "at one place");
  row("a circle", R"([{"op":"replace","path":"/edges/0/from","value":3}])", "cycle");
  row("its own input", R"([{"op":"replace","path":"/edges/0/from","value":2}])", "cycle");
  row("position no number", R"([{"op":"replace","path":"/nodes/0/position","value":["NaN",0]}])", "position");
  row("position beyond everything", R"([{"op":"replace","path":"/nodes/0/position","value":[1e300,0]}])",
      "position");
  row("position of three", R"([{"op":"replace","path":"/nodes/0/position","value":[1,2,3]}])", "position");
  row("parameter out of range", R"([{"op":"add","path":"/nodes/1/params/out_features","value":0}])",
      "out_features");
  row("unknown parameter", R"([{"op":"add","path":"/nodes/1/params/colour","value":1}])", "colour");
  row("parameter of another kind", R"([{"op":"add","path":"/nodes/1/params/out_features","value":null}])",
      "out_features");
  row("lr_scale below 0", R"([{"op":"replace","path":"/nodes/2/lr_scale","value":-1}])", "lr_scale");
  row("frozen no flag", R"([{"op":"replace","path":"/nodes/2/frozen","value":"yes"}])", "'frozen'");
  row("shares with nobody", R"([{"op":"replace","path":"/nodes/2/shares","value":77}])", "node 77");
  row("next_id too small", R"([{"op":"replace","path":"/next_id","value":3}])", "next_id");
  row("definitions no object", R"([{"op":"replace","path":"/definitions","value":[]}])", "'definitions'");
  row("name too long",
      ("[{\"op\":\"replace\",\"path\":\"/name\",\"value\":\"" + std::string(1000, 'x') + "\"}]").c_str(),
      "200 bytes");
}

void TestNetworkFile::hostile() {
  QFETCH(QString, patch);
  QFETCH(QString, words);
  const Json damaged = whole().patch(Json::parse(patch.toStdString()));
  const auto network = networkFromJson(damaged, "hostile.json");
  QVERIFY(!network.ok());
  QCOMPARE(network.error().kind, ErrorKind::input);
  QVERIFY(QString::fromStdString(network.error().place.text()).startsWith("hostile.json"));
  QVERIFY2(QString::fromStdString(network.error().message()).contains(words),
           network.error().message().c_str());
  QVERIFY(!network.error().fix.empty());
}

// Any member replaced by anything: an Error or a network that can be analysed and written again.
void TestNetworkFile::randomDamage() {
  const auto cases = test::casesOf("damaged network files", 4000, 99, 200'000);
  std::mt19937 random(cases.seed);
  const std::vector<Json> values{nullptr,
                                 true,
                                 -1,
                                 0,
                                 3,
                                 1e308,
                                 "",
                                 "Add",
                                 "input",
                                 Json::array(),
                                 Json::object(),
                                 Json::array({1, 2}),
                                 4294967296LL};
  const Json flat = whole().flatten();
  std::vector<std::string> paths;
  for (auto entry = flat.begin(); entry != flat.end(); ++entry) paths.push_back(entry.key());
  const Json old = parseJson(textOf(dataFile("schema-0.json")), "old").value();
  int good = 0;
  for (int round = 0; round < cases.count; ++round) {
    Json json = round % 4 == 0 ? old : whole();
    const Json members = json.flatten();
    for (unsigned changes = 1 + random() % 3; changes > 0; --changes) {
      auto member = members.begin();
      std::advance(member, static_cast<std::ptrdiff_t>(random() % members.size()));
      Json::json_pointer where(member.key());
      if (random() % 3 == 0) where = where.parent_pointer();
      if (where.empty() || !json.contains(where)) continue;
      json[where] = values[random() % values.size()];
    }
    const auto network = networkFromJson(json, "damaged");
    if (!network) {
      QVERIFY(!network.error().cause.empty());
      continue;
    }
    ++good;
    (void)analyse(*network);
    QVERIFY(*networkFromJson(toJson(*network), "again") == *network);
  }
  QVERIFY(good > 0);
}

void TestNetworkFile::missingFile() {
  const auto network = readNetwork("/nowhere/net.json");
  QVERIFY(!network.ok());
  QCOMPARE(network.error().kind, ErrorKind::input);
  QVERIFY(network.error().message().find("/nowhere/net.json") != std::string::npos);
}

QTEST_GUILESS_MAIN(TestNetworkFile)
#include "tst_network_file.moc"
