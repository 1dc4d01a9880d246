// SPDX-License-Identifier: GPL-3.0-or-later
// What belongs to this computer and its person, not to a project: the load, and which of the recent projects
// train now. Lives on the worker's thread; tells by itself.
#pragma once
#include "app/studio/bridge/hub.h"
#include "core/base/os/machine.h"
#include <QTimer>

namespace loom {

class MachineDesk {
 public:
  explicit MachineDesk(Hub& hub);
  void setProjectOpen(bool open); // while none is open it looks for projects that train
  void setRecent(const QStringList& folders);

 private:
  void look();
  void measureLoad();
  void measureTrainings(MachineLoad& load); // of all projects
  void findLiving();
  Hub& hub_;
  QTimer timer_;
  QStringList recent_;
  bool projectOpen_ = false;
  int looks_ = 0; // while no project is open
  os::ProcessorTimes timesBefore_;
};

} // namespace loom
