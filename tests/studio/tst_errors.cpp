// SPDX-License-Identifier: GPL-3.0-or-later
// One table of what can go wrong. Each row makes the situation for real in a folder of its own and meets it
// twice: with the real `loom`, and in the real studio. Both must say one clear message with place, cause and
// fix, in the window where a person looks at that moment, and nothing that was stored before may be lost.
#include "app/studio/pages/design/problems.h"
#include "app/studio/widgets/empty_state.h"
#include "app/studio/widgets/message_bar.h"
#include "app/studio/widgets/text.h"
#include "core/base/atomic_file.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/base/subprocess.h"
#include "studio_fixture.h"
#include <QLabel>
#include <csignal>
#include <fstream>
#include <sys/mount.h>
#include <unistd.h>

using namespace loom;
using namespace loom::test;
namespace fs = std::filesystem;

namespace {

using namespace std::chrono_literals;
constexpr const char* keptRun = "aaaa0000-0000-4000-8000-000000000001";

// Where a row works: its project holds one finished run, whose files are known.
struct TestPlace {
  fs::path base, project;
  fs::path mounted; // undone at the end
  QString skip;     // why this machine cannot show it
  fs::path run() const { return project / "runs" / keptRun; }
};

std::string textOf(const fs::path& file) {
  auto text = readWholeFile(file, 64u << 20);
  return text ? *text : std::string();
}
void put(const fs::path& file, const std::string& bytes) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << bytes;
}
void replaceIn(const fs::path& file, const std::string& from, const std::string& to) {
  std::string text = textOf(file);
  const auto at = text.find(from);
  QVERIFY2(at != std::string::npos, (from + " in " + text).c_str());
  put(file, text.replace(at, from.size(), to));
}
template<class Change> void changeJson(const fs::path& file, Change change) {
  auto json = parseJson(textOf(file), file.string());
  QVERIFY(json.ok());
  change(*json);
  put(file, canonicalJson(*json));
}

Finished loomSays(const std::vector<std::string>& words) {
  Command command;
  command.arguments = {LOOM_PROGRAM};
  command.arguments.insert(command.arguments.end(), words.begin(), words.end());
  auto finished = runCommand(command, 120s);
  return finished ? *finished : Finished{-1, {}, finished.error().message()};
}

// Files that a run once wrote: their hashes may never change. The lock is no content.
std::map<std::string, std::string> stored(const TestPlace& place, bool withRun) {
  std::map<std::string, std::string> files;
  for (const char* part : {"project.json", "networks", "runs", "data"}) {
    const fs::path from = place.project / part;
    if (fs::is_regular_file(from)) files[from.string()] = textOf(from);
    if (!fs::is_directory(from)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(from)) {
      const std::string name = entry.path().string();
      if (!entry.is_regular_file() || entry.path().filename() == "lock") continue;
      if (std::string(part) == "runs" && (!withRun || name.find(keptRun) == std::string::npos)) continue;
      files[name] = textOf(entry.path());
    }
  }
  return files;
}

std::string idx(const std::vector<std::uint32_t>& dims, const std::string& numbers) {
  std::string bytes{'\0', '\0', 8, static_cast<char>(dims.size())};
  for (const std::uint32_t dim : dims)
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(dim >> shift & 0xFF);
  return bytes + numbers;
}

// A project on data made here, in the place of the iris project.
void projectOn(TestPlace& place, const fs::path& data) {
  fs::remove_all(place.project);
  const auto made = loomSays({"new", place.project.string(), "--data", data.string()});
  QVERIFY2(made.exitCode == 0, made.errors.c_str());
}

bool mountAt(TestPlace& place, const fs::path& folder, const char* options) {
  fs::create_directories(folder);
  if (::mount("tmpfs", folder.c_str(), "tmpfs", 0, options) != 0) {
    place.skip = "only root can mount a small disk here";
    return false;
  }
  place.mounted = folder;
  fs::copy(place.project, folder / "p.loom", fs::copy_options::recursive);
  place.project = folder / "p.loom";
  return true;
}

