// SPDX-License-Identifier: Apache-2.0
// The handle on a project's folder, against what a hostile project or a hostile neighbour puts in its way; every
// case both ways that names are resolved.
#include "core/base/project_folder.h"
#include <QTemporaryDir>
#include <QTest>
#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

using namespace loom;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t limit = 1 << 20;

// A project with a file, and a victim outside of it that must not change.
struct Planted {
  QTemporaryDir base;
  fs::path project = base.path().toStdString() + "/project", victim = base.path().toStdString() + "/victim";
  std::optional<ProjectFolder> folder;
  Planted() {
    fs::create_directories(project / "runs" / "one");
    fs::create_directories(victim / "inner");
    write(project / "runs" / "one" / "run.json", "{}");
    write(victim / "secret", "secret");
    write(victim / "inner" / "run.json", "inner");
    auto opened = ProjectFolder::open(project);
    if (!opened) qFatal("%s", opened.error().message().c_str());
    folder.emplace(std::move(*opened));
  }
  static void write(const fs::path& file, std::string_view bytes) {
    if (auto written = writeFileAtomically(file, bytes); !written)
      qFatal("%s", written.error().message().c_str());
  }
  bool victimIsWhole() const {
    return readWholeFile(victim / "secret", limit).value() == "secret" &&
           readWholeFile(victim / "inner" / "run.json", limit).value() == "inner" &&
           std::distance(fs::directory_iterator(victim), fs::directory_iterator()) == 2 &&
           std::distance(fs::directory_iterator(victim / "inner"), fs::directory_iterator()) == 1;
  }
};

bool endsAtOnce(const std::string& kind, const fs::path& at) {
  if (kind == "pipe") return ::mkfifo(at.c_str(), 0600) == 0;
  if (kind == "folder") return fs::create_directory(at);
  if (kind == "socket") {
    const int handle = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string name = at.string();
    if (name.size() >= sizeof address.sun_path) return false;
    name.copy(address.sun_path, name.size());
    const bool bound = ::bind(handle, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    ::close(handle);
    return bound;
  }
  if (kind == "sparse") {
    const int handle = ::open(at.c_str(), O_CREAT | O_WRONLY, 0600);
    const bool made = ::ftruncate(handle, std::numeric_limits<off_t>::max()) == 0 ||
                      ::ftruncate(handle, off_t{1} << 43) == 0; // what this file system can
    ::close(handle);
    return made;
  }
  return false;
}

} // namespace

class TestProjectFolder : public QObject {
  Q_OBJECT
 private slots:
  void cleanup() {
    os::resolveByComponents(false);
    setFileFault(nullptr);
  }

  void names_data() {
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<bool>("good");
    const auto row = [](const char* title, QByteArray name, bool good) {
      QTest::newRow(title) << std::move(name) << good;
    };
    row("a file", "project.json", true);
    row("below", "runs/one/run.json", true);
    row("two dots in a name", "a..b/..c", true);
    row("three dots", ".../x", true);
    row("a backslash is a letter", "a\\b", true);
    row("255 bytes", QByteArray(255, 'x'), true);
    row("256 bytes", QByteArray(256, 'x'), false);
    row("empty", "", false);
    row("absolute", "/etc/passwd", false);
    row("up", "..", false);
    row("up and out", "../victim/secret", false);
    row("up in the middle", "runs/../../victim/secret", false);
    row("here", ".", false);
    row("here in the middle", "runs/./one", false);
    row("two slashes", "runs//one", false);
    row("slash at the end", "runs/one/", false);
    row("zero byte", QByteArray("runs\0x", 6), false);
    row("too long", QByteArray("x/").repeated(2100) + "x", false);
  }
  void names() {
    QFETCH(QByteArray, name);
    QFETCH(bool, good);
    const std::string text = name.toStdString();
    QCOMPARE(checkRelativeName(text).ok(), good);
    if (good) return;
    for (const bool byComponents : {false, true}) {
      os::resolveByComponents(byComponents);
      const Planted place;
      const ProjectFolder& folder = *place.folder;
      QVERIFY(!folder.read(text, limit).ok());
      QVERIFY(!folder.replace(text, "x").ok());
      QVERIFY(!folder.openToAppend(text).ok());
      QVERIFY(!folder.openToWrite(text).ok());
      QVERIFY(!folder.makeFolders(text).ok());
      QVERIFY(!folder.removeFile(text).ok());
      QVERIFY(!folder.removeTree(text).ok());
      QVERIFY(!folder.rename("runs", text).ok());
      QVERIFY(!folder.rename(text, "runs2").ok());
      QVERIFY(!folder.status(text));
      if (!text.empty()) QVERIFY(!folder.list(text, limit).ok());
      QVERIFY(place.victimIsWhole());
      QVERIFY(fs::exists(place.project / "runs" / "one" / "run.json"));
    }
  }

