// SPDX-License-Identifier: Apache-2.0
#include "core/run/site.h"
#include "core/base/atomic_file.h"
#include "core/base/format.h"
#include "core/base/os/paths.h"
#include <algorithm>
#include <charconv>
#include <optional>

namespace loom {
namespace {

namespace fs = std::filesystem;

constexpr int siteSchema = 1;
constexpr std::size_t maxSiteBytes = 4096, maxListBytes = 1u << 20;
constexpr std::string_view damagedId = "?"; // not a name that a site can have

Result<int> schemaOf(const JsonReader& reader) {
  const auto schema = reader.integer("schema");
  if (!schema) return schema.error();
  if (*schema > siteSchema)
    return Error{ErrorKind::input, reader.place(),
                 say("It has format {}; this program reads up to {}", *schema, siteSchema),
                 say("Use a newer Neuroloom")};
  if (*schema < 1)
    return Error{ErrorKind::input, reader.place(), say("Format {} does not exist", *schema),
                 say("Restore the file from a backup")};
  return static_cast<int>(*schema);
}

bool isSiteId(std::string_view id) {
  return !id.empty() && id.size() <= 64 &&
         id.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz-") == std::string_view::npos;
}

std::string projectIdIn(const fs::path& project) {
  const auto json = readJsonFile(project / "project.json");
  if (!json) return {};
  const auto id = JsonReader(*json, "project.json").text("id");
  return id ? *id : std::string();
}

} // namespace

Result<std::string> siteIdFrom(std::string_view text, const std::string& place) {
  const auto json = parseJson(text, place);
  if (!json) return json.error();
  const JsonReader reader(*json, place);
  if (const auto schema = schemaOf(reader); !schema) return schema.error();
  const auto id = reader.text("site");
  if (!id) return id.error();
  if (!isSiteId(*id))
    return Error{ErrorKind::input, place, say("Member 'site' is not the id of a site"),
                 say("Restore the file from a backup")};
  return *id;
}

fs::path siteListFile() { return os::configFolder() / "sites.json"; }

Result<std::vector<SiteEntry>> readSiteList(const fs::path& file) {
  std::vector<SiteEntry> sites;
  std::error_code unknown;
  if (!fs::exists(file, unknown)) return sites;
  const auto json = readJsonFile(file, maxListBytes);
  if (!json) return json.error();
  const JsonReader reader(*json, file.string());
  if (const auto schema = schemaOf(reader); !schema) return schema.error();
  const auto list = reader.array("sites");
  if (!list) return list.error();
  for (const Json& one : **list) {
    const JsonReader entry(one, file.string());
    const auto id = entry.text("id"), name = entry.text("name"), kind = entry.text("kind");
    for (const auto* member : {&id, &name, &kind})
      if (!*member) return member->error();
    if (!isSiteId(*id))
      return Error{ErrorKind::input, file.string(), say("'{}' is not the id of a site", *id),
                   say("Use lower-case letters, digits and '-', at most 64")};
    sites.push_back({*id, *name, *kind});
  }
  return sites;
}

namespace {

// Steps whose folder contains the manifest, which is written last.
Result<std::vector<std::int64_t>> checkpointSteps(const fs::path& folder) {
  std::vector<std::int64_t> steps;
  std::error_code failed;
  for (fs::directory_iterator entry(folder, failed), end; !failed && entry != end; entry.increment(failed)) {
    const std::string name = entry->path().filename().string();
    std::int64_t step = 0;
    const auto [next, error] = std::from_chars(name.data(), name.data() + name.size(), step);
    std::error_code unknown;
    if (error == std::errc{} && *next == 0 && step >= 0 &&
        fs::exists(entry->path() / "manifest.json", unknown))
      steps.push_back(step);
  }
  if (failed && failed != std::errc::no_such_file_or_directory)
    return Error{ErrorKind::input, folder.string(),
                 say("The checkpoints cannot be listed: {}", foreign(failed.message())),
                 say("Check that the project's folder exists and can be read")};
  std::sort(steps.begin(), steps.end());
  return steps;
}

class FolderSite : public RunSite {
 public:
  FolderSite(fs::path runs, std::string id, std::string project)
      : runs_(std::move(runs)), id_(std::move(id)), project_(std::move(project)),
        journals_(journalsBelow(runs_)) {}