// What stands in the window where messages stand: bars, and the rows of problems.
QStringList visibleMessages(QWidget& window) {
  QStringList texts;
  for (const auto* bar : window.findChildren<MessageBar*>())
    if (bar->isVisible()) {
      texts << bar->accessibleName();
      for (const auto* button : bar->findChildren<QPushButton*>())
        if (button->isVisible()) texts << button->text();
    }
  for (const auto* state : window.findChildren<EmptyState*>("damagedNetwork"))
    if (state->isVisible())
      for (const auto* text : state->findChildren<Text*>()) texts << text->text();
  for (const auto* problems : window.findChildren<Problems*>()) {
    if (!problems->isVisible()) continue;
    for (const auto* text : problems->findChildren<Text*>()) texts << text->text();
    for (const auto* text : problems->findChildren<QLabel*>()) texts << text->text();
    for (const auto* row : problems->findChildren<QWidget*>()) texts << row->accessibleName();
  }
  texts.removeAll(QString());
  return texts;
}

enum class Meet { open, train, data, problems, history }; // how the studio comes upon it

struct Situation {
  const char* name;
  std::function<void(TestPlace&)> make;
  std::vector<std::string> words; // of loom; P stands for the project
  int code;
  QStringList says; // in both messages: place, cause, fix
  Meet meet;
  std::function<void(TestPlace&)> later = {}; // comes when the window is open already
};

void damageJournal(TestPlace& place) {
  const fs::path journal = place.run() / "attempts" / "1" / "journal";
  std::string bytes = textOf(journal);
  bytes.replace(bytes.size() / 2, 4, "\x01\x02\x03\x04");
  put(journal, bytes);
}

