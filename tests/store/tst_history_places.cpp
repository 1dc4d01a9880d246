// SPDX-License-Identifier: Apache-2.0
// The two databases where they cannot simply be written: a second owner, network and read-only folders,
// pipes, full disks. Each is said in words, and nothing that was stored is lost.
#include "core/base/os/posix/filesystem_type.h"
#include "history_fixture.h"
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <thread>

using namespace loom;
using namespace loom::test;

namespace {

// A mount namespace of this process's own, so that nothing is left behind however the test ends.
bool ownMounts() {
  return ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}
bool becomeNobody() { return ::setresgid(65534, 65534, 65534) == 0 && ::setresuid(65534, 65534, 65534) == 0; }
void allowReading(const fs::path& folder) {
  fs::permissions(folder, fs::perms(0755));
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    fs::permissions(entry.path(), entry.is_directory() ? fs::perms(0755) : fs::perms(0644));
}

const char* cannotMount = "mount: not allowed here";

} // namespace

class TestHistoryPlaces : public QObject {
  Q_OBJECT
 private slots:
  void init();
  void secondOwnerWaits();
  void readerDoesNotWaitForWhatNeverComes();
  void readerTakesOver();
  void networkFileSystemsAreKnown_data();
  void networkFileSystemsAreKnown();
  void networkFolderIsKeptElsewhere();
  void readOnlyFolder_data();
  void readOnlyFolder();
  void pipesAreRefused();
  void fullDiskLosesNothing();

 private:
  QTemporaryDir state_;
};

void TestHistoryPlaces::init() { qputenv("XDG_STATE_HOME", state_.path().toUtf8()); }