  const std::string& id() const override { return id_; }
  JournalSource& journals() override { return *journals_; }

  Result<SiteListing> listing() override {
    SiteListing listing;
    auto runs = journals_->runs();
    if (!runs) return runs.error();
    listing.runs = std::move(*runs);
    std::error_code unknown;
    if (!fs::is_directory(runs_, unknown)) {
      listing.why = say("The folder of the runs is missing");
      return listing;
    }
    if (!fs::exists(marker(), unknown)) {
      listing.markable = !unknown;
      listing.why = say("The folder of the runs has no marker file; it may not be mounted");
      return listing;
    }
    const auto json = readJsonFile(marker(), maxSiteBytes);
    if (!json) {
      listing.why = say("The marker file of the runs cannot be read");
      return listing;
    }
    const auto project = JsonReader(*json, marker().string()).text("project");
    listing.complete = project.ok() && *project == project_;
    if (!listing.complete) listing.why = say("The folder contains the runs of another project");
    return listing;
  }
  Status mark() override {
    return writeFileAtomically(marker(), canonicalJson({{"schema", siteSchema}, {"project", project_}}));
  }

  Liveness liveness(const std::string& run) override { return RunLock::look(runs_ / run); }
  Result<std::string> send(const std::string& run, RunControl control) override {
    return sendControl(runs_ / run, std::move(control));
  }

  Result<std::string> console(const std::string& run, std::uint64_t offset, std::size_t maxBytes) override {
    return bytesFrom(runs_ / run / "console.log", offset, maxBytes);
  }
  Result<std::uint64_t> consoleSize(const std::string& run) override {
    return sizeOfFile(runs_ / run / "console.log");
  }

  Result<RunConfig> config(const std::string& run) override { return readRunConfig(runs_ / run); }
  Result<std::vector<std::int64_t>> checkpoints(const std::string& run) override {
    return checkpointSteps(runs_ / run / "checkpoints");
  }
  bool evaluated(const std::string& run, std::int64_t step, const std::string& split) override {
    return isEvaluated(runs_ / run, step, split);
  }
  Result<Evaluation> evaluation(const std::string& run, std::int64_t step,
                                const std::string& split) override {
    return readEvaluation(runs_ / run, step, split);
  }
  Result<fs::path> folder(const std::string& run) override {
    std::error_code unknown;
    const fs::path folder = runs_ / run;
    if (fs::is_directory(folder, unknown)) return folder;
    return Error{ErrorKind::input, folder.string(), say("The folder of the run does not exist"),
                 say("Restore the folder from a backup")};
  }

 private:
  fs::path marker() const { return runs_ / "marker.json"; }
  const fs::path runs_;
  const std::string id_, project_;
  const std::unique_ptr<JournalSource> journals_;
};

// A site that nothing is asked of: what the project's own folder contains of its runs is shown.
class OutOfReachSite : public FolderSite {
 public:
  OutOfReachSite(const fs::path& runs, std::string id, Message why)
      : FolderSite(runs, std::move(id), {}), why_(std::move(why)), since_(nowMicroseconds()) {}

  Result<SiteListing> listing() override {
    SiteListing listing;
    listing.why = why_;
    return listing;
  }
  Status mark() override { return refused(); }
  Liveness liveness(const std::string&) override {
    Liveness liveness;
    liveness.state = Liveness::State::unknown;
    liveness.since = since_;
    liveness.why = why_;
    return liveness;
  }
  Result<std::string> send(const std::string&, RunControl) override { return refused(); }

