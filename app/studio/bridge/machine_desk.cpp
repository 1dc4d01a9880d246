// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/bridge/machine_desk.h"
#include "app/studio/bridge/run_access.h"
#include "core/base/parallel.h"
#include "core/launch/queue.h"
#include "core/run/project.h"
#include <algorithm>

namespace loom {
namespace {

constexpr int loadInterval = 2000; // ms
constexpr int looksApart = 5;      // of those, between two searches for projects that train

BusyProject& projectAt(MachineLoad& load, const std::filesystem::path& folder) {
  const QString place = QString::fromStdString(folder.string());
  for (BusyProject& one : load.projects)
    if (one.folder == place) return one;
  return load.projects.emplace_back(
      BusyProject{place, QString::fromStdString(folder.stem().string()), {}, {}});
}

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

void MachineDesk::setRecent(const QStringList& folders) {
  recent_ = folders;
  if (!projectOpen_) findLiving();
}

// Looks at locks alone: no history is opened for it.
void MachineDesk::findLiving() {
  hub_.onPool([&hub = hub_, folders = recent_] {
    QVector<LivingProject> list;
    for (const auto& folder : folders) {
      if (hub.stopping()) return;
      const auto project = loom::openProject(folder.toStdString());
      if (project && sitesOf(project->folder)->anyRunning())
        list.push_back({QString::fromStdString(project->name), folder});
    }
    hub.tell([list](Bridge& bridge) { Q_EMIT bridge.livingProjectsFound(list); });
  });
}

void MachineDesk::measureLoad() {
  MachineLoad load;
  const os::ProcessorTimes now = os::processorTimes();
  if (timesBefore_.total != 0 && now.total > timesBefore_.total)
    load.cpu = 1.0 - static_cast<double>(now.idle - timesBefore_.idle) /
                         static_cast<double>(now.total - timesBefore_.total);
  timesBefore_ = now;
  load.cores = usableCores();
  measureTrainings(load);
  const os::Memory memory = os::memory();
  load.memoryTotal = memory.total;
  load.memoryUsed = memory.total - std::min(memory.total, memory.available);
  hub_.tell([load](Bridge& bridge) { Q_EMIT bridge.loadChanged(load); });
}

void MachineDesk::measureTrainings(MachineLoad& load) {
  const auto queue = Queue::ofThisComputer().look();
  if (!queue) return;
  for (const Lease& lease : queue->leases) {
    ++load.training;
    projectAt(load, lease.project).training << QString::fromStdString(lease.run);
    load.coresInUse += lease.cores;
    for (const auto& device : lease.devices) load.devicesInUse << QString::fromStdString(device);
  }
  for (const QueuedRun& one : queue->runs) {
    if (one.state != QueueState::waiting) continue;
    ++load.waiting;
    BusyProject& project = projectAt(load, one.entry.request.project);
    project.name = QString::fromStdString(one.entry.projectName);
    project.waiting << QString::fromStdString(runOf(one.entry.request));
  }
}

} // namespace loom