const std::vector<Situation>& situations() {
  static const std::vector<Situation> table = {
      {"wrong CSV column",
       [](TestPlace& place) {
         replaceIn(place.project / "project.json", "\"target\": \"species\"", "\"target\": \"specie\"");
       },
       {"train", "P"},
       3,
       {"iris.csv", "There is no column 'specie'", "species"},
       Meet::train},
      {"too few fields in a row",
       [](TestPlace& place) { std::ofstream(place.project / "data/iris.csv", std::ios::app) << "5.1,3.5\n"; },
       {"train", "P"},
       3,
       {"iris.csv, line 152", "The row has 2 fields, the first row has 5", "Add the missing fields"},
       Meet::train},
      {"too many fields in a row",
       [](TestPlace& place) {
         std::ofstream(place.project / "data/iris.csv", std::ios::app) << "5,3,1,0,setosa,x\n";
       },
       {"train", "P"},
       3,
       {"iris.csv, line 152", "The row has 6 fields, the first row has 5", "Remove the surplus fields"},
       Meet::train},
      {"a word among numbers",
       [](TestPlace& place) {
         changeJson(place.project / "project.json",
                    [](Json& json) { json["data"]["column_types"]["petal_width_cm"] = "number"; });
         replaceIn(place.project / "data/iris.csv", "0.2,setosa", "wide,setosa");
       },
       {"train", "P"},
       3,
       {"iris.csv, line 2", "'wide' in column 'petal_width_cm' is not a number", "Correct the cell"},
       Meet::train},
      {"truncated IDX",
       [](TestPlace& place) {
         std::string pixels, labels;
         for (int i = 0; i < 60; ++i) {
           pixels += std::string(16, static_cast<char>(i));
           labels += static_cast<char>(i % 2);
         }
         put(place.base / "idx/train-images-idx3-ubyte", idx({60, 4, 4}, pixels));
         put(place.base / "idx/train-labels-idx1-ubyte", idx({60}, labels));
         projectOn(place, place.base / "idx");
         put(place.base / "idx/train-images-idx3-ubyte", idx({60, 4, 4}, pixels).substr(0, 500));
       },
       {"train", "P"},
       3,
       {"train-images-idx3-ubyte", "bytes", "Get the file again"},
       Meet::train},
      {"image that is no image",
       [](TestPlace& place) {
         QImage picture(8, 8, QImage::Format_Grayscale8);
         for (const char* name : {"cat", "dog"}) {
           QDir().mkpath(QString::fromStdString((place.base / "pictures" / name).string()));
           for (int i = 0; i < 10; ++i) {
             picture.fill(name[0] == 'c' ? 20 + i : 200 + i);
             picture.save(QString::fromStdString(
                 (place.base / "pictures" / name / (std::to_string(i) + ".png")).string()));
           }
         }
         projectOn(place, place.base / "pictures");
         put(place.base / "pictures/dog/3.png", "these are words");
       },
       {"train", "P"},
       3,
       {"dog/3.png", "This is not a PNG or JPEG image", "Remove it from the folder"},
       Meet::train},
      {"no path from input to output",
       [](TestPlace& place) {
         changeJson(place.project / "networks/iris.json",
                    [](Json& json) { json["edges"].erase(json["edges"].begin() + 2); });
       },
       {"train", "P"},
       3,
       {"no input. The end of relu_1 is free"},
       Meet::problems},
      {"mismatched shapes",
       [](TestPlace& place) {
         changeJson(place.project / "networks/iris.json", [](Json& json) {
           json["nodes"][0]["params"]["shape"] = {1, 2, 2};
         });
       },
       {"train", "P"},
       3,
       {"xpects 2 dimensions, gets N×1×2×2", "Flatten"},
       Meet::problems},
      {"loss is no number",
       [](TestPlace& place) {
         changeJson(place.project / "project.json", [](Json& json) {
           json["defaults"]["optimizer"] = "SGD";
           json["defaults"]["optimizer_params"] = Json::object();
           json["defaults"]["schedule"] = "constant";
           json["defaults"]["schedule_params"] = Json::object();
           json["defaults"]["learning_rate"] = 1000.0;
         });
       },
       {"train", "P"},
       5,
       {"step", "ower the learning rate"},
       Meet::train},
      {"disk is full",
       [](TestPlace& place) {
         if (!mountAt(place, place.base / "small", "size=2m")) return;
         (void)loomSays({"runs", "list", place.project.string()}); // the history is there
       },
       {"train", "P"},
       1,
       {"p.loom", "disk is full", "ree s"},
       Meet::train,
       [](TestPlace& place) {
         std::ofstream fill(place.mounted / "fill", std::ios::binary);
         const std::string page(4096, 'x');
         while (fill.write(page.data(), 4096) && fill.flush()) {
         }
       }},
      {"folder is read only",
       [](TestPlace& place) {
         if (!mountAt(place, place.base / "fixed", "size=8m")) return;
         (void)loomSays({"runs", "list", place.project.string()});
         if (::mount("tmpfs", place.mounted.c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, "") != 0)
           place.skip = "the small disk cannot be made read-only here";
       },
       {"train", "P"},
       3,
       {"p.loom", "Read-only file system", "writable"},
       Meet::train},
      {"project of a newer version",
       [](TestPlace& place) { replaceIn(place.project / "project.json", "\"schema\": 1", "\"schema\": 99"); },
       {"train", "P"},
       3,
       {"project.json", "newer Neuroloom (schema 99", "Use a newer Neuroloom"},
       Meet::open},
      {"network of a newer version",
       [](TestPlace& place) {
         replaceIn(place.project / "networks/iris.json", "\"schema\": 1", "\"schema\": 99");
       },
       {"check", "P"},
       3,
       {"iris.json", "99", "newer"},
       Meet::open},
      {"project file that is no JSON",
       [](TestPlace& place) { put(place.project / "project.json", "{\"schema\": 1, oops"); },
       {"check", "P"},
       3,
       {"project.json"},
       Meet::open},
      {"damaged journal",
       [](TestPlace& place) {
         fs::remove_all(place.project / "history");
         damageJournal(place);
       },
       {"runs", "list", "P"},
       0,
       {"journal of run aaaa0000", "the record is damaged", "loom history rebuild"},
       Meet::open},
      {"damaged database",
       [](TestPlace& place) {
         (void)loomSays({"runs", "list", place.project.string()});
         std::string bytes = textOf(place.project / "history/catalogue.db");
         bytes.replace(0, 200, std::string(200, '\x55'));
         put(place.project / "history/catalogue.db", bytes);
       },
       {"runs", "list", "P"},
       0,
       {"catalogue.db", "damaged", "rebuilt from the journals"},
       Meet::open},
      {"missing project",
       [](TestPlace& place) { fs::remove_all(place.project); },
       {"train", "P"},
       3,
       {"p.loom", "There is no such folder", "project.json"},
       Meet::open},
  };
  return table;
}

} // namespace