  void writesReadsAndLists() {
    for (const bool byComponents : {false, true}) {
      os::resolveByComponents(byComponents);
      const Planted place;
      const ProjectFolder& folder = *place.folder;
      QVERIFY(folder.makeFolders("runs/two/attempts/1").ok());
      QVERIFY(folder.makeFolders("runs/two/attempts/1").ok()); // they are there
      QVERIFY(folder.replace("runs/two/run.json", "first").ok());
      QVERIFY(folder.replace("runs/two/run.json", "second").ok());
      QCOMPARE(folder.read("runs/two/run.json", limit).value(), std::string("second"));
      {
        auto file = folder.openToAppend("runs/two/attempts/1/journal", true);
        QVERIFY(file.ok());
        QCOMPARE(file->write("abc").code, 0);
        QVERIFY(!folder.openToAppend("runs/two/attempts/1/journal", true).ok()); // no longer new
      }
      QVERIFY(folder.openToAppend("runs/two/attempts/1/journal").ok());
      auto entries = folder.list("runs/two", limit);
      QVERIFY(entries.ok());
      QCOMPARE(entries->size(), std::size_t{2}); // and no temporary file
      QVERIFY(!folder.list("runs/two", 1).ok());
      QCOMPARE(folder.status("runs/two")->kind, os::EntryKind::folder);
      QCOMPARE(folder.status("runs/two/run.json")->size, std::uint64_t{6});
      QVERIFY(folder.exchange("runs/one", "runs/two").ok());
      QCOMPARE(folder.read("runs/one/run.json", limit).value(), std::string("second"));
      QVERIFY(folder.rename("runs/one", "runs/three").ok());
      QVERIFY(folder.removeTree("runs/three").ok());
      QVERIFY(folder.removeTree("runs/three").ok()); // it may be missing
      QVERIFY(folder.removeFile("runs/none").ok());
      QVERIFY(!fs::exists(place.project / "runs" / "three"));
      QVERIFY(!folder.read("runs/two", limit).ok());                 // a folder
      QVERIFY(!folder.list("runs/two/run.json", limit).ok());        // a file
      QVERIFY(!folder.makeFolders("runs/two/run.json/deeper").ok()); // a file on the way
    }
  }

  // Whoever is in the group, and the umask, decide about new files; not we.
  void newFilesHaveTheUsersMode() {
    const Planted place;
    const mode_t before = ::umask(0007);
    const Status written = place.folder->replace("group", "x");
    const Status made = place.folder->makeFolders("folder");
    ::umask(before);
    QVERIFY(written.ok() && made.ok());
    struct stat status {};
    QCOMPARE(::stat((place.project / "group").c_str(), &status), 0);
    QCOMPARE(status.st_mode & 0777, mode_t{0660});
    QCOMPARE(::stat((place.project / "folder").c_str(), &status), 0);
    QCOMPARE(status.st_mode & 0777, mode_t{0770});
  }

  void links_data() {
    QTest::addColumn<QString>("target");
    QTest::newRow("to a file") << "../victim/secret";
    QTest::newRow("to a folder") << "../victim/inner";
    QTest::newRow("to a missing file") << "../victim/new";
    QTest::newRow("to itself") << "planted";
    QTest::newRow("into the project") << "runs/one/run.json";
    QTest::newRow("absolute") << "/etc/passwd";
    QTest::newRow("to a process's files") << "/proc/self/cwd";
  }
  void links() {
    QFETCH(QString, target);
    for (const bool byComponents : {false, true}) {
      os::resolveByComponents(byComponents);
      const Planted place;
      const ProjectFolder& folder = *place.folder;
      fs::create_symlink(target.toStdString(), place.project / "planted");
      QVERIFY(!folder.read("planted", limit).ok());
      const auto refused = folder.read("planted", limit);
      QCOMPARE(refused.error().kind, ErrorKind::input);
      QVERIFY2(refused.error().message().find("planted") != std::string::npos, "the message names it");
      QVERIFY2(refused.error().message().find("link") != std::string::npos,
               refused.error().message().c_str());
      QVERIFY(!folder.replace("planted", "x").ok());
      QVERIFY(!folder.openToAppend("planted").ok());
      QVERIFY(!folder.openToAppend("planted", true).ok());
      QVERIFY(!folder.openToWrite("planted").ok());
      QVERIFY(!folder.list("planted", limit).ok());
      QVERIFY(!folder.makeFolders("planted").ok());
      for (const char* below : {"planted/x", "planted/run.json", "planted/deep/er"}) {
        QVERIFY(!folder.read(below, limit).ok());
        QVERIFY(!folder.replace(below, "x").ok());
        QVERIFY(!folder.makeFolders(below).ok());
        QVERIFY(!folder.removeFile(below).ok());
        QVERIFY(!folder.rename("runs", below).ok());
        QVERIFY(!folder.status(below));
      }
      QCOMPARE(folder.status("planted")->kind, os::EntryKind::link);
      QVERIFY(place.victimIsWhole());
      QVERIFY(folder.removeTree("planted").ok()); // the link itself
      QVERIFY(!fs::is_symlink(place.project / "planted"));
      QVERIFY(place.victimIsWhole());
      QCOMPARE(folder.read("runs/one/run.json", limit).value(), std::string("{}"));
    }
  }

