// SPDX-License-Identifier: Apache-2.0
// Reads every include of the tree and says which line enters a room that it may not enter. The table of rooms
// here, the one in ARCHITECTURE.md ("Rooms") and the folders on disk say the same.
#include <QtTest>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <sstream>

namespace fs = std::filesystem;

namespace {

// Each room and the rooms that it may include directly; what those may include comes with them.
const std::map<std::string, std::set<std::string>> rooms = {
    {"core/base/os", {}},
    {"core/base", {"core/base/os"}},
    {"core/plan", {"core/base"}},
    {"core/layers", {"core/plan"}},
    {"core/network", {"core/layers"}},
    {"core/compile", {"core/network"}},
    {"core/backend", {"core/plan"}},
    {"core/backend/reference", {"core/backend"}},
    {"core/backend/onednn", {"core/backend"}},
    {"core/data", {"core/base"}},
    {"core/run", {"core/network", "core/data"}},
    {"core/train", {"core/compile", "core/backend", "core/run"}},
    {"core/store", {"core/run"}},
    {"core/launch", {"core/run"}},
    {"core/interop", {"core/network", "core/run"}},
    {"gpu", {"core/backend"}},
    {"app/cli", {"core/train", "core/store", "core/launch", "core/interop"}},
    {"app/studio/theme", {"core/base"}},
    {"app/studio/widgets", {"app/studio/theme"}},
    {"app/studio/frame", {"app/studio/widgets"}},
    {"app/studio/drawing", {"core/run"}},
    {"app/studio/canvas", {"app/studio/drawing", "app/studio/widgets"}},
    {"app/studio/charts", {"core/store", "app/studio/widgets"}},
    {"app/studio/bridge", {"core/store", "core/launch", "core/interop"}},
    {"app/studio/model", {"app/studio/bridge", "app/studio/drawing", "app/studio/widgets"}},
    {"app/studio/board", {"app/studio/charts", "app/studio/model"}},
    {"app/studio/pages/data", {"app/studio/frame", "app/studio/model"}},
    {"app/studio/pages/design", {"app/studio/frame", "app/studio/canvas", "app/studio/model"}},
    {"app/studio/pages/train", {"app/studio/frame", "app/studio/board"}},
    {"app/studio/pages/evaluate", {"app/studio/frame", "app/studio/board"}},
    {"app/studio/pages/history", {"app/studio/frame", "app/studio/canvas", "app/studio/board"}},
    {"app/studio/pages/welcome", {"app/studio/frame", "app/studio/canvas", "app/studio/model"}},
    {"app/studio/pages/settings", {"app/studio/frame"}},
    {"app/studio/shell",
     {"app/studio/pages/data", "app/studio/pages/design", "app/studio/pages/train",
      "app/studio/pages/evaluate", "app/studio/pages/history", "app/studio/pages/welcome",
      "app/studio/pages/settings"}},
    {"app/studio/shots", {"app/studio/shell"}},
    {"app/studio", {"app/studio/shots"}}, // main.cpp alone
};

// Files that stand above their room, each counted as a room of its own: the one that lists all backends knows
// each of them.
const std::set<std::string> switchboards = {"core/backend/registry.cpp"};

// Libraries that live in one room, or in the rooms within it.
struct Tenant {
  const char* pattern;
  std::set<std::string> homes;
  const char* name;
};
const std::vector<Tenant> tenants = {
    {R"(<(oneapi/)?dnnl)", {"core/backend/onednn"}, "oneDNN"},
    {R"(<(cuda|cudnn|cublas|nccl))", {"gpu"}, "CUDA"},
    {R"(<(sqlite3|SQLiteCpp))", {"core/store"}, "SQLite"},
    {R"(<(Q[A-Z]|QtW|QtG|QtC))", {"app/studio"}, "Qt"},
    {R"(<qcustomplot)", {"app/studio/charts"}, "QCustomPlot"},
    {R"(<(png|turbojpeg))", {"core/data"}, "image libraries"},
    {R"(<(unistd|fcntl|dlfcn|c?signal|sched|poll|pthread|spawn|dirent|termios|pwd|netdb|mntent|windows)(\.h)?>)",
     {"core/base/os"},
     "the operating system"},
    {R"(<(sys|linux|arpa|netinet)/)", {"core/base/os"}, "the operating system"},
};

const std::set<std::string> sources = {".h", ".cpp", ".cu", ".cuh", ".inc"};

bool within(const std::string& path, const std::string& folder) {
  return path == folder || path.starts_with(folder + "/");
}

std::set<std::string> reach(const std::string& room) {
  std::set<std::string> all{room};
  std::vector<std::string> open{room};
  while (!open.empty()) {
    const auto next = open.back();
    open.pop_back();
    for (const auto& other : rooms.at(next))
      if (all.insert(other).second) open.push_back(other);
  }
  return all;
}

// The deepest room whose folder holds this path; empty when none does.
std::string roomOf(const std::string& path) {
  std::string best;
  for (const auto& [room, _] : rooms)
    if (path.starts_with(room + "/") && room.size() > best.size()) best = room;
  return best;
}

struct Include {
  std::string target;
  bool own = false; // in quotes
};

std::optional<Include> includeOf(const std::string& line) {
  static const std::regex own(
      R"rx(^\s*#\s*include\s*\x22([^\x22]+))rx"); // moc loses its way at a quote in a raw string
  static const std::regex any(R"rx(^\s*#\s*include\s*(<[^>]+>))rx");
  std::smatch match;
  if (std::regex_search(line, match, own)) return Include{match[1], true};
  if (std::regex_search(line, match, any)) return Include{match[1], false};
  return {};
}

// What stands wrong in one line of a file of `room`, or nothing.
std::string fault(const std::string& file, const std::string& room, const std::string& line) {
  const auto include = includeOf(line);
  if (!include) return {};
  if (include->own) {
    const auto other = roomOf(include->target);
    if (other.empty() || ("/" + include->target).find("/.") != std::string::npos)
      return "\"" + include->target + "\" is no path from the root into a room";
    if (switchboards.contains(file)) return {};
    if (!reach(room).contains(other)) return room + " may not include " + other;
    return {};
  }
  for (const auto& tenant : tenants)
    if (std::regex_search(include->target, std::regex(std::string("^") + tenant.pattern)) &&
        std::none_of(tenant.homes.begin(), tenant.homes.end(),
                     [&](const std::string& home) { return within(room, home); }))
      return std::string(tenant.name) + " is not for " + room;
  return {};
}

using Pairs = std::set<std::pair<std::string, std::string>>;

// Of arrows from room to room: the pairs that go both ways.
Pairs bothWays(const Pairs& arrows) {
  Pairs found;
  for (const auto& [from, to] : arrows)
    if (from < to && arrows.contains({to, from})) found.insert({from, to});
  return found;
}

// Folders and rooms that do not belong together. `folders`: of the tree, each with whether sources lie in it.
// What stands beside a room is a room too, or holds some.
std::vector<std::string> strayFolders(const std::map<std::string, bool>& folders,
                                      const std::set<std::string>& names) {
  std::vector<std::string> faults;
  for (const auto& name : names)
    if (const auto found = folders.find(name); found == folders.end() || !found->second)
      faults.push_back(name + " is a room without files");
  for (const auto& [folder, _] : folders) {
    const auto parent = fs::path(folder).parent_path().generic_string();
    const bool beside = std::any_of(names.begin(), names.end(), [&](const std::string& name) {
      return fs::path(name).parent_path().generic_string() == parent;
    });
    const bool holds = std::any_of(names.begin(), names.end(),
                                   [&](const std::string& name) { return within(name, folder); });
    if (beside && !holds) faults.push_back(folder + " is a folder without a room");
  }
  return faults;
}

// The table of rooms in a text like ARCHITECTURE.md: its rows between the headline "## Rooms" and the next
// one. A room that another may include is named in full, or without "core/" or "app/studio/" before it.
std::map<std::string, std::set<std::string>> roomsOf(std::istream& text) {
  std::map<std::string, std::set<std::string>> table;
  const auto cellsOf = [](const std::string& line) {
    std::vector<std::string> cells;
    std::istringstream row(line.substr(1));
    for (std::string cell; std::getline(row, cell, '|');) cells.push_back(cell);
    return cells;
  };
  bool inside = false;
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("## ")) inside = line == "## Rooms";
    if (!inside || !line.starts_with("| `")) continue;
    const auto cells = cellsOf(line);
    if (cells.size() < 3) continue;
    std::set<std::string> others;
    static const std::regex word(R"([a-z_/]+)");
    const std::string& last = cells[2];
    if (last.find("nothing") == std::string::npos)
      for (std::sregex_iterator at(last.begin(), last.end(), word), end; at != end; ++at) {
        std::string name = at->str();
        for (const char* before : {"core/", "app/studio/"})
          if (!rooms.contains(name) && rooms.contains(before + name)) name = before + name;
        others.insert(name);
      }
    static const std::regex quoted(R"(`([^`]+)`)");
    for (std::sregex_iterator at(cells[0].begin(), cells[0].end(), quoted), end; at != end; ++at)
      table[(*at)[1]] = others;
  }
  return table;
}

} // namespace

