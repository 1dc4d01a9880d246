// SPDX-License-Identifier: Apache-2.0
// Reads every include of the tree and says which line enters a room that it may not enter (ARCHITECTURE.md,
// "Rooms").
#include <QtTest>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>

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
    {"core/ranks", {"core/base"}},
    {"core/train", {"core/compile", "core/backend", "core/run", "core/ranks"}},
    {"core/store", {"core/run"}},
    {"core/launch", {"core/run"}},
    {"core/interop", {"core/network", "core/run"}},
    {"gpu", {"core/backend", "core/ranks"}},
    {"app/cli", {"core/train", "core/store", "core/launch", "core/interop"}},
    {"app/studio", {"core/store", "app/studio/bridge"}},
    {"app/studio/bridge", {"core/store", "core/launch", "core/interop"}},
};

// Files that stand above their room: the one that lists all backends knows each of them.
const std::set<std::string> switchboards = {"core/backend/registry.cpp"};

// Libraries that live in one room only.
struct Tenant {
  const char* pattern;
  std::set<std::string> homes;
  const char* name;
};
const std::vector<Tenant> tenants = {
    {R"(<(oneapi/)?dnnl)", {"core/backend/onednn"}, "oneDNN"},
    {R"(<(cuda|cudnn|cublas|nccl))", {"gpu"}, "CUDA"},
    {R"(<(sqlite3|SQLiteCpp))", {"core/store"}, "SQLite"},
    {R"(<(Q[A-Z]|qcustomplot|QtW|QtG|QtC))", {"app/studio", "app/studio/bridge"}, "Qt"},
    {R"(<(png|turbojpeg))", {"core/data"}, "image libraries"},
    {R"(<(unistd|fcntl|dlfcn|c?signal|sched|poll|pthread|spawn|dirent|termios|pwd|netdb|mntent|windows)(\.h)?>)",
     {"core/base/os"},
     "the operating system"},
    {R"(<(sys|linux|arpa|netinet)/)", {"core/base/os"}, "the operating system"},
};

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

// What stands wrong in one line of a file of `room`, or nothing.
std::string fault(const std::string& file, const std::string& room, const std::string& line) {
  static const std::regex own(
      R"rx(^\s*#\s*include\s*\x22([^\x22]+))rx"); // moc loses its way at a quote in a raw string
  static const std::regex any(R"rx(^\s*#\s*include\s*(<[^>]+>))rx");
  std::smatch match;
  if (std::regex_search(line, match, own)) {
    const std::string target = match[1];
    const auto other = roomOf(target);
    if (other.empty()) return {};
    if (switchboards.contains(file)) return {};
    if (!reach(room).contains(other)) return room + " may not include " + other;
  } else if (std::regex_search(line, match, any)) {
    const std::string target = match[1];
    for (const auto& tenant : tenants)
      if (std::regex_search(target, std::regex(std::string("^") + tenant.pattern)) &&
          !tenant.homes.contains(room))
        return std::string(tenant.name) + " is not for " + room;
  }
  return {};
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
    for (const char* top : {"core", "gpu", "app"})
      for (const auto& entry : fs::recursive_directory_iterator(root / top)) {
        const auto suffix = entry.path().extension();
        if (suffix != ".h" && suffix != ".cpp" && suffix != ".cu" && suffix != ".inc") continue;
        const auto name = fs::relative(entry.path(), root).generic_string();
        const auto room = roomOf(name);
        if (room.empty()) {
          faults << QString::fromStdString(name + ": stands in no room");
          continue;
        }
        ++files;
        std::ifstream in(entry.path());
        std::string line;
        for (int number = 1; std::getline(in, line); ++number)
          if (const auto what = fault(name, room, line); !what.empty())
            faults << QString::fromStdString(name + ":" + std::to_string(number) + ": " + what);
      }
    QVERIFY(files > 20);
    QVERIFY2(faults.isEmpty(), qPrintable("\n" + faults.join("\n")));
  }

  void everyFileNamesItsLicence() {
    const fs::path root = LOOM_SOURCE_DIR;
    QStringList faults;
    for (const char* top : {"core", "gpu", "app", "tests"})
      for (const auto& entry : fs::recursive_directory_iterator(root / top)) {
        const auto suffix = entry.path().extension();
        if (suffix != ".h" && suffix != ".cpp" && suffix != ".cu" && suffix != ".py") continue;
        const auto name = fs::relative(entry.path(), root).generic_string();
        std::ifstream in(entry.path());
        std::string head(400, '\0');
        in.read(head.data(), 400);
        const bool studio = name.starts_with("app/studio") || name.starts_with("tests/studio") ||
                            name.starts_with("tests/bench/studio");
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
    QTest::newRow("studio trains") << "app/studio/x.cpp"
                                   << "#include \"core/train/trainer.h\"" << false;
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
