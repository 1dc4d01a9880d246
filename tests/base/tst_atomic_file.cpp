// SPDX-License-Identifier: Apache-2.0
#include "core/base/atomic_file.h"
#include "core/base/subprocess.h"
#include <QTemporaryDir>
#include <QTest>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using namespace loom;
namespace fs = std::filesystem;

class TestAtomicFile : public QObject {
  Q_OBJECT
 private slots:
  void init();
  void cleanup();
  void writesAndReplaces();
  void keepsALink();
  void nothingIsSeenBeforeCommit();
  void movedWriterStillCommits();
  void oldOrNewAfterEachFault_data();
  void oldOrNewAfterEachFault();
  void saysWhatIsWrong_data();
  void saysWhatIsWrong();
  void realFailures();
  void fullDisk();
  void readersSeeWholeFiles();
  void faultFromTheEnvironment();
  void readsWhole();
  void refusesToRead();

 private:
  std::string held() const { return readWholeFile(file_, 1 << 20).value(); }
  std::ptrdiff_t filesInFolder() const {
    return std::distance(fs::directory_iterator(folder_->path().toStdString()), fs::directory_iterator());
  }
  std::unique_ptr<QTemporaryDir> folder_;
  fs::path file_;
};

void TestAtomicFile::init() {
  folder_ = std::make_unique<QTemporaryDir>();
  file_ = folder_->filePath("project.json").toStdString();
}

void TestAtomicFile::cleanup() { setFileFault(nullptr); }

void TestAtomicFile::writesAndReplaces() {
  QVERIFY(writeFileAtomically(file_, "old"));
  QCOMPARE(held(), std::string("old"));
  struct stat status {};
  QCOMPARE(stat(file_.c_str(), &status), 0);
  QCOMPARE(status.st_mode & 0777, mode_t{0644});
  QVERIFY(writeFileAtomically(file_, ""));
  QCOMPARE(held(), std::string());
  const std::string large(5'000'000, 'x');
  QVERIFY(writeFileAtomically(file_, large));
  QCOMPARE(fs::file_size(file_), large.size());
  QCOMPARE(filesInFolder(), std::ptrdiff_t{1});
  // A name as long as the file system takes it.
  QVERIFY(writeFileAtomically(file_.parent_path() / std::string(255, 'n'), "long"));
}

void TestAtomicFile::keepsALink() {
  const fs::path link = file_.parent_path() / "link.json";
  QVERIFY(writeFileAtomically(file_, "old"));
  fs::create_symlink("project.json", link);
  QVERIFY(writeFileAtomically(link, "new"));
  QVERIFY(fs::is_symlink(link));
  QCOMPARE(held(), std::string("new"));
}

void TestAtomicFile::nothingIsSeenBeforeCommit() {
  {
    auto writer = AtomicFile::create(file_);
    QVERIFY(writer);
    QVERIFY(writer->write("half"));
    QVERIFY(!fs::exists(file_));
    QCOMPARE(filesInFolder(), std::ptrdiff_t{1});
  }
  QCOMPARE(filesInFolder(), std::ptrdiff_t{0});
}

void TestAtomicFile::movedWriterStillCommits() {
  auto first = AtomicFile::create(file_), second = AtomicFile::create(file_);
  QVERIFY(first && second);
  QVERIFY(first->write("first "));
  QVERIFY(second->write("second"));
  AtomicFile taken = std::move(*first);
  QVERIFY(taken.write("half"));
  QVERIFY(taken.commit());
  QCOMPARE(held(), std::string("first half"));
  taken = std::move(*second);
  QVERIFY(taken.commit());
  QCOMPARE(held(), std::string("second"));
  QCOMPARE(filesInFolder(), std::ptrdiff_t{1});
}

void TestAtomicFile::oldOrNewAfterEachFault_data() {
  QTest::addColumn<int>("call"); // which call of the seam fails
  QTest::addColumn<int>("code");
  for (int code : {ENOSPC, EIO, EDQUOT, EROFS})
    for (int call = 1; call <= 5; ++call) QTest::addRow("call %d, errno %d", call, code) << call << code;
}

void TestAtomicFile::oldOrNewAfterEachFault() {
  QFETCH(int, call);
  QFETCH(int, code);
  QVERIFY(writeFileAtomically(file_, "old"));
  int calls = 0;
  std::vector<std::string> operations;
  setFileFault([&](std::string_view operation, const fs::path&) {
    operations.emplace_back(operation);
    return ++calls == call ? code : 0;
  });
  const Status written = writeFileAtomically(file_, "new");
  setFileFault(nullptr);
  // write, sync of the file, rename, sync of the folder: the fifth call does not happen.
  QCOMPARE(written.ok(), call == 5);
  QCOMPARE(calls, std::min(call, 4));
  const std::vector<std::string> all{"write", "sync", "rename", "sync"};
  QVERIFY(std::equal(operations.begin(), operations.end(), all.begin()));
  QCOMPARE(held(), std::string(call < 4 ? "old" : "new"));
  QCOMPARE(filesInFolder(), std::ptrdiff_t{1});
}

