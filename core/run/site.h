// SPDX-License-Identifier: Apache-2.0
// A place where runs are, behind one interface: journals by byte offset, who trains, commands, console,
// evaluations and checkpoints. A run is at the project's own runs/ unless runs/<uuid>/site.json names another
// site by its id in the user's own list of sites. The file never contains an address: opening a project of
// somebody else contacts nobody.
//
// A missing folder of a run means that the run was deleted only where its site can be read completely. The
// marker file runs/marker.json shows that: an empty mount point does not contain it.
#pragma once
#include "core/run/evaluation_files.h"
#include "core/run/events.h"
#include "core/run/journal.h"
#include "core/run/run_config.h"
#include "core/run/run_lock.h"
#include <functional>
#include <map>
#include <mutex>

namespace loom {

// The runs that a site has at this moment.
struct SiteListing {
  std::vector<std::string> runs; // ascending
  bool complete = false;         // these are all: a run that is not among them is not at this site
  Message why;                   // not complete
  bool markable = false; // only the marker is missing: whoever knows that these are all may call mark()
};

// Thread safe. Errors are of kind input when something is missing or damaged, remote when a site does not
// answer.
class RunSite {
 public:
  virtual ~RunSite() = default;
  virtual const std::string& id() const = 0; // empty: the project's own runs/
  virtual JournalSource& journals() = 0;
  virtual Result<SiteListing> listing() = 0;
  virtual Status mark() = 0; // writes the marker
  virtual Liveness liveness(const std::string& run) = 0;
  virtual Result<std::string> send(const std::string& run, RunControl control) = 0; // the command's id
  // What the trainer printed, from byte `offset` on, at most maxBytes; empty at the end.
  virtual Result<std::string> console(const std::string& run, std::uint64_t offset, std::size_t maxBytes) = 0;
  virtual Result<std::uint64_t> consoleSize(const std::string& run) = 0; // bytes; 0 when there is none
  virtual Result<RunConfig> config(const std::string& run) = 0;
  virtual Result<std::vector<std::int64_t>> checkpoints(const std::string& run) = 0; // steps, ascending
  virtual bool evaluated(const std::string& run, std::int64_t step, const std::string& split) = 0;
  virtual Result<Evaluation> evaluation(const std::string& run, std::int64_t step,
                                        const std::string& split) = 0;
  // The run's folder on this computer; an Error when it is elsewhere or was deleted.
  virtual Result<std::filesystem::path> folder(const std::string& run) = 0;
};

// A folder of runs on this computer. `id` empty: a project's own runs/.
std::unique_ptr<RunSite> folderSite(std::filesystem::path runsFolder, std::string id, std::string projectId);

// One entry of the user's own list, $XDG_CONFIG_HOME/neuroloom/sites.json:
// {"schema": 1, "sites": [{"id": "cluster", "name": "Our cluster", "kind": "slurm"}]}.
struct SiteEntry {
  std::string id, name, kind;
};
std::filesystem::path siteListFile();
Result<std::vector<SiteEntry>> readSiteList(const std::filesystem::path& file); // empty without a file

// The site id in the text of a site.json; kind input when it is not one.
Result<std::string> siteIdFrom(std::string_view text, const std::string& place);

// What the history contains of the project's own runs.
struct StoredRuns {
  std::vector<std::string> runs;
  bool readable = true;        // else there may be runs that are not listed
  std::filesystem::path place; // of the history
};

// All sites of one project. Thread safe; the sites live as long as it does.
class RunSites {
 public:
  explicit RunSites(std::filesystem::path project, std::vector<std::unique_ptr<RunSite>> others = {});
  struct Listed {
    std::string run;
    RunSite* site;
  };
  Result<std::vector<Listed>> runs(); // by id; every folder in the project's own runs/
  RunSite& own() { return *own_; }
  RunSite& of(const std::string& run);
  // Never fails: a site that is unknown here, or that this version cannot reach, answers with what the
  // project's own folder contains, and its runs are of unknown liveness. Nothing is contacted.
  RunSite& named(const std::string& id);
  // Why the project's own runs cannot be reached: `runs` is a link that leads nowhere, a mount point without its
  // disk, the folder of another project, or it is missing though the history contains runs. Nothing when they
  // can be. `stored` is asked only where the folder alone does not tell. Kind input.
  std::optional<Error> whyUnreachable(const std::function<StoredRuns()>& stored);
  // Why the site of one run cannot be asked; nothing when it can. Kind remote.
  std::optional<Error> whyUnreachable(const std::string& run);
  bool anyRunning(); // a trainer holds the lock of one of these runs

 private:
  RunSite& outOfReach(const std::string& id, Message why);
  std::filesystem::path runs_;
  std::unique_ptr<RunSite> own_;
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<RunSite>> others_;
};
std::unique_ptr<RunSites> sitesOf(const std::filesystem::path& project);
// RunSites::whyUnreachable() with what the project's history contains. Asked before anything is written to the runs,
// or rebuilt from them, by rooms that must not include core/store, which defines it; the engine alone has no
// history (no_history.cpp).
std::optional<Error> whyUnreachable(const std::filesystem::path& project, RunSites& sites);

} // namespace loom