class TestLayering : public QObject {
  Q_OBJECT

 private slots:
  void tableHasNoCycle() {
    for (const auto& [room, direct] : rooms)
      for (const auto& other : direct)
        QVERIFY2(!reach(other).contains(room), (room + " and " + other).c_str());
  }

  void everyIncludeIsAllowed() {
    const fs::path root = LOOM_SOURCE_DIR;
    int files = 0;
    QStringList faults;
    Pairs arrows;
    for (const char* top : {"core", "gpu", "app"})
      for (const auto& entry : fs::recursive_directory_iterator(root / top)) {
        if (!sources.contains(entry.path().extension())) continue;
        const auto name = fs::relative(entry.path(), root).generic_string();
        const auto room = roomOf(name);
        if (room.empty()) {
          faults << QString::fromStdString(name + ": stands in no room");
          continue;
        }
        ++files;
        std::ifstream in(entry.path());
        std::string line;
        for (int number = 1; std::getline(in, line); ++number) {
          if (const auto what = fault(name, room, line); !what.empty())
            faults << QString::fromStdString(name + ":" + std::to_string(number) + ": " + what);
          if (const auto include = includeOf(line); include && include->own)
            if (const auto other = roomOf(include->target); other != room)
              arrows.insert({switchboards.contains(name) ? name : room, other});
        }
      }
    QVERIFY(files > 20);
    QVERIFY2(faults.isEmpty(), qPrintable("\n" + faults.join("\n")));
    QVERIFY(arrows.contains({"core/plan", "core/base"}));
    for (const auto& [one, other] : bothWays(arrows))
      QFAIL((one + " and " + other + " include each other").c_str());
  }