void TestAtomicFile::saysWhatIsWrong_data() {
  QTest::addColumn<int>("code");
  QTest::addColumn<QByteArray>("cause");
  QTest::addColumn<QByteArray>("fix");
  QTest::newRow("full") << ENOSPC << QByteArray("the disk is full (3 B needed, ") << QByteArray("Free space");
  QTest::newRow("quota") << EDQUOT << QByteArray("quota") << QByteArray("larger quota");
  QTest::newRow("read-only") << EROFS << QByteArray("Read-only") << QByteArray("choose another one");
  QTest::newRow("disk") << EIO << QByteArray("input/output error") << QByteArray("Check the disk");
}

void TestAtomicFile::saysWhatIsWrong() {
  QFETCH(int, code);
  QFETCH(QByteArray, cause);
  QFETCH(QByteArray, fix);
  setFileFault([&](std::string_view, const fs::path&) { return code; });
  const Status written = writeFileAtomically(file_, "new");
  QVERIFY(!written);
  QCOMPARE(written.error().place.text(), file_.string());
  QVERIFY2(written.error().cause.text().find(cause.toStdString()) != std::string::npos,
           written.error().cause.text().c_str());
  QVERIFY2(written.error().fix.text().find(fix.toStdString()) != std::string::npos,
           written.error().fix.text().c_str());
}

void TestAtomicFile::realFailures() {
  QVERIFY(!writeFileAtomically(file_.parent_path() / "missing" / "a.json", "x"));
  QVERIFY(!writeFileAtomically("", "x"));
  QVERIFY(!writeFileAtomically(file_.parent_path() / "", "x"));
  fs::create_directory(file_);
  QVERIFY(!writeFileAtomically(file_, "x")); // a folder has that name
  QCOMPARE(filesInFolder(), std::ptrdiff_t{1});
  QVERIFY(!syncFolder(file_.parent_path() / "missing"));
  QVERIFY(syncFolder(file_));
  QVERIFY(!renameDurably(file_.parent_path() / "missing", file_.parent_path() / "b"));
  QVERIFY(renameDurably(file_, file_.parent_path() / "b"));
  QVERIFY(fs::is_directory(file_.parent_path() / "b"));
}

void TestAtomicFile::fullDisk() {
  // A limit on the size of files makes the kernel itself cut a write short and then fail.
  QVERIFY(writeFileAtomically(file_, "old"));
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{100'000, before.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &small);
  const Status written = writeFileAtomically(file_, std::string(1'000'000, 'x'));
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  QVERIFY(!written);
  QCOMPARE(held(), std::string("old"));
  QCOMPARE(filesInFolder(), std::ptrdiff_t{1});
}

void TestAtomicFile::readersSeeWholeFiles() {
  QVERIFY(writeFileAtomically(file_, std::string(70'000, 'a')));
  std::atomic<bool> done = false, torn = false;
  std::thread reader([&] {
    while (!done) {
      const auto bytes = readWholeFile(file_, 1 << 20);
      if (!bytes || bytes->size() != 70'000 || bytes->find_first_not_of((*bytes)[0]) != std::string::npos)
        torn = true;
    }
  });
  bool written = true;
  for (int round = 0; round < 50; ++round)
    written =
        written && writeFileAtomically(file_, std::string(70'000, static_cast<char>('a' + round % 26))).ok();
  done = true;
  reader.join();
  QVERIFY(written);
  QVERIFY(!torn);
}

void TestAtomicFile::faultFromTheEnvironment() {
  // This program starts itself with the variable set; see main below.
  for (const auto& [fault, code] : std::vector<std::pair<std::string, int>>{{"write:ENOSPC:project", 3},
                                                                            {"sync:EIO:project", 3},
                                                                            {"rename:EROFS:", 3},
                                                                            {"write:ENOSPC:other", 0},
                                                                            {"", 0}}) {
    const auto finished =
        runCommand({{ownProgram().string(), "--write", file_.string()}, {}, {{"LOOM_FAULT", fault}}, {}},
                   std::chrono::seconds(20));
    QVERIFY(finished);
    QCOMPARE(finished->exitCode, code);
  }
}

void TestAtomicFile::readsWhole() {
  QVERIFY(writeFileAtomically(file_, "12345"));
  QCOMPARE(*readWholeFile(file_, 5), std::string("12345"));
  QVERIFY(!readWholeFile(file_, 4));
  QVERIFY(readWholeFile("/proc/self/status", 1 << 20)->size() > 10); // says to be empty
  QVERIFY(!readWholeFile("/proc/self/status", 10));
}

void TestAtomicFile::refusesToRead() {
  const auto refused = [](const fs::path& file) {
    const auto bytes = readWholeFile(file, 100);
    return !bytes && bytes.error().kind == ErrorKind::input && bytes.error().place.text() == file.string() &&
           !bytes.error().fix.empty();
  };
  QVERIFY(refused(file_));
  QVERIFY(refused(file_.parent_path()));
  QCOMPARE(mkfifo(file_.c_str(), 0644), 0);
  QVERIFY(refused(file_)); // at once, not when a writer comes
  QVERIFY(refused("/dev/zero"));
}

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == "--write")
    return writeFileAtomically(argv[2], "x").ok() ? 0 : 3;
  TestAtomicFile test;
  return QTest::qExec(&test, argc, argv);
}
#include "tst_atomic_file.moc"
