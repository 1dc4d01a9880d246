// SPDX-License-Identifier: GPL-3.0-or-later
// Drawn networks of the open project on disk: saved without replacing another program's work unnoticed, kept
// aside while they are unsaved, and offered again, also after the project was moved. Lives on the worker's
// thread.
#pragma once
#include "app/studio/bridge/hub.h"
#include "app/studio/bridge/questions.h"
#include <map>
#include <set>

namespace loom {

class Recovery {
 public:
  // `second`: another window owns this project's history. All three outlive the desk; `inPlace` is an Error
  // while the project's folder is not where it was.
  Recovery(Hub& hub, const Project& project, std::function<bool()> second, std::function<Status()> inPlace);
  void begin(const QVector<Network>& read, const QVector<DamagedNetwork>& damaged); // offers what was kept

  void answer(const SaveNetwork& question, const Reply<NetworkSaved>& reply);
  void answer(const SaveRecovery& question, const Reply<Done>& reply);
  void answer(const DiscardRecovery& question, const Reply<Done>& reply);

 private:
  Status keep(const Network& network);
  std::filesystem::path file(const std::string& network, bool beside) const;
  void adopt();
  void offer(const Network& network);
  std::string keepForeign(const Network& network);
  void saw(const std::string& network);
  Hub& hub_;
  const Project& project_;
  std::function<bool()> second_;
  std::function<Status()> inPlace_;
  std::map<std::string, std::string> seen_; // content hash of each network's file as read or written here
  std::set<std::string> offered_;           // networks whose recovery is neither taken nor discarded
};

} // namespace loom