  void foldersAreRooms() {
    const fs::path root = LOOM_SOURCE_DIR;
    std::map<std::string, bool> folders;
    for (const char* top : {"core", "gpu", "app"}) {
      folders[top];
      for (const auto& entry : fs::recursive_directory_iterator(root / top)) {
        const auto name = fs::relative(entry.path(), root);
        if (entry.is_directory())
          folders[name.generic_string()];
        else if (sources.contains(entry.path().extension()))
          folders[name.parent_path().generic_string()] = true;
      }
    }
    std::set<std::string> names;
    for (const auto& [room, _] : rooms) names.insert(room);
    const auto faults = strayFolders(folders, names);
    QVERIFY2(faults.empty(), faults.empty() ? "" : faults.front().c_str());
    // Each fault is found: a folder beside rooms that is none, a room whose folder is gone, and one without
    // files.
    using Found = std::vector<std::string>;
    QCOMPARE(strayFolders({{"a", false}, {"a/x", true}, {"a/y", true}, {"a/x/sub", true}}, {"a/x"}),
             Found{"a/y is a folder without a room"});
    QCOMPARE(strayFolders({{"a", false}, {"a/x", true}}, {"a/x", "a/y"}),
             Found{"a/y is a room without files"});
    QCOMPARE(strayFolders({{"a", false}, {"a/x", false}}, {"a/x"}), Found{"a/x is a room without files"});
    QCOMPARE(strayFolders({{"a", false}, {"a/b", false}, {"a/b/x", true}, {"a/y", true}}, {"a/y", "a/b/x"}),
             Found{});
  }