class TestErrors : public QObject {
  Q_OBJECT
 public:
  static void initMain() { useOwnHome(); }
 private slots:
  void initTestCase();
  void everySituation_data();
  void everySituation();
  void killedTrainer();

 private:
  void makePlace(TestPlace& place, QTemporaryDir& folder) const;
  QTemporaryDir made_;
};

void TestErrors::initTestCase() {
  const std::string project = made_.filePath("p.loom").toStdString();
  const auto created = loomSays({"new", project, "--template", "iris"});
  QVERIFY2(created.exitCode == 0, created.errors.c_str());
  const auto trained = loomSays({"train", project, "--epochs", "5", "--run", keptRun, "--name", "kept"});
  QVERIFY2(trained.exitCode == 0, trained.errors.c_str());
}

void TestErrors::makePlace(TestPlace& place, QTemporaryDir& folder) const {
  place.base = folder.path().toStdString();
  place.project = place.base / "p.loom";
  fs::copy(made_.filePath("p.loom").toStdString(), place.project, fs::copy_options::recursive);
}

void TestErrors::everySituation_data() {
  QTest::addColumn<int>("row");
  for (std::size_t row = 0; row < situations().size(); ++row)
    QTest::newRow(situations()[row].name) << int(row);
}

void TestErrors::everySituation() {
  QFETCH(int, row);
  const Situation& situation = situations()[std::size_t(row)];
  // A database that mended itself is sound for the second one who looks, so each gets its own.
  for (const bool window : {false, true}) {
    QTemporaryDir folder;
    TestPlace place;
    makePlace(place, folder);
    const auto unmount = qScopeGuard([&] {
      if (!place.mounted.empty()) ::umount2(place.mounted.c_str(), MNT_DETACH);
    });
    situation.make(place);
    if (QTest::currentTestFailed()) return;
    if (!place.skip.isEmpty()) QSKIP(qPrintable(place.skip));
    const auto before = stored(place, true);

    if (!window) {
      if (situation.later) situation.later(place);
      auto words = situation.words;
      for (auto& word : words)
        if (word == "P") word = place.project.string();
      const auto answer = loomSays(words);
      const QString errors = QString::fromStdString(answer.errors);
      QVERIFY2(answer.exitCode == situation.code,
               qPrintable(QString("code %1: %2").arg(answer.exitCode).arg(errors)));
      for (const auto& part : situation.says)
        QVERIFY2(errors.contains(part), qPrintable("without “" + part + "”: " + errors));
      // One message: what comes last is the error, and no other line repeats it.
      const QString last = errors.trimmed().section('\n', -1);
      if (situation.code != 0) QVERIFY2(last.startsWith("loom: "), qPrintable(errors));
    } else {
      Desk desk;
      const QString path = QString::fromStdString(place.project.string());
      desk.studio->open(path);
      if (situation.meet != Meet::open) {
        QVERIFY(QTest::qWaitFor([&] { return desk.studio->session().project().has_value(); }, patience));
      }
      if (situation.later) situation.later(place);
      if (situation.meet == Meet::train) {
        desk.window().show(to::Train{});
        desk.window().context().actions["run.start"]->trigger();
      }
      if (situation.meet == Meet::problems) desk.window().show(to::Design{});
      if (situation.meet == Meet::history) desk.window().show(to::History{});
      const auto said = [&] {
        const auto messages = visibleMessages(desk.window());
        for (const auto& part : situation.says)
          if (!messages.join('\n').contains(part)) return false;
        return !messages.isEmpty();
      };
      QVERIFY2(QTest::qWaitFor(said, patience),
               qPrintable("the window says: " + visibleMessages(desk.window()).join(" | ")));
    }
    const auto after = stored(place, true);
    for (const auto& [name, bytes] : before) {
      QVERIFY2(after.contains(name), name.c_str());
      QVERIFY2(after.at(name) == bytes, name.c_str());
    }
  }
}

