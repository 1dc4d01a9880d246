// SPDX-License-Identifier: Apache-2.0
#include "core/run/project.h"
#include "core/base/atomic_file.h"
#include "core/base/uuid.h"
#include <algorithm>
#include <fmt/format.h>

namespace loom {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t maxProjectBytes = 4u << 20;

Error noProject(const fs::path& folder, Message cause) {
  return {ErrorKind::input, folder.string(), std::move(cause),
          say("Pass a folder that contains project.json, or create one with 'loom new'")};
}

Json toJson(const Project& project) {
  return Json{{"schema", projectSchema},
              {"application", "neuroloom"},
              {"id", project.id},
              {"name", project.name},
              {"network", project.network},
              {"data", toJson(project.data)},
              {"defaults", toJson(project.defaults)}};
}

// Schema 0 called the data "dataset" and had no id.
Json migrated(Json json) {
  json["schema"] = projectSchema;
  if (json.contains("dataset")) {
    json["data"] = json["dataset"];
    json.erase("dataset");
  }
  if (!json.contains("id")) json["id"] = newUuid();
  return json;
}

// A name that is one plain part of a path.
bool plainName(const std::string& name) {
  return !name.empty() && name.size() <= 120 && name != "." && name != ".." &&
         name.find('/') == std::string::npos && name.find('\0') == std::string::npos && name.front() != '.';
}

fs::path networkFile(const Project& project, const std::string& name) {
  return project.folder / "networks" / (name + ".json");
}

Result<Project> projectFromJson(const Json& json, const fs::path& folder) {
  const std::string place = (folder / "project.json").string();
  const JsonReader reader(json, place);
  Project project;
  project.folder = folder;
  auto id = reader.text("id");
  if (!id) return id.error();
  auto name = reader.text("name");
  if (!name) return name.error();
  auto network = reader.text("network");
  if (!network) return network.error();
  auto data = reader.object("data");
  if (!data) return data.error();
  auto defaults = reader.object("defaults");
  if (!defaults) return defaults.error();
  if (!plainName(*network))
    return Error{ErrorKind::input, place, say("Member 'network' is not the name of a network"),
                 say("Correct the file")};
  if (!plainName(*id))
    return Error{ErrorKind::input, place, say("Member 'id' is not an id"), say("Correct the file")};
  auto spec = datasetFromJson(**data, place);
  if (!spec) return spec.error();
  auto settings = settingsFromJson(**defaults, place);
  if (!settings) return settings.error();
  project.id = *id;
  project.name = *name;
  project.network = *network;
  project.data = std::move(*spec);
  project.defaults = std::move(*settings);
  return project;
}

} // namespace

Result<Project> openProject(const fs::path& given) {
  std::error_code error;
  // A person may point at project.json itself.
  fs::path folder = given.filename() == "project.json" ? given.parent_path() : given;
  if (given.empty()) return noProject("project", say("No folder was given"));
  if (folder.empty()) folder = ".";
  const fs::path file = folder / "project.json";
  if (!fs::exists(folder, error)) return noProject(folder, say("There is no such folder"));
  if (!fs::is_directory(folder, error))
    return noProject(folder, say("This is a file, not the folder of a project"));
  if (!fs::exists(file, error)) return noProject(folder, say("The folder does not contain project.json"));
  auto json = readJsonFile(file, maxProjectBytes);
  if (!json) return json.error();
  auto schema = JsonReader(*json, file.string()).integer("schema");
  if (!schema) return schema.error();
  if (*schema > projectSchema)
    return Error{
        ErrorKind::input, file.string(),
        say("It was written by a newer Neuroloom (schema {}, this one reads {})", *schema, projectSchema),
        say("Use a newer Neuroloom")};
  if (*schema < 0)
    return Error{ErrorKind::input, file.string(), say("Its schema is negative"),
                 say("Restore the file from a backup")};
  if (*schema == projectSchema) return projectFromJson(*json, folder);
  auto project = projectFromJson(migrated(std::move(*json)), folder);
  if (!project) return project;
  auto original = readWholeFile(file, maxProjectBytes);
  if (!original) return original.error();
  // A project that cannot be written opens all the same: it is migrated in memory only.
  if (writeFileAtomically(fs::path(file.string() + fmt::format(".schema-{}.bak", *schema)), *original))
    if (auto saved = saveProject(*project); !saved) return saved.error();
  return project;
}

Status saveProject(const Project& project) {
  return writeFileAtomically(project.folder / "project.json", canonicalJson(toJson(project)));
}

