// SPDX-License-Identifier: Apache-2.0
// The plug-in loader against real shared libraries: none there, no library, a foreign library, one of another
// build, and our own where this build has it.
#include "core/backend/plugin.h"
#include <QtTest>
#include <dlfcn.h>
#include <fstream>

using namespace loom;
namespace fs = std::filesystem;

namespace {

fs::path libraries() { return fs::path(LOOM_PROGRAM).parent_path().parent_path() / "lib"; }

// The GPU plug-in of this build; empty where no CUDA toolkit was found.
fs::path builtPlugin() {
  const fs::path file = libraries() / "libloom_cuda.so";
  return fs::exists(file) ? file : fs::path();
}

std::string fileOf(const char* symbol) {
  Dl_info info{};
  dladdr(dlsym(RTLD_DEFAULT, symbol), &info);
  return info.dli_fname ? info.dli_fname : "";
}

std::string bytesOf(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

} // namespace

class TestPlugin : public QObject {
  Q_OBJECT

 private slots:
  void init() { folder_ = std::make_unique<QTemporaryDir>(); }
  void notInstalled();
  void noLibrary();
  void foreignLibrary();
  void anotherBuild();
  void fitting();
  void ourOwn();
  void plainReasons_data();
  void plainReasons();
  void firstFolderWins();
  void folders();
  void deviceIsListed();

 private:
  fs::path path() const { return folder_->path().toStdString(); }
  LoadedPlugin load() const { return loadPlugin("libloom_cuda.so", {path()}); }
  void place(const std::string& bytes) const {
    std::ofstream(path() / "libloom_cuda.so", std::ios::binary) << bytes;
  }
  static bool says(const LoadedPlugin& plugin, const char* words) {
    return plugin.backend == nullptr && plugin.reason.text().find(words) != std::string::npos;
  }
  std::unique_ptr<QTemporaryDir> folder_;
};

void TestPlugin::notInstalled() {
  const LoadedPlugin plugin = load();
  QVERIFY2(says(plugin, "not installed"), plugin.reason.text().c_str());
  QVERIFY(plugin.file.empty());
}

void TestPlugin::noLibrary() {
  place("this is no library");
  const LoadedPlugin plugin = load();
  QVERIFY2(says(plugin, "libloom_cuda.so"), plugin.reason.text().c_str());
  place("");
  QVERIFY(!load().backend);
}

void TestPlugin::foreignLibrary() {
  const std::string other = fileOf("zlibVersion").empty() ? fileOf("qVersion") : fileOf("zlibVersion");
  QVERIFY(!other.empty());
  place(bytesOf(other));
  const LoadedPlugin plugin = load();
  QVERIFY2(says(plugin, "is not a plug-in of this program"), plugin.reason.text().c_str());
}

void TestPlugin::anotherBuild() {
  place(bytesOf(libraries() / "libplugin_other_build.so"));
  const LoadedPlugin plugin = load();
  QVERIFY2(says(plugin, "belongs to another build"), plugin.reason.text().c_str());
  QVERIFY2(says(plugin, "neuroloom 9.9.9"), plugin.reason.text().c_str());
}

void TestPlugin::fitting() {
  place(bytesOf(libraries() / "libplugin_fitting.so"));
  const LoadedPlugin plugin = load();
  QVERIFY2(plugin.backend, plugin.reason.text().c_str());
  QCOMPARE(plugin.backend, findBackend("reference"));
}

void TestPlugin::ourOwn() {
  if (builtPlugin().empty()) QSKIP("this build has no GPU plug-in");
  const LoadedPlugin plugin = loadPlugin("libloom_cuda.so", {libraries()});
  QVERIFY2(plugin.backend, plugin.reason.text().c_str());
  QCOMPARE(plugin.backend->name(), std::string("cuda"));
  const auto devices = plugin.backend->devices();
  QVERIFY(!devices.empty());
  for (const Device& device : devices) {
    QCOMPARE(device.backend, std::string("cuda"));
    QVERIFY(!device.usable && !device.note.empty());
    qInfo("%s: %s, %s", device.id.c_str(), device.name.c_str(), device.note.text().c_str());
  }
  const auto refused = plugin.backend->prepare(std::make_shared<Plan>(), {});
  QVERIFY(!refused.ok());
  QCOMPARE(int(refused.error().kind), int(ErrorKind::device));
}

void TestPlugin::plainReasons_data() {
  QTest::addColumn<QString>("message");
  QTest::addColumn<QString>("plain");
  QTest::newRow("driver") << "libcuda.so.1: cannot open shared object file: No such file or directory"
                          << "no NVIDIA driver: libcuda.so.1 not found";
  QTest::newRow("cuDNN") << "libcudnn.so.9: cannot open shared object file: No such file or directory"
                         << "no CUDA libraries: libcudnn.so.9 not found";
  QTest::newRow("other") << "libfoo.so.2: cannot open shared object file: No such file or directory"
                         << "libfoo.so.2 not found";
  QTest::newRow("as it is") << "/x/libloom_cuda.so: file too short"
                            << "/x/libloom_cuda.so: file too short";
}

void TestPlugin::plainReasons() {
  QFETCH(QString, message);
  QFETCH(QString, plain);
  QCOMPARE(QString::fromStdString(plainReason(message.toStdString()).text()), plain);
}

void TestPlugin::firstFolderWins() {
  place("this is no library");
  const LoadedPlugin plugin = loadPlugin("libloom_cuda.so", {path() / "nothing here", path(), libraries()});
  QCOMPARE(plugin.file, path() / "libloom_cuda.so");
  QVERIFY(!plugin.backend);
}

void TestPlugin::folders() {
  qputenv("LOOM_PLUGIN_DIR", folder_->path().toUtf8());
  QCOMPARE(pluginFolders().front(), path());
  qunsetenv("LOOM_PLUGIN_DIR");
  const auto found = pluginFolders();
  QCOMPARE(found.size(), std::size_t(4));
  QCOMPARE(found[0], fs::path(QCoreApplication::applicationDirPath().toStdString()));
  QVERIFY(found[3].string().find("linux-gnu/neuroloom") != std::string::npos);
}

// Whatever is there, `loom devices` has a row for the GPU and says something.
void TestPlugin::deviceIsListed() {
  bool listed = false;
  for (const Device& device : allDevices())
    if (device.backend == "cuda") {
      listed = true;
      QVERIFY(!device.note.empty());
      const auto chosen = chooseDevice(device.id);
      QCOMPARE(chosen.ok(), device.usable);
      if (!chosen) QVERIFY(chosen.error().message().find(device.note.text()) != std::string::npos);
    }
  QVERIFY(listed);
}

QTEST_GUILESS_MAIN(TestPlugin)
#include "tst_plugin.moc"