 private:
  Error refused() const {
    return {ErrorKind::remote, id(), why_, say("Give the command on the computer that trains the run")};
  }
  const Message why_;
  const std::int64_t since_;
};

} // namespace

std::unique_ptr<RunSite> folderSite(fs::path runsFolder, std::string id, std::string projectId) {
  return std::make_unique<FolderSite>(std::move(runsFolder), std::move(id), std::move(projectId));
}

RunSites::RunSites(fs::path project, std::vector<std::unique_ptr<RunSite>> others)
    : runs_(project / "runs"), own_(folderSite(runs_, {}, projectIdIn(project))) {
  for (auto& one : others) {
    std::string id = one->id();
    others_[std::move(id)] = std::move(one);
  }
}

std::unique_ptr<RunSites> sitesOf(const fs::path& project) { return std::make_unique<RunSites>(project); }

Result<std::vector<RunSites::Listed>> RunSites::runs() {
  auto names = own_->journals().runs();
  if (!names) return names.error();
  std::vector<Listed> all;
  all.reserve(names->size());
  for (std::string& run : *names) {
    RunSite& site = of(run);
    all.push_back({std::move(run), &site});
  }
  return all;
}

RunSite& RunSites::of(const std::string& run) {
  const fs::path file = runs_ / run / "site.json";
  std::error_code unknown;
  if (!fs::exists(file, unknown) && !unknown) return *own_;
  const auto text = readWholeFile(file, maxSiteBytes);
  const auto id = text ? siteIdFrom(*text, file.string()) : Result<std::string>(text.error());
  if (!id) {
    const std::lock_guard lock(mutex_);
    return outOfReach(std::string(damagedId), say("The file that names the run's site cannot be read"));
  }
  return named(*id);
}

RunSite& RunSites::named(const std::string& id) {
  if (id.empty()) return *own_;
  const std::lock_guard lock(mutex_);
  if (const auto known = others_.find(id); known != others_.end()) return *known->second;
  const auto list = readSiteList(siteListFile());
  const SiteEntry* entry = nullptr;
  if (list)
    for (const SiteEntry& one : *list)
      if (one.id == id) entry = &one;
  return outOfReach(id, entry ? say("This version cannot connect to sites of kind '{}'", entry->kind)
                              : say("The site '{}' is not in your list of sites", id));
}

RunSite& RunSites::outOfReach(const std::string& id, Message why) {
  auto& site = others_[id];
  if (!site) site = std::make_unique<OutOfReachSite>(runs_, id, std::move(why));
  return *site;
}

std::optional<Error> RunSites::whyUnreachable(const std::function<StoredRuns()>& stored) {
  std::error_code unknown;
  const bool there = fs::exists(runs_, unknown) && !unknown;
  if (!there && fs::is_symlink(fs::symlink_status(runs_, unknown)))
    return Error{ErrorKind::input, runs_,
                 say("It is a link to {}, which does not exist", fs::read_symlink(runs_, unknown)),
                 say("Mount the disk that contains the runs, or correct the link")};
  const auto listing = own_->listing();
  if (!listing) return listing.error();
  if (listing->complete) return std::nullopt;
  if (there && !listing->markable)
    return Error{
        ErrorKind::input, runs_, listing->why,
        say("Mount the disk that contains the runs of this project, or delete marker.json if these are "
            "its runs")};
  const StoredRuns known = stored();
  const auto isThere = [&](const std::string& run) {
    return std::binary_search(listing->runs.begin(), listing->runs.end(), run);
  };
  // A history that cannot be read says nothing: a first one that was just begun looks like that, too.
  if (!known.readable || known.runs.empty() || std::any_of(known.runs.begin(), known.runs.end(), isThere))
    return std::nullopt;
  const Message fix =
      say("Mount the disk or restore the folder that contains the runs. If the runs were deleted, "
          "move the folder {} away",
          known.place);
  const Count count{std::ssize(known.runs)};
  return Error{ErrorKind::input, runs_,
               there ? sayCount("The folder does not contain the {} run that is in the history",
                                "The folder contains none of the {} runs that are in the history", count)
                     : sayCount("The folder of the runs is missing, but the history contains {} run",
                                "The folder of the runs is missing, but the history contains {} runs", count),
               fix};
}

std::optional<Error> RunSites::whyUnreachable(const std::string& run) {
  RunSite& site = of(run);
  if (&site == own_.get()) return std::nullopt;
  const auto listing = site.listing();
  if (listing && listing->complete) return std::nullopt;
  return Error{
      ErrorKind::remote, runs_ / run / "site.json", listing ? listing->why : listing.error().cause,
      say("Use the computer that trains the run; here is only what the project's folder contains of it")};
}

bool RunSites::anyRunning() {
  const auto all = runs();
  return all && std::any_of(all->begin(), all->end(),
                            [](const Listed& one) { return one.site->liveness(one.run).running(); });
}

} // namespace loom