void TestErrors::killedTrainer() {
  QTemporaryDir folder;
  TestPlace place;
  makePlace(place, folder);
  const auto before = stored(place, true);
  Desk desk(QString::fromStdString(place.project.string()));
  QVERIFY(desk.studio->session().project().has_value());
  Session& session = desk.studio->session();
  TrainSettings settings = session.settings();
  settings.epochs = 1'000'000; // more than it does while the window looks
  settings.threads = 1;
  session.setSettings(settings);
  desk.window().show(to::Train{});
  desk.window().context().actions["run.start"]->trigger();
  const auto newest = [&]() -> const RunView* {
    for (const auto& view : session.runs())
      if (view.row.id != keptRun && view.row.totalSteps > 0) return &view;
    return nullptr;
  };
  QVERIFY(QTest::qWaitFor([&] { return newest() != nullptr && newest()->row.step > 200; }, patience));
  const std::string id = newest()->row.id;
  auto lock = readJsonFile(place.project / "runs" / id / "lock", 4096);
  const auto console = readWholeFile(place.project / "runs" / id / "console.log", 1 << 20);
  QVERIFY2(lock.ok(), console ? console->c_str() : lock.error().message().c_str());
  QCOMPARE(::kill((*lock)["pid"].get<int>(), SIGKILL), 0);
  QVERIFY(QTest::qWaitFor([&] { return newest()->row.state == RunState::killed; }, patience));
  // Said where it is looked at, with the way on.
  const auto said = [&] {
    const QString all = visibleMessages(desk.window()).join('\n');
    return all.contains("nded unexpectedly") && all.contains("esume");
  };
  QVERIFY2(QTest::qWaitFor(said, patience), qPrintable(visibleMessages(desk.window()).join(" | ")));
  // And at the terminal, while the window is open.
  const auto listed = loomSays({"runs", "list", place.project.string()});
  QCOMPARE(listed.exitCode, 0);
  QVERIFY2(QString::fromStdString(listed.output).contains("Ended unexpectedly"), listed.output.c_str());
  const auto after = stored(place, true);
  for (const auto& [name, bytes] : before)
    if (name.find("networks") == std::string::npos)
      QVERIFY2(after.contains(name) && after.at(name) == bytes, name.c_str());
  // It goes on, and can be stopped.
  desk.window().context().actions["run.resume"]->trigger();
  QVERIFY(QTest::qWaitFor(
      [&] { return newest()->row.state == RunState::running && newest()->row.attempt == 2; }, patience));
  QCOMPARE(loomSays({"control", place.project.string(), id, "stop"}).exitCode, 0);
  QVERIFY(QTest::qWaitFor([&] { return newest()->row.state == RunState::stopped; }, patience));
}

QTEST_MAIN(TestErrors)
#include "tst_errors.moc"
