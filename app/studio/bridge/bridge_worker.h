// SPDX-License-Identifier: GPL-3.0-or-later
// The other end of the bridge, on its own thread: opens and closes projects, and hands each question to the
// desk that knows its answer.
#pragma once
#include "app/studio/bridge/hub.h"
#include "app/studio/bridge/machine_desk.h"
#include "app/studio/bridge/open_project.h"
#include "app/studio/bridge/questions.h"
#include <memory>

namespace loom {

class BridgeWorker : public QObject {
 public:
  BridgeWorker(Bridge& bridge, std::filesystem::path loomProgram) : hub_(bridge, std::move(loomProgram)) {}
  void begin();                          // on the worker's thread
  void end();                            // on the worker's thread: releases everything
  void interrupt() { hub_.interrupt(); } // any thread: the query under way ends
  void take(AnyQuestion& question);      // on the worker's thread
  void setRecent(const QStringList& folders) { machine_->setRecent(folders); } // on the worker's thread

 private:
  template<class Q> void dispatch(Asked<Q>& asked);
  template<class Q> void answer(const Q& question, const Reply<typename Q::Answer>& reply);
  void answer(const OpenFolder& question, const Reply<Done>& reply);
  void answer(const CreateFromTemplate& question, const Reply<Done>& reply);
  void answer(const CreateFromSpec& question, const Reply<Done>& reply);
  void answer(const CloseProject& question, const Reply<Done>& reply);
  void opened(Result<Project> project, const Reply<Done>& reply);
  void close();
  Hub hub_;
  std::unique_ptr<MachineDesk> machine_;
  std::unique_ptr<OpenProject> open_;
  quint64 lastNumber_ = 0;
};

} // namespace loom