  void aTreeWithLinksIsRemovedAlone() {
    for (const bool byComponents : {false, true}) {
      os::resolveByComponents(byComponents);
      const Planted place;
      fs::create_symlink(place.victim, place.project / "runs" / "one" / "attempts");
      fs::create_symlink(place.victim / "secret", place.project / "runs" / "one" / "journal");
      QVERIFY(place.folder->removeTree("runs/one").ok());
      QVERIFY(!fs::exists(place.project / "runs" / "one"));
      QVERIFY(place.victimIsWhole());
    }
  }

  void whatIsNoFile_data() {
    QTest::addColumn<QString>("kind");
    for (const char* kind : {"pipe", "socket", "folder", "sparse"}) QTest::newRow(kind) << kind;
  }
  void whatIsNoFile() {
    QFETCH(QString, kind);
    for (const bool byComponents : {false, true}) {
      os::resolveByComponents(byComponents);
      const Planted place;
      QVERIFY(endsAtOnce(kind.toStdString(), place.project / "planted"));
      const auto read = place.folder->read("planted", limit);
      QVERIFY(!read.ok());
      QVERIFY2(read.error().message().find("planted") != std::string::npos, read.error().message().c_str());
      if (kind == "sparse") continue; // it may be replaced
      QVERIFY(!place.folder->openToAppend("planted").ok());
      QVERIFY(!place.folder->openToWrite("planted").ok());
      QVERIFY(!place.folder->replace("planted", "x").ok());
    }
  }

  // Written in place, it would change under its other name, outside of the project.
  void filesWithSeveralNames() {
    const Planted place;
    fs::create_hard_link(place.victim / "secret", place.project / "journal");
    QVERIFY(!place.folder->openToAppend("journal").ok());
    QVERIFY(!place.folder->openToWrite("journal").ok());
    QVERIFY(place.folder->replace("journal", "new").ok()); // a new file takes its name
    QVERIFY(place.victimIsWhole());
  }

  // A folder changes into a link and back while files beneath it are written.
  void aNeighbourExchangesFolders() {
    for (const bool byComponents : {false, true}) {
      os::resolveByComponents(byComponents);
      const Planted place;
      fs::create_symlink(place.victim / "inner", place.project / "link");
      std::atomic<bool> over = false;
      std::thread neighbour([&] {
        while (!over) (void)os::exchangeFiles(place.project / "link", place.project / "runs" / "one");
      });
      int good = 0, refused = 0;
      for (int round = 0; round < 3000; ++round)
        (place.folder->replace("runs/one/new", "x").ok() ? good : refused)++;
      over = true;
      neighbour.join();
      QVERIFY(place.victimIsWhole());
      QVERIFY(good + refused == 3000);
    }
  }

  void nothingIsWrittenOnceItIsNotInPlace() {
    const Planted place;
    const fs::path elsewhere = place.base.path().toStdString() + "/trash";
    fs::rename(place.project, elsewhere);
    QVERIFY(!place.folder->inPlace());
    QCOMPARE(place.folder->whereNow()->string(), fs::canonical(elsewhere).string());
    QVERIFY(!place.folder->replace("late", "x").ok());
    QVERIFY(!place.folder->makeFolders("late").ok());
    QVERIFY(!place.folder->openToAppend("late").ok());
    QVERIFY(!place.folder->removeTree("runs").ok());
    fs::create_directory(place.project); // another one
    QVERIFY(!place.folder->inPlace());
    QVERIFY(!place.folder->replace("late", "x").ok());
    QVERIFY(fs::is_empty(place.project) && fs::exists(elsewhere / "runs" / "one" / "run.json"));
    fs::remove(place.project);
    fs::remove_all(elsewhere);
    QVERIFY(!place.folder->whereNow());
  }

  // After each fault the file is the old one or the new one, and nothing is left beside it.
  void faults() {
    for (const char* operation : {"write", "sync", "rename"}) {
      const Planted place;
      QVERIFY(place.folder->replace("file", "old").ok());
      setFileFault([&](std::string_view asked, const fs::path&) { return asked == operation ? EIO : 0; });
      const Status replaced = place.folder->replace("file", "new");
      setFileFault(nullptr);
      QVERIFY2(!replaced.ok(), operation);
      const std::string held = place.folder->read("file", limit).value();
      QVERIFY2(held == "old" || held == "new", held.c_str());
      QCOMPARE(place.folder->list("", limit)->size(), std::size_t{2}); // runs and file
    }
  }
};

QTEST_GUILESS_MAIN(TestProjectFolder)
#include "tst_project_folder.moc"
