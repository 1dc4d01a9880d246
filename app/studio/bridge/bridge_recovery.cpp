// SPDX-License-Identifier: GPL-3.0-or-later
// What a person drew and what becomes of it: saved without replacing another program's work unseen, kept
// aside while it is unsaved, and offered again, also when the project lies elsewhere by then.
#include "app/studio/bridge/bridge_worker.h"
#include "core/base/atomic_file.h"
#include "core/base/hash.h"
#include <QDateTime>

namespace loom {
namespace {

constexpr std::size_t maxNetworkBytes = std::size_t{64} << 20, maxPathBytes = 16u << 10;

std::filesystem::path networkFile(const std::filesystem::path& project, const std::string& name) {
  return project / "networks" / (name + ".json");
}

} // namespace

void BridgeWorker::saveNetwork(const Network& network) {
  if (!ready("save")) return saveRecovery(network); // what cannot be saved now is not lost
  const std::string kept = keepForeign(network);
  after("save", loom::saveNetwork(*project_, network), [&] {
    sawNetwork(network.name);
    std::error_code error;
    std::filesystem::remove(recoveryFile(network.name, offered_.contains(network.name)), error);
    tell([this, name = QString::fromStdString(network.name)] { Q_EMIT bridge_.networkSaved(name); });
    if (!kept.empty())
      fail("save", {ErrorKind::other, networkFile(project_->folder, network.name).string(),
                    "Another program had changed it since it was read here; this window's version is saved",
                    "The other version is kept beside it as " + kept});
  });
}

// What lies on the disk and was neither read nor written here is somebody's work: it is copied before it is
// replaced. The copy's name; empty: there was none.
std::string BridgeWorker::keepForeign(const Network& network) {
  const auto file = networkFile(project_->folder, network.name);
  const auto there = readWholeFile(file, maxNetworkBytes);
  const auto seen = seen_.find(network.name);
  if (!there || (seen != seen_.end() && seen->second == contentHash(*there))) return {};
  const auto copy = std::filesystem::path(
      file.string() + "." + QDateTime::currentDateTime().toString("yyyyMMdd-HHmmss-zzz").toStdString());
  return writeFileAtomically(copy, *there) ? copy.filename().string() : std::string();
}

void BridgeWorker::sawNetwork(const std::string& name) {
  if (const auto text = readWholeFile(networkFile(project_->folder, name), maxNetworkBytes))
    seen_[name] = contentHash(*text);
}

namespace {

std::filesystem::path recoveries() {
  const QByteArray state = qgetenv("XDG_STATE_HOME");
  const std::filesystem::path base =
      state.startsWith('/') ? std::filesystem::path(state.toStdString())
                            : std::filesystem::path(qgetenv("HOME").toStdString()) / ".local/state";
  return base / "neuroloom" / "recovery";
}

} // namespace

// The place is part of the name, since a copied project has the same id; a second window has a file of its
// own. While what an earlier window left is offered and not taken, new edits go beside it.
std::filesystem::path BridgeWorker::recoveryFile(const std::string& network, bool beside) const {
  const std::string folder = project_->id + "-" + contentHash(project_->folder.string()).substr(0, 8);
  const char* whose = store_ && store_->owner() ? "" : ".second";
  return recoveries() / folder / (network + whose + (beside ? ".next.json" : ".json"));
}

// What was kept where the project lay before it was moved or renamed belongs to it still.
void BridgeWorker::adoptRecovery() {
  const auto own = recoveryFile("x", false).parent_path();
  std::error_code error;
  std::vector<std::filesystem::path> others;
  for (std::filesystem::directory_iterator entry(recoveries(), error), end; !error && entry != end;
       entry.increment(error))
    if (entry->path() != own && entry->path().filename().string().starts_with(project_->id + "-"))
      others.push_back(entry->path());
  for (const auto& other : others) {
    const auto place = readWholeFile(other / "place", maxPathBytes);
    if (!place || place->empty() ||
        std::filesystem::exists(std::filesystem::path(*place) / "project.json", error))
      continue;
    std::filesystem::remove(other / "place", error);
    std::filesystem::create_directories(own, error);
    std::vector<std::filesystem::path> kept;
    for (std::filesystem::directory_iterator entry(other, error), end; !error && entry != end;
         entry.increment(error))
      kept.push_back(entry->path());
    for (const auto& file : kept)
      if (!std::filesystem::exists(own / file.filename(), error))
        std::filesystem::rename(file, own / file.filename(), error);
    std::filesystem::remove(other, error); // when it is empty
  }
}

void BridgeWorker::offerRecovery(const Network& network) {
  const auto file = recoveryFile(network.name, false), next = recoveryFile(network.name, true);
  std::error_code error;
  if (!std::filesystem::exists(file, error) && std::filesystem::exists(next, error))
    std::filesystem::rename(next, file, error);
  const auto kept = std::filesystem::exists(file, error) ? readNetwork(file) : Error{};
  if (!kept || *kept == network) return;
  offered_.insert(network.name);
  tell([this, kept = *kept] { Q_EMIT bridge_.recoveryFound(kept); });
}

void BridgeWorker::saveRecovery(const Network& network) {
  if (!project_) return;
  const auto file = recoveryFile(network.name, offered_.contains(network.name));
  std::error_code error;
  std::filesystem::create_directories(file.parent_path(), error);
  after("recovery", writeNetwork(file, network));
  (void)writeFileAtomically(file.parent_path() / "place", project_->folder.string()); // for adoptRecovery()
}

void BridgeWorker::discardRecovery(const QString& network) {
  if (!project_) return;
  const std::string name = network.toStdString();
  std::error_code error;
  std::filesystem::remove(recoveryFile(name, false), error);
  if (offered_.erase(name) > 0)
    std::filesystem::rename(recoveryFile(name, true), recoveryFile(name, false), error);
}

} // namespace loom