void TestHistoryPlaces::secondOwnerWaits() {
  TestProject project;
  fill(project);
  auto owner = project.takenIn();
  auto sites = sitesOf(project.folder);
  QVERIFY(owner->owner());
  const auto second = Store::open(project.folder, Store::Access::owner);
  QVERIFY(!second.ok());
  QVERIFY(saysAll(second.error()));
  QVERIFY2(second.error().cause.text().find(std::to_string(::getpid())) != std::string::npos,
           second.error().cause.text().c_str());
  const auto rebuilt = rebuildHistory(project.folder);
  QVERIFY(!rebuilt.ok() && saysAll(rebuilt.error()));
  auto reader = project.open(Store::Access::automatic);
  QVERIFY(!reader->owner());
  QVERIFY(!reader->takeIn(*sites).ok());
  QVERIFY(!reader->setNote(run, "x").ok());
  QElapsedTimer clock;
  clock.start();
  QVERIFY(reader->waitForOwner(*sites, std::chrono::seconds(2)).ok()); // the owner has everything
  QVERIFY(contents(*reader) == contents(*owner));
  // A trainer writes on, the owner sleeps: the reader waits, then says so.
  auto writer = project.begin(run, 2);
  write(writer, columnsOf("train/0", {{20'000, 1, 1}}));
  clock.restart();
  const auto waited = reader->waitForOwner(*sites, std::chrono::milliseconds(400));
  QVERIFY(!waited.ok() && saysAll(waited.error()));
  QVERIFY(clock.elapsed() >= 400);
  // The owner wakes while the reader waits.
  std::thread waking([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    if (!owner->takeIn(*sites)) qFatal("the owner cannot take in");
  });
  const auto seen = reader->waitForOwner(*sites, std::chrono::seconds(30));
  waking.join();
  QVERIFY(seen.ok());
  QCOMPARE(reader->points(run, "train/0", 20'000, 20'000)->size(), std::size_t{1});
}

void TestHistoryPlaces::readerDoesNotWaitForWhatNeverComes() {
  // A killed trainer left half a line; another journal is damaged. Their owner has all that can be read.
  TestProject project;
  fill(project);
  {
    std::ofstream(project.journal(run), std::ios::app) << "0123abcd 7 {\"event\":";
    std::ofstream(project.journal(runNamed(2)), std::ios::app) << "damage\n"
                                                               << std::string(1000, 'x') << "\n";
  }
  const auto owner = project.takenIn();
  const auto reader = project.open(Store::Access::automatic);
  const auto waited = reader->waitForOwner(*sitesOf(project.folder), std::chrono::milliseconds(1));
  QVERIFY2(waited.ok(), waited.ok() ? "" : waited.error().message().c_str());
}

void TestHistoryPlaces::readerTakesOver() {
  TestProject project;
  fill(project);
  auto owner = project.takenIn();
  auto reader = project.open(Store::Access::automatic);
  QVERIFY(reader->takeOver().ok());
  QVERIFY(!reader->owner());
  QVERIFY(!reader->runs()->empty());
  const std::string wanted = contents(*owner);
  owner.reset();
  QVERIFY(reader->takeOver().ok());
  QVERIFY(reader->owner());
  QVERIFY(contents(*reader) == wanted);
  QVERIFY(reader->takeIn(*sitesOf(project.folder)).ok());
  QVERIFY(!project.open(Store::Access::automatic)->owner());
}

void TestHistoryPlaces::networkFileSystemsAreKnown_data() {
  QTest::addColumn<qlonglong>("type");
  QTest::addColumn<bool>("network");
  QTest::newRow("nfs") << qlonglong{0x6969} << true;
  QTest::newRow("cifs") << qlonglong{0xFF534D42} << true;
  QTest::newRow("cifs, as 32 bits with a sign") << qlonglong{static_cast<std::int32_t>(0xFF534D42)} << true;
  QTest::newRow("lustre") << qlonglong{0x0BD00BD0} << true;
  QTest::newRow("fuse, so sshfs") << qlonglong{0x65735546} << true;
  QTest::newRow("ceph") << qlonglong{0x00C36400} << true;
  QTest::newRow("ext4") << qlonglong{0xEF53} << false;
  QTest::newRow("btrfs") << qlonglong{0x9123683E} << false;
  QTest::newRow("xfs") << qlonglong{0x58465342} << false;
  QTest::newRow("tmpfs") << qlonglong{0x01021994} << false;
  QTest::newRow("overlay") << qlonglong{0x794c7630} << false;
}

void TestHistoryPlaces::networkFileSystemsAreKnown() {
  QFETCH(qlonglong, type);
  QFETCH(bool, network);
  QCOMPARE(os::isNetworkType(static_cast<long>(type)), network);
}

void TestHistoryPlaces::networkFolderIsKeptElsewhere() {
  TestProject project;
  put(project.folder / "project.json",
      R"({"schema":1,"id":"0b1c0000-1111-4222-8333-444455556666","name":"x"})");
  fill(project);
  setFileFault([&](std::string_view operation, const fs::path&) { return operation == "statfs" ? EIO : 0; });
  const auto reset = qScopeGuard([] { setFileFault(nullptr); });
  std::string wanted;
  {
    const auto store = project.takenIn();
    QVERIFY(store->owner());
    label(*store);
    wanted = contents(*store);
  }
  const fs::path elsewhere =
      fs::path(state_.path().toStdString()) / "neuroloom" / "0b1c0000-1111-4222-8333-444455556666";
  QVERIFY(fs::exists(elsewhere / "catalogue.db") && fs::exists(elsewhere / "metrics.db"));
  QVERIFY(!fs::exists(project.history()));
  QVERIFY(contents(*project.takenIn()) == wanted);
  const auto report = rebuildHistory(project.folder);
  QVERIFY(report.ok() && report->good);
  QVERIFY(contents(*project.open()) == wanted);
}

void TestHistoryPlaces::readOnlyFolder_data() {
  QTest::addColumn<QString>("how");
  QTest::addColumn<bool>("stale");
  for (const char* how : {"another user's", "read-only mount"})
    for (const bool stale : {false, true})
      QTest::addRow("%s, history %s", how, stale ? "older than the journals" : "whole")
          << QString(how) << stale;
}

void TestHistoryPlaces::readOnlyFolder() {
  QFETCH(QString, how);
  QFETCH(bool, stale);
  if (::geteuid() != 0) QSKIP("only root may become another user or mount");
  TestProject project;
  fill(project);
  {
    const auto store = project.takenIn();
    label(*store);
  }
  if (stale) {
    auto writer = project.begin(run, 2);
    write(writer, resumed(2, 8000));
    write(writer, columnsOf("train/0", {{8100, 0.125, 3}}));
  }
  // What another copy with all rights says.
  TestProject twin;
  fs::copy(project.folder, twin.folder, fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  const std::string wanted = contents(*twin.takenIn());
  allowReading(project.folder);
  const auto treeOf = [&] {
    std::string tree;
    for (const auto& entry : fs::recursive_directory_iterator(project.folder))
      tree += entry.path().string() + "\n";
    return tree;
  };
  const std::string tree = treeOf();
  QTemporaryDir home;
  fs::permissions(home.path().toStdString(), fs::perms(0777));
  qputenv("XDG_STATE_HOME", home.path().toUtf8());
  const std::string said = inChild([&]() -> std::string {
    if (how == "read-only mount") {
      if (!ownMounts() ||
          ::mount(project.folder.c_str(), project.folder.c_str(), nullptr, MS_BIND, nullptr) != 0 ||
          ::mount("none", project.folder.c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr) != 0)
        return cannotMount;
    } else if (!becomeNobody()) {
      return "cannot become another user";
    }
    auto sites = sitesOf(project.folder);
    auto store = Store::open(project.folder, Store::Access::automatic);
    if (!store) return store.error().message();
    if (stale) {
      if (!(*store)->owner()) return "it is not kept elsewhere";
      if (auto taken = (*store)->takeIn(*sites); !taken) return taken.error().message();
    } else {
      if ((*store)->owner()) return "it says that it may write";
      if (auto waited = (*store)->waitForOwner(*sites, std::chrono::seconds(1)); !waited)
        return waited.error().message();
      const auto refused = (*store)->setNote(run, "x");
      if (refused.ok() || !saysAll(refused.error())) return "a note is not refused";
      if (refused.error().cause.text().find("cannot be written") == std::string::npos)
        return refused.error().message();
      const auto rebuilt = rebuildHistory(project.folder);
      if (rebuilt.ok() || !saysAll(rebuilt.error())) return "a rebuild is not refused";
    }
    if (contents(**store) != wanted) return "other contents";
    (*store).reset();
    const auto report = verifyHistory(project.folder);
    if (!report) return report.error().message();
    return report->good ? "good" : report->findings.front().text();
  });
  if (said == cannotMount) QSKIP(cannotMount);
  QCOMPARE(said, std::string("good"));
  QCOMPARE(treeOf(), tree);
}

void TestHistoryPlaces::pipesAreRefused() {
  for (const char* name : {"catalogue.db", "metrics.db", "catalogue.db-wal", "metrics.db-shm"}) {
    TestProject project;
    fill(project);
    { const auto store = project.takenIn(); }
    const fs::path file = project.history() / name;
    fs::remove(file);
    QCOMPARE(::mkfifo(file.c_str(), 0600), 0);
    for (const auto access : {Store::Access::automatic, Store::Access::reader}) {
      const auto store = Store::open(project.folder, access);
      QVERIFY(!store.ok());
      QVERIFY(saysAll(store.error()));
      QVERIFY(store.error().message().find(file.string()) != std::string::npos);
    }
    QVERIFY(!rebuildHistory(project.folder).ok());
  }
}

static void fillDisk(const fs::path& ballast) {
  const int descriptor = ::open(ballast.c_str(), O_WRONLY | O_CREAT, 0600);
  const std::string page(4096, 'x');
  while (::write(descriptor, page.data(), page.size()) > 0) {
  }
  ::close(descriptor);
}

void TestHistoryPlaces::fullDiskLosesNothing() {
  if (::geteuid() != 0) QSKIP("only root may mount a small disk");
  QTemporaryDir disk;
  TestProject source; // journals on a disk with room
  fill(source);
  const std::string wanted = contents(*source.takenIn());
  const std::string said = inChild([&]() -> std::string {
    const fs::path small = disk.path().toStdString();
    if (!ownMounts() || ::mount("tmpfs", small.c_str(), "tmpfs", 0, "size=8m") != 0) return cannotMount;
    fs::create_directory_symlink(source.folder / "runs", small / "runs");
    const fs::path ballast = small / "ballast";
    std::string earlier;
    {
      auto store = Store::open(small, Store::Access::owner);
      if (!store) return store.error().message();
      auto sites = sitesOf(small);
      if (!(*store)->takeIn(*sites)) return "the first run does not fit";
      if (!(*store)->setNote(run, "written while there was room")) return "no room for a note";
      earlier = contents(**store);
      // The disk fills up to the last page, while a trainer writes on.
      fillDisk(ballast);
      {
        auto writer = source.begin(runNamed(3));
        write(writer, started());
        for (std::uint32_t series = 0; series < 8; ++series)
          write(writer, columnsOf(fmt::format("k{}", series),
                                  makePoints(30'000, Steps::irregular, Values::doubles, series)));
        write(writer, finished(30'000));
      }
      for (int again = 0; again < 3; ++again) {
        const auto taken = (*store)->takeIn(*sites);
        if (taken.ok()) return "it fits all the same";
        if (taken.error().cause.text().find("full") == std::string::npos || !saysAll(taken.error()))
          return taken.error().message();
      }
      const auto noted = (*store)->setNote(run, std::string(20'000, 'y'));
      if (noted.ok() || noted.error().cause.text().find("full") == std::string::npos)
        return noted.ok() ? "a note fits all the same" : noted.error().message();
      if (!(*store)->runs() || !(*store)->points(run, "train/0", 0, 0))
        return "what is stored cannot be read";
      fs::remove(ballast);
      // With room again it goes on where it was, without a new start.
      ::mount("none", small.c_str(), nullptr, MS_REMOUNT, "size=64m");
      if (auto taken = (*store)->takeIn(*sites); !taken) return taken.error().message();
    }
    const auto report = verifyHistory(small);
    if (!report) return report.error().message();
    if (!report->good) return report->findings.front().text();
    auto store = Store::open(small, Store::Access::owner);
    if (!store) return store.error().message();
    if ((*store)->run(run)->note != "written while there was room") return "the note is lost";
    const auto points = (*store)->points(runNamed(3), "k7", 0, 0);
    if (!points || points->size() != 30'000) return "points are missing";
    // A project on a full disk opens all the same; what must be written for that goes to the state folder.
    store->reset();
    for (const char* part : {"first", "last"}) fillDisk(small / part);
    auto full = Store::open(small, Store::Access::automatic);
    if (!full) return full.error().message();
    auto sites = sitesOf(small);
    if (auto taken = (*full)->takeIn(*sites); !taken) return taken.error().message();
    if ((*full)->run(run)->note != "written while there was room") return "the note is not seen";
    full->reset();
    // Where not even the databases are: nothing is left that would look damaged later.
    for (const char* name : {"catalogue.db", "metrics.db", "catalogue.db-wal", "catalogue.db-shm"})
      fs::remove(small / "history" / name);
    fillDisk(small / "rest");
    for (int again = 0; again < 3; ++again) {
      const auto owned = Store::open(small, Store::Access::owner);
      if (owned || owned.error().cause.text().find("full") == std::string::npos)
        return owned ? "it opens all the same" : owned.error().message();
      auto away = Store::open(small, Store::Access::automatic);
      if (!away) return away.error().message();
    }
    for (const auto& entry : fs::directory_iterator(small / "history"))
      if (entry.path().string().find("damaged") != std::string::npos) return entry.path().string();
    return "good";
  });
  if (said == cannotMount) QSKIP(cannotMount);
  QCOMPARE(said, std::string("good"));
}

QTEST_GUILESS_MAIN(TestHistoryPlaces)
#include "tst_history_places.moc"