namespace {

// Takes away again what was made of a project, unless it was kept: its folders and files, the folder itself
// and those above it where they were not there before.
class Unfinished {
 public:
  explicit Unfinished(fs::path folder) : folder_(std::move(folder)) {
    std::error_code error;
    for (fs::path at = fs::absolute(folder_, error).lexically_normal(); !at.empty() && !fs::exists(at, error);
         at = at.parent_path())
      made_.push_back(at);
  }
  Unfinished(const Unfinished&) = delete;
  Unfinished& operator=(const Unfinished&) = delete;
  ~Unfinished() {
    if (kept_) return;
    std::error_code error;
    // It was empty: all that is in it came with the project.
    for (fs::directory_iterator entry(folder_, error), end; !error && entry != end; entry.increment(error)) {
      std::error_code one;
      fs::remove_all(entry->path(), one);
    }
    for (const auto& folder : made_) fs::remove(folder, error); // only an empty one
  }
  void keep() { kept_ = true; }

 private:
  fs::path folder_;
  std::vector<fs::path> made_; // the innermost first
  bool kept_ = false;
};

} // namespace

Result<Project> createProject(const fs::path& folder, Project content, const Network& network,
                              const ProjectFiles& files) {
  std::error_code error;
  if (fs::exists(folder, error)) {
    if (!fs::is_directory(folder, error))
      return Error{ErrorKind::usage, folder.string(), say("There is a file of this name"),
                   say("Choose another name")};
    if (!fs::is_empty(folder, error) || error)
      return Error{ErrorKind::usage, folder.string(), say("The folder exists and is not empty"),
                   say("Choose another name, or empty it")};
  }
  Unfinished unfinished(folder);
  for (const char* part : {"networks", "runs", "history"}) {
    fs::create_directories(folder / part, error);
    if (error)
      return Error{ErrorKind::input, folder.string(),
                   say("The folder cannot be made: {}", foreign(error.message())),
                   say("Choose a folder that can be written")};
  }
  content.folder = folder;
  if (content.id.empty()) content.id = newUuid();
  if (content.name.empty()) content.name = folder.stem().string();
  content.network = network.name;
  for (const auto& [name, bytes] : files) {
    fs::create_directories((folder / name).parent_path(), error);
    if (auto written = writeFileAtomically(folder / name, bytes); !written) return written.error();
  }
  if (auto saved = saveNetwork(content, network); !saved) return saved.error();
  if (auto saved = saveProject(content); !saved) return saved.error();
  unfinished.keep();
  return content;
}

std::vector<std::string> networkNames(const Project& project) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(project.folder / "networks", error), end; !error && entry != end;
       entry.increment(error))
    if (entry->path().extension() == ".json" && plainName(entry->path().stem().string()))
      names.push_back(entry->path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

Result<Network> loadNetwork(const Project& project, const std::string& name) {
  const std::string wanted = name.empty() ? project.network : name;
  const auto names = networkNames(project);
  if (std::find(names.begin(), names.end(), wanted) == names.end()) {
    return Error{ErrorKind::input, (project.folder / "networks").string(),
                 say("There is no network '{}'", wanted),
                 names.empty() ? say("Draw one first") : say("Choose one of: {}", names)};
  }
  auto network = readNetwork(networkFile(project, wanted));
  if (network) network->name = wanted; // the file's name is the name
  return network;
}

Status saveNetwork(const Project& project, const Network& network) {
  if (!plainName(network.name))
    return Error{ErrorKind::usage, network.name, say("This is not a name for a network"),
                 say("Use letters, digits, '-' and '_'")};
  return writeNetwork(networkFile(project, network.name), network);
}

fs::path runFolder(const fs::path& project, const std::string& run) { return project / "runs" / run; }

Result<std::string> findRun(const fs::path& project, std::string_view word) {
  std::vector<RunName> all;
  std::error_code error;
  for (fs::directory_iterator entry(project / "runs", error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code unknown;
    if (!entry->is_directory(unknown) || (!fs::exists(entry->path() / "run.json", unknown) &&
                                          !fs::exists(entry->path() / "attempts", unknown)))
      continue;
    RunName one{entry->path().filename().string(), {}, 0};
    if (auto json = readJsonFile(entry->path() / "run.json")) {
      const JsonReader reader(*json, one.id);
      if (auto created = reader.integer("created")) one.created = *created;
      if (auto name = reader.text("name")) one.name = *name;
    }
    all.push_back(std::move(one));
  }
  return findRun(std::move(all), word, Place(project / "runs"));
}

} // namespace loom
