// SPDX-License-Identifier: GPL-3.0-or-later
// What belongs to the open project behind the bridge, as one value: closing a project is to destroy it, and
// nothing of it can reach the next one. Lives on the worker's thread.
#pragma once
#include "app/studio/bridge/data_desk.h"
#include "app/studio/bridge/engine_desk.h"
#include "app/studio/bridge/recovery.h"
#include "app/studio/bridge/runs_desk.h"
#include "core/base/held_folder.h"

namespace loom {

class OpenProject {
 public:
  // `number`: never used before in this window. Fails when the history cannot be opened.
  static Result<std::unique_ptr<OpenProject>> open(Hub& hub, quint64 number, Project project);
  OpenProject(Hub& hub, quint64 number, Project project, std::unique_ptr<Store> store);
  quint64 number() const { return number_; }
  const Project& project() const { return project_; }
  const ProjectView& view() const { return view_; } // as it was opened
  void begin();                                     // after the window knows of it

  // An Error while its folder is not where it was: a moved project is never written at its old place. The
  // window is told when that changes.
  Status inPlace();

  void answer(const SaveProject& question, const Reply<Done>& reply);
  void answer(const ExportTorch& question, const Reply<QStringList>& reply);
  RunsDesk& runs() { return runs_; }
  DataDesk& data() { return data_; }
  EngineDesk& engine() { return engine_; }
  Recovery& recovery() { return recovery_; }

 private:
  void readNetworks();
  Error goneError() const;
  Hub& hub_;
  const quint64 number_;
  Project project_;
  HeldFolder place_;
  bool away_ = false; // it is not there, and that was told
  ProjectView view_;
  const std::shared_ptr<RunAccess> access_;
  RunsDesk runs_;
  DataDesk data_;
  EngineDesk engine_;
  Recovery recovery_;
};

} // namespace loom
