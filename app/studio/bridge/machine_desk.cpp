// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/bridge/machine_desk.h"
#include "app/studio/bridge/run_access.h"
#include "core/base/atomic_file.h"
#include "core/run/project.h"
#include <QSettings>
#include <algorithm>

namespace loom {
namespace {

constexpr int loadInterval = 2000; // ms
constexpr int looksApart = 5;      // of those, between two searches for projects that train
constexpr int mostRecent = 12;

} // namespace

MachineDesk::MachineDesk(Hub& hub) : hub_(hub) {
  QObject::connect(&timer_, &QTimer::timeout, &timer_, [this] { look(); });
  timer_.start(loadInterval);
  look();
}

void MachineDesk::setProjectOpen(bool open) {
  projectOpen_ = open;
  if (open) looks_ = 0;
}

void MachineDesk::look() {
  if (!projectOpen_ && looks_++ % looksApart == 0) findLiving();
  measureLoad();
}

void MachineDesk::remember(const std::filesystem::path& project) {
  QSettings settings(QSettings::IniFormat, QSettings::UserScope, "neuroloom", "recent");
  QStringList folders = settings.value("folders").toStringList();
  std::error_code error;
  const QString folder = QString::fromStdString(std::filesystem::absolute(project, error).string());
  folders.removeAll(folder);
  folders.prepend(folder);
  settings.setValue("folders", QStringList(folders.mid(0, mostRecent)));
}

// Looks at locks alone: no history is opened for it.
void MachineDesk::findLiving() {
  const QSettings settings(QSettings::IniFormat, QSettings::UserScope, "neuroloom", "recent");
  hub_.onPool([&hub = hub_, folders = settings.value("folders").toStringList()] {
    QVector<LivingProject> list;
    for (const auto& folder : folders) {
      if (hub.stopping()) return;
      const auto project = loom::openProject(folder.toStdString());
      if (project && anyTrains(*journalsIn(project->folder)))
        list.push_back({QString::fromStdString(project->name), folder});
    }
    hub.tell([list](Bridge& bridge) { Q_EMIT bridge.livingProjectsFound(list); });
  });
}

void MachineDesk::measureLoad() {
  MachineLoad load;
  if (auto text = readWholeFile("/proc/stat", 1 << 20)) {
    // cpu user nice system idle iowait irq softirq steal …
    const QString all = QString::fromStdString(*text);
    const QStringList words = all.section('\n', 0, 0).split(' ', Qt::SkipEmptyParts);
    std::uint64_t total = 0;
    for (int index = 1; index < words.size() && index <= 8; ++index) total += words[index].toULongLong();
    const std::uint64_t idle = words.size() > 5 ? words[4].toULongLong() + words[5].toULongLong() : 0;
    if (totalBefore_ != 0 && total > totalBefore_)
      load.cpu = 1.0 - static_cast<double>(idle - idleBefore_) / static_cast<double>(total - totalBefore_);
    totalBefore_ = total;
    idleBefore_ = idle;
    load.cores = static_cast<int>(all.count("\ncpu"));
  }
  if (auto text = readWholeFile("/proc/meminfo", 1 << 16)) {
    const QString all = QString::fromStdString(*text);
    const auto field = [&](const QString& name) {
      const auto at = all.indexOf(name);
      return at < 0
                 ? 0
                 : all.mid(at + name.size()).section('\n', 0, 0).remove("kB").trimmed().toULongLong() * 1024;
    };
    load.memoryTotal = field("MemTotal:");
    load.memoryUsed = load.memoryTotal - std::min<std::uint64_t>(load.memoryTotal, field("MemAvailable:"));
  }
  hub_.tell([load](Bridge& bridge) { Q_EMIT bridge.loadChanged(load); });
}

} // namespace loom
