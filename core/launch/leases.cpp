// SPDX-License-Identifier: Apache-2.0
#include "core/launch/leases.h"
#include "core/base/atomic_file.h"
#include "core/base/format.h"
#include "core/base/os/lock.h"
#include "core/base/os/paths.h"
#include "core/base/os/process.h"
#include "core/base/parallel.h"
#include "core/base/subprocess.h"
#include "core/run/request.h"
#include <algorithm>
#include <fmt/format.h>
#include <thread>

namespace loom {
namespace {

namespace fs = std::filesystem;

constexpr int leaseSchema = 1;
constexpr std::size_t maxTableBytes = 1u << 20;

fs::path tableOf(const fs::path& folder) { return folder / "leases.json"; }

Result<Lease> leaseFromJson(const Json& json, const std::string& place) {
  const JsonReader reader(json, place);
  const auto run = reader.text("run"), boot = reader.text("boot");
  const auto project = pathFromJson(json, "project", place);
  const auto cores = reader.integer("cores"), process = reader.integer("process"),
             since = reader.integer("since");
  const auto start = reader.unsignedInteger("start");
  const auto devices = reader.array("devices");
  if (!run || !project || !boot || !cores || !process || !since || !start || !devices || *cores < 0 ||
      *cores > 1'000'000 || *process <= 0 || *process > INT32_MAX)
    return Error{ErrorKind::input, place, say("A lease is damaged"), say("Nothing needs to be done")};
  Lease lease{*run,  *project, static_cast<int>(*cores), {}, static_cast<int>(*process), *start,
              *boot, *since};
  for (const Json& device : **devices)
    if (device.is_string()) lease.devices.push_back(device.get<std::string>());
  return lease;
}

Result<std::vector<Lease>> parsed(const fs::path& file) {
  std::vector<Lease> leases;
  std::error_code unknown;
  if (!fs::exists(file, unknown)) return leases;
  const auto json = readJsonFile(file, maxTableBytes);
  if (!json) return json.error();
  const JsonReader reader(*json, file.string());
  const auto schema = reader.integer("schema");
  const auto list = reader.array("leases");
  if (!schema) return schema.error();
  if (!list) return list.error();
  if (*schema != leaseSchema)
    return Error{ErrorKind::input, file.string(), say("Format {} is not known", *schema),
                 say("Use a newer Neuroloom")};
  for (const Json& one : **list) {
    auto lease = leaseFromJson(one, file.string());
    if (!lease) return lease.error();
    if (lives(*lease)) leases.push_back(std::move(*lease));
  }
  return leases;
}

} // namespace

fs::path queueFolder() {
  std::string host = hostName();
  for (char& letter : host)
    if (!std::isalnum(static_cast<unsigned char>(letter)) && letter != '-' && letter != '.') letter = '-';
  if (host.empty() || host.front() == '.') host.insert(host.begin(), '-');
  return os::stateFolder() / "queue" / host;
}

bool lives(const Lease& lease) {
  return lease.boot == bootId() && lease.start != 0 && processStartTime(lease.process) == lease.start;
}

Result<std::optional<FileLock>> FileLock::take(const fs::path& file, std::chrono::milliseconds limit) {
  std::error_code failed;
  if (fs::create_directories(file.parent_path(), failed))
    fs::permissions(file.parent_path(), fs::perms::owner_all, failed);
  FileLock lock;
  if (const int code = lock.file_.open(file, os::Access::readWrite); code != 0)
    return writeError(file, say("the lock cannot be taken"), code);
  const auto until = std::chrono::steady_clock::now() + limit;
  for (;;) {
    const auto [state, code] = os::tryLock(lock.file_);
    if (state == os::LockState::taken) return std::optional<FileLock>(std::move(lock));
    if (state != os::LockState::busy) return writeError(file, say("the lock cannot be taken"), code);
    if (std::chrono::steady_clock::now() >= until) return std::optional<FileLock>();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

Result<FileLock> lockQueue(const fs::path& folder) {
  auto lock = FileLock::take(folder / "lock", std::chrono::seconds(10));
  if (!lock) return lock.error();
  if (!*lock)
    return Error{ErrorKind::other, folder.string(),
                 say("Another process has locked the queue for 10 seconds"),
                 say("Try again; if this persists, end that process")};
  return std::move(**lock);
}

Result<std::vector<Lease>> readLeases(const fs::path& folder, std::optional<Error>& problem) {
  const fs::path file = tableOf(folder);
  auto leases = parsed(file);
  if (leases) return leases;
  std::error_code failed;
  const fs::path aside = fmt::format("{}.damaged-{}", file.string(), nowMicroseconds());
  fs::rename(file, aside, failed);
  if (failed) return leases.error();
  problem = Error{ErrorKind::input, file.string(),
                  say("The table of used cores was damaged and is now {}: {}", aside.filename().string(),
                      leases.error().cause),
                  say("Nothing needs to be done")};
  return std::vector<Lease>();
}

Status writeLeases(const fs::path& folder, const std::vector<Lease>& leases) {
  Json list = Json::array();
  for (const Lease& one : leases)
    list.push_back({{"run", one.run},
                    {"project", pathToJson(one.project)},
                    {"cores", one.cores},
                    {"devices", one.devices},
                    {"process", one.process},
                    {"start", one.start},
                    {"boot", one.boot},
                    {"since", one.since}});
  return writeFileAtomically(tableOf(folder), canonicalJson({{"schema", leaseSchema}, {"leases", list}}));
}

std::vector<Lease> leasesNow(const fs::path& folder) {
  auto leases = parsed(tableOf(folder));
  return leases ? std::move(*leases) : std::vector<Lease>();
}

Result<OwnLease> OwnLease::take(fs::path folder, Lease lease) {
  OwnLease own;
  own.lease_ = std::move(lease);
  own.lease_.process = os::processId();
  own.lease_.start = processStartTime(own.lease_.process);
  own.lease_.boot = bootId();
  own.lease_.since = nowMicroseconds();
  own.folder_ = std::move(folder);
  if (auto stored = own.store(true); !stored) {
    own.folder_.clear();
    return stored.error();
  }
  return own;
}

Status OwnLease::store(bool keep) {
  const auto lock = lockQueue(folder_);
  if (!lock) return lock.error();
  std::optional<Error> problem;
  auto leases = readLeases(folder_, problem);
  if (!leases) return leases.error();
  std::erase_if(*leases, [&](const Lease& one) { return one.process == lease_.process; });
  others_ = *leases;
  if (keep) leases->push_back(lease_);
  return writeLeases(folder_, *leases);
}

void OwnLease::resize(int cores) {
  if (cores == lease_.cores) return;
  lease_.cores = cores;
  // What cannot be written stays as it was: the queue then counts too many cores, which only makes it wait.
  if (const auto stored = store(true); !stored) return;
}

OwnLease::OwnLease(OwnLease&& other) noexcept
    : folder_(std::exchange(other.folder_, {})), lease_(std::move(other.lease_)),
      others_(std::move(other.others_)) {}
OwnLease& OwnLease::operator=(OwnLease&& other) noexcept {
  std::swap(folder_, other.folder_);
  std::swap(lease_, other.lease_);
  std::swap(others_, other.others_);
  return *this;
}
OwnLease::~OwnLease() {
  if (folder_.empty()) return;
  // What cannot be written is reclaimed when this process has ended.
  if (const auto stored = store(false); !stored) return;
}

int coresOf(int threads) { return threads > 0 ? threads : usableCores(); }

} // namespace loom
