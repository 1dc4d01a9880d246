// SPDX-License-Identifier: Apache-2.0
#include "core/run/request.h"
#include "core/run/members.h"
#include "core/run/project.h"
#include <charconv>
#include <fmt/format.h>

namespace loom {

Json pathToJson(const std::filesystem::path& path) {
  const Json text = path.string();
  if (const auto same = parseJson(compactJson(text), "path"); same && *same == text) return text;
  std::string hex;
  for (const unsigned char byte : path.string()) hex += fmt::format("{:02x}", byte);
  return {{"hex", hex}};
}

namespace {

constexpr std::size_t maxPathBytes = 4096; // PATH_MAX

Error wrongPath(const char* key, const std::string& place) {
  return {ErrorKind::input, place, say("Member '{}' is not a path", std::string_view(key)),
          say("Start the run again")};
}

// A zero byte would end the path for the operating system.
Result<std::filesystem::path> pathOf(std::string bytes, const char* key, const std::string& place) {
  if (bytes.size() > maxPathBytes || bytes.find('\0') != std::string::npos) return wrongPath(key, place);
  return std::filesystem::path(std::move(bytes));
}

} // namespace

Result<std::filesystem::path> pathFromJson(const Json& object, const char* key, const std::string& place) {
  const JsonReader reader(object, place);
  if (auto text = reader.text(key)) return pathOf(std::move(*text), key, place);
  const auto coded = reader.object(key);
  if (!coded) return coded.error();
  const auto hex = JsonReader(**coded, place).text("hex");
  if (!hex) return hex.error();
  std::string bytes;
  bool good = hex->size() % 2 == 0;
  for (std::size_t at = 0; good && at < hex->size(); at += 2) {
    unsigned byte = 0;
    const auto [end, error] = std::from_chars(hex->data() + at, hex->data() + at + 2, byte, 16);
    good = error == std::errc{} && end == hex->data() + at + 2;
    bytes += static_cast<char>(byte);
  }
  return good ? pathOf(std::move(bytes), key, place) : wrongPath(key, place);
}

Json toJson(const TrainRequest& request) {
  Json json{{"schema", requestSchema}, {"project", pathToJson(request.project)}};
  if (!request.resume.empty()) {
    json["resume"] = request.resume;
    json["epochs"] = request.settings.epochs;
    return json;
  }
  json["run"] = request.run;
  json["name"] = request.name;
  json["network_name"] = request.network;
  json["settings"] = toJson(request.settings);
  if (request.frozen) {
    json["network"] = toJson(request.frozen->network);
    json["data"] = toJson(request.frozen->data);
  }
  return json;
}

namespace {

Result<TrainRequest> newRunFromJson(TrainRequest request, const JsonReader& reader) {
  const std::string place = reader.place().text();
  const auto run = reader.text("run"), name = reader.text("name"), network = reader.text("network_name");
  for (const auto* text : {&name, &network})
    if (*text && ((*text)->size() > maxShortText || (*text)->find('\0') != std::string::npos))
      return Error{ErrorKind::input, place,
                   say("A name must have at most {} bytes and no zero byte (got {} bytes)", maxShortText,
                       (*text)->size()),
                   say("Start the run again")};
  const auto settings = reader.object("settings"), drawn = reader.object("network"),
             data = reader.object("data");
  for (const auto* text : {&run, &name, &network})
    if (!*text) return text->error();
  for (const auto* object : {&settings, &drawn, &data})
    if (!*object) return object->error();
  if (auto good = checkRunId(*run); !good)
    return Error{ErrorKind::input, place, say("Member 'run' is not the id of a run"),
                 say("Start the run again")};
  auto readSettings = settingsFromJson(**settings, place + ", settings");
  if (!readSettings) return readSettings.error();
  auto readNetwork = networkFromJson(**drawn, place + ", network");
  if (!readNetwork) return readNetwork.error();
  auto readData = datasetFromJson(**data, place + ", data");
  if (!readData) return readData.error();
  request.run = *run;
  request.name = *name;
  request.network = *network;
  request.settings = std::move(*readSettings);
  request.frozen = FrozenInputs{std::move(*readNetwork), std::move(*readData)};
  request.frozen->network.name = *network; // the file's name is the name
  return request;
}

} // namespace

Result<TrainRequest> requestFromJson(const Json& json, const std::string& place) {
  const JsonReader reader(json, place);
  const auto schema = reader.integer("schema");
  if (!schema) return schema.error();
  if (*schema > requestSchema)
    return Error{ErrorKind::input, place,
                 say("It has format {}; this program reads up to {}", *schema, requestSchema),
                 say("Use a newer Neuroloom")};
  if (*schema < 1)
    return Error{ErrorKind::input, place, say("Format {} does not exist", *schema),
                 say("Start the run again")};
  const auto project = pathFromJson(json, "project", place);
  if (!project) return project.error();
  TrainRequest request;
  request.project = *project;
  if (!request.project.is_absolute())
    return Error{ErrorKind::input, place, say("Member 'project' is not an absolute path"),
                 say("Start the run again")};
  if (!reader.has("resume")) return newRunFromJson(std::move(request), reader);
  const auto resume = reader.text("resume");
  const auto epochs = reader.integer("epochs");
  if (!resume) return resume.error();
  if (!epochs) return epochs.error();
  if (auto good = checkRunId(*resume); !good)
    return Error{ErrorKind::input, place, say("Member 'resume' is not the id of a run"),
                 say("Resume the run again")};
  if (*epochs != 0) // as it was
    if (auto good = checkField(trainSetting("epochs").field, *epochs); !good)
      return Error{ErrorKind::input, place, good.error().cause, say("Resume the run again")};
  request.resume = *resume;
  request.settings.epochs = *epochs;
  return request;
}

Status freeze(TrainRequest& request) {
  if (!request.resume.empty() || request.frozen) return {};
  auto project = openProject(request.project);
  if (!project) return project.error();
  auto network = loadNetwork(*project, request.network);
  if (!network) return network.error();
  request.network = network->name;
  request.frozen = FrozenInputs{std::move(*network), std::move(project->data)};
  return {};
}

} // namespace loom
