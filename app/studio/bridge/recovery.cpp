// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/bridge/recovery.h"
#include "core/base/atomic_file.h"
#include "core/base/file_name.h"
#include "core/base/hash.h"
#include "core/base/os/paths.h"
#include <QDateTime>

namespace loom {
namespace {

constexpr std::size_t maxNetworkBytes = std::size_t{64} << 20, maxPathBytes = 16u << 10;

// A network of a project is called as its file is, so only what is no part of a path is changed.
std::filesystem::path networkFile(const std::filesystem::path& project, const std::string& name) {
  const bool plain = std::filesystem::path(name).filename() == name && name != "." && name != "..";
  return project / "networks" / (plain ? name + ".json" : fileNameOf(name, ".json"));
}

std::string ownName(const std::string& name) { return fileNameOf(name, {}, FileNames::distinct); }

std::filesystem::path recoveries() { return os::stateFolder() / "recovery"; }

} // namespace

Recovery::Recovery(Hub& hub, const Project& project, std::function<bool()> second,
                   std::function<Status()> inPlace)
    : hub_(hub), project_(project), second_(std::move(second)), inPlace_(std::move(inPlace)) {}

void Recovery::begin(const QVector<Network>& read, const QVector<DamagedNetwork>& damaged) {
  adopt();
  for (const auto& network : read) {
    saw(network.name);
    offer(network);
  }
  for (const auto& one : damaged) {
    Network unread;
    unread.name = one.name.toStdString();
    offer(unread);
  }
}

void Recovery::answer(const SaveNetwork& question, const Reply<NetworkSaved>& reply) {
  const Network& network = *question.network;
  if (auto good = inPlace_(); !good) { // what cannot be saved now is not lost
    (void)keep(network);
    return reply(good.error());
  }
  const std::string kept = keepForeign(network);
  if (auto saved = loom::saveNetwork(project_, network); !saved) return reply(saved.error());
  saw(network.name);
  std::error_code error;
  std::filesystem::remove(file(network.name, offered_.contains(network.name)), error);
  NetworkSaved answer;
  if (!kept.empty())
    answer.kept = {
        ErrorKind::other, networkFile(project_.folder, network.name).string(),
        say("Another program had changed it since it was read here; this window's version is saved"),
        say("The other version is kept beside it as {}", kept)};
  reply(answer);
}

// What lies on the disk and was neither read nor written here is somebody's work: it is copied before it is
// replaced. The copy's name; empty: there was none.
std::string Recovery::keepForeign(const Network& network) {
  const auto own = networkFile(project_.folder, network.name);
  const auto there = readWholeFile(own, maxNetworkBytes);
  const auto seen = seen_.find(network.name);
  if (!there || (seen != seen_.end() && seen->second == contentHash(*there))) return {};
  const auto copy = std::filesystem::path(
      own.string() + "." + QDateTime::currentDateTime().toString("yyyyMMdd-HHmmss-zzz").toStdString());
  return writeFileAtomically(copy, *there) ? copy.filename().string() : std::string();
}

void Recovery::saw(const std::string& name) {
  if (const auto text = readWholeFile(networkFile(project_.folder, name), maxNetworkBytes))
    seen_[name] = contentHash(*text);
}

// The place is part of the name, since a copied project has the same id; a second window has a file of its
// own. While what an earlier window left is offered and not taken, new edits go beside it.
std::filesystem::path Recovery::file(const std::string& network, bool beside) const {
  const std::string folder = ownName(project_.id) + "-" + contentHash(project_.folder.string()).substr(0, 8);
  const char* whose = second_() ? ".second" : "";
  return recoveries() / folder / (ownName(network) + whose + (beside ? ".next.json" : ".json"));
}

// What was kept where the project lay before it was moved or renamed belongs to it still.
void Recovery::adopt() {
  const auto own = file("x", false).parent_path();
  std::error_code error;
  std::vector<std::filesystem::path> others;
  for (std::filesystem::directory_iterator entry(recoveries(), error), end; !error && entry != end;
       entry.increment(error))
    if (entry->path() != own && entry->path().filename().string().starts_with(ownName(project_.id) + "-"))
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
    for (const auto& one : kept)
      if (!std::filesystem::exists(own / one.filename(), error))
        std::filesystem::rename(one, own / one.filename(), error);
    std::filesystem::remove(other, error); // when it is empty
  }
}

void Recovery::offer(const Network& network) {
  const auto place = file(network.name, false), next = file(network.name, true);
  std::error_code error;
  if (!std::filesystem::exists(place, error) && std::filesystem::exists(next, error))
    std::filesystem::rename(next, place, error);
  const auto kept = std::filesystem::exists(place, error) ? readNetwork(place) : Error{};
  if (!kept || *kept == network) return;
  offered_.insert(network.name);
  hub_.tell([kept = *kept](Bridge& bridge) { Q_EMIT bridge.recoveryFound(kept); });
}

Status Recovery::keep(const Network& network) {
  const auto place = file(network.name, offered_.contains(network.name));
  std::error_code error;
  std::filesystem::create_directories(place.parent_path(), error);
  if (auto written = writeNetwork(place, network); !written) return written;
  (void)writeFileAtomically(place.parent_path() / "place", project_.folder.string()); // for adopt()
  return {};
}

void Recovery::answer(const SaveRecovery& question, const Reply<Done>& reply) {
  if (auto kept = keep(*question.network); !kept) return reply(kept.error());
  reply(Done{});
}

void Recovery::answer(const DiscardRecovery& question, const Reply<Done>& reply) {
  const std::string name = question.network.toStdString();
  std::error_code error;
  std::filesystem::remove(file(name, false), error);
  if (offered_.erase(name) > 0) std::filesystem::rename(file(name, true), file(name, false), error);
  reply(Done{});
}

} // namespace loom