  void architectureSaysTheSame() {
    std::ifstream in(fs::path(LOOM_SOURCE_DIR) / "ARCHITECTURE.md");
    const auto written = roomsOf(in);
    for (const auto& [room, direct] : rooms) {
      QVERIFY2(written.contains(room), (room + " is not in ARCHITECTURE.md").c_str());
      if (written.at(room) != direct) {
        std::string both = room + ": ARCHITECTURE.md says";
        for (const auto& other : written.at(room)) both += " " + other;
        both += ", this test";
        for (const auto& other : direct) both += " " + other;
        QFAIL(both.c_str());
      }
    }
    for (const auto& [room, _] : written)
      QVERIFY2(rooms.contains(room), (room + " is in ARCHITECTURE.md alone").c_str());
    std::istringstream text(
        "## Rooms\n| room | what | may include |\n|---|---|---|\n| `core/x` | `y` | base, "
        "plan |\n| `core/y`, `z` | a | nothing of ours |\n## Next\n| `q` | r | base |\n");
    const auto read = roomsOf(text);
    QCOMPARE(read.size(), 3u);
    QVERIFY((read.at("core/x") == std::set<std::string>{"core/base", "core/plan"}));
    QVERIFY(read.at("core/y").empty() && read.at("z").empty());
  }

  void pairsAreFound() {
    QVERIFY(bothWays({{"a", "b"}, {"b", "c"}, {"a", "c"}}).empty());
    QVERIFY((bothWays({{"b", "a"}, {"a", "b"}, {"b", "c"}}) == Pairs{{"a", "b"}}));
  }

  void everyFileNamesItsLicence() {
    const fs::path root = LOOM_SOURCE_DIR;
    QStringList faults;
    for (const char* top : {"core", "gpu", "app", "tests"})
      for (const auto& entry : fs::recursive_directory_iterator(root / top)) {
        const auto suffix = entry.path().extension();
        if (!sources.contains(suffix) && suffix != ".py") continue;
        const auto name = fs::relative(entry.path(), root).generic_string();
        std::ifstream in(entry.path());
        std::string head(400, '\0');
        in.read(head.data(), 400);
        const bool studio = name.starts_with("app/studio") || name.starts_with("tests/studio") ||
                            name.starts_with("tests/bench/studio") ||
                            name == "tests/extend/tst_extend.cpp" /* it draws a form */;
        const char* wanted =
            studio ? "SPDX-License-Identifier: GPL-3.0-or-later" : "SPDX-License-Identifier: Apache-2.0";
        if (head.find(wanted) == std::string::npos)
          faults << QString::fromStdString(name + " lacks " + wanted);
      }
    QVERIFY2(faults.isEmpty(), qPrintable("\n" + faults.join("\n")));
  }

  void faultsAreFound_data() {
    QTest::addColumn<QString>("file");
    QTest::addColumn<QString>("line");
    QTest::addColumn<bool>("allowed");
    QTest::newRow("plan reads base") << "core/plan/x.cpp"
                                     << "#include \"core/base/result.h\"" << true;
    QTest::newRow("base reads plan") << "core/base/x.cpp"
                                     << "#include \"core/plan/plan.h\"" << false;
    QTest::newRow("train reads layers") << "core/train/x.cpp"
                                        << "#include \"core/layers/layer_spec.h\"" << true;
    QTest::newRow("data reads run") << "core/data/x.cpp"
                                    << "#include \"core/run/events.h\"" << false;
    QTest::newRow("core knows Qt") << "core/run/x.cpp"
                                   << "#include <QString>" << false;
    QTest::newRow("sqlite in train") << "core/train/x.cpp"
                                     << "#include <sqlite3.h>" << false;
    QTest::newRow("sqlite in store") << "core/store/x.cpp"
                                     << "#include <sqlite3.h>" << true;
    QTest::newRow("base reads os") << "core/base/x.cpp"
                                   << "#include \"core/base/os/file.h\"" << true;
    QTest::newRow("os reads base") << "core/base/os/posix/x.cpp"
                                   << "#include \"core/base/result.h\"" << false;
    QTest::newRow("posix in os") << "core/base/os/posix/x.cpp"
                                 << "#include <unistd.h>" << true;
    QTest::newRow("posix in base") << "core/base/x.cpp"
                                   << "#include <unistd.h>" << false;
    QTest::newRow("sys in store") << "core/store/x.cpp"
                                  << "#include <sys/statvfs.h>" << false;
    QTest::newRow("signals in the studio") << "app/studio/x.cpp"
                                           << "#include <csignal>" << false;
    QTest::newRow("dnnl in reference") << "core/backend/reference/x.cpp"
                                       << "#include <dnnl.hpp>" << false;
    const auto row = [](const char* name, const char* file, const char* target, bool allowed) {
      QTest::newRow(name) << file << QString("#include %1").arg(target) << allowed;
    };
    row("a relative include", "core/run/x.cpp", "\"events.h\"", false);
    row("a way around", "core/base/x.cpp", "\"core/base/../plan/plan.h\"", false);
    row("from here", "core/base/x.cpp", "\"./result.h\"", false);
    row("out of the rooms", "core/base/x.cpp", "\"tests/studio/drawing.h\"", false);
    row("the studio trains", "app/studio/bridge/x.cpp", "\"core/train/trainer.h\"", false);
    row("theme reads base", "app/studio/theme/x.cpp", "\"core/base/result.h\"", true);
    row("theme reads layers", "app/studio/theme/x.h", "\"core/layers/layer_spec.h\"", false);
    row("widgets read runs", "app/studio/widgets/x.h", "\"core/run/events.h\"", false);
    row("widgets read frame", "app/studio/widgets/x.h", "\"app/studio/frame/page.h\"", false);
    row("frame reads a page", "app/studio/frame/x.cpp", "\"app/studio/pages/data/data_page.h\"", false);
    row("frame reads the model", "app/studio/frame/x.cpp", "\"app/studio/model/session.h\"", false);
    row("frame reads the bridge", "app/studio/frame/x.cpp", "\"app/studio/bridge/bridge.h\"", false);
    row("drawing reads widgets", "app/studio/drawing/x.cpp", "\"app/studio/widgets/text.h\"", false);
    row("canvas reads drawing", "app/studio/canvas/x.cpp", "\"app/studio/drawing/document.h\"", true);
    row("canvas reads the model", "app/studio/canvas/x.cpp", "\"app/studio/model/session.h\"", false);
    row("charts read the bridge", "app/studio/charts/x.cpp", "\"app/studio/bridge/bridge.h\"", false);
    row("bridge reads widgets", "app/studio/bridge/x.cpp", "\"app/studio/widgets/chip.h\"", false);
    row("model reads frame", "app/studio/model/x.cpp", "\"app/studio/frame/page.h\"", false);
    row("board reads frame", "app/studio/board/x.cpp", "\"app/studio/frame/page.h\"", false);
    row("a page reads another", "app/studio/pages/data/x.cpp", "\"app/studio/pages/train/train_page.h\"",
        false);
    row("a page reads the shell", "app/studio/pages/data/x.cpp", "\"app/studio/shell/pages.h\"", false);
    row("settings read the model", "app/studio/pages/settings/x.cpp", "\"app/studio/model/session.h\"",
        false);
    row("the shell reads pages", "app/studio/shell/x.cpp", "\"app/studio/pages/data/data_page.h\"", true);
    row("the shell reads shots", "app/studio/shell/x.cpp", "\"app/studio/shots/shots.h\"", false);
    row("Qt in a page", "app/studio/pages/data/x.cpp", "<QString>", true);
    row("Qt in the command line", "app/cli/x.cpp", "<QString>", false);
    row("QCustomPlot in charts", "app/studio/charts/x.h", "<qcustomplot.h>", true);
    row("QCustomPlot in a page", "app/studio/pages/train/x.h", "<qcustomplot.h>", false);
    row("CUDA in the plug-in", "gpu/x.cuh", "<cuda_runtime.h>", true);
    row("CUDA in core", "core/backend/x.cuh", "<cuda_runtime.h>", false);
  }

  void faultsAreFound() {
    QFETCH(QString, file);
    QFETCH(QString, line);
    QFETCH(bool, allowed);
    const auto name = file.toStdString();
    QCOMPARE(fault(name, roomOf(name), line.toStdString()).empty(), allowed);
  }
};

QTEST_GUILESS_MAIN(TestLayering)
#include "tst_layering.moc"
