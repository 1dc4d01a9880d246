// SPDX-License-Identifier: Apache-2.0
#include "core/launch/queue_file.h"
#include "core/base/atomic_file.h"
#include <fmt/format.h>
#include <limits>

namespace loom {
namespace {

constexpr int queueSchema = 1;
constexpr std::size_t maxEntryBytes = 16u << 20, maxNameBytes = 4096, maxDevices = 64;

Error damaged(const std::string& place, Message cause) {
  return {ErrorKind::input, place, std::move(cause),
          say("Remove the file, or remove the entry with 'loom queue cancel'")};
}

Status readDevices(const Json& list, const std::string& place, std::vector<std::string>& into) {
  if (list.size() > maxDevices) return damaged(place, say("It names too many devices"));
  for (const Json& device : list) {
    if (!device.is_string() || device.get_ref<const std::string&>().size() > maxNameBytes)
      return damaged(place, say("Member 'devices' is damaged"));
    into.push_back(device.get<std::string>());
  }
  return {};
}

// Absent in an entry that was not started, and in those of earlier versions.
Status readTrainer(const Json& json, const std::string& place, QueueEntry& entry) {
  const JsonReader reader(json, place);
  const auto process = reader.integer("process"), attempts = reader.integer("attempts");
  for (const auto* number : {&process, &attempts})
    if (!*number) return number->error();
  const auto start = reader.unsignedInteger("process_start"), size = reader.unsignedInteger("console_size");
  for (const auto* number : {&start, &size})
    if (!*number) return number->error();
  if (*process < 1 || *process > std::numeric_limits<int>::max())
    return damaged(place, say("Member 'process' is out of range"));
  if (*attempts < 0 || *attempts > std::numeric_limits<int>::max())
    return damaged(place, say("Member 'attempts' is out of range"));
  entry.trainer = StartedTrainer{static_cast<int>(*process), *start, *attempts, *size};
  return {};
}

Json toJson(const StartedTrainer& trainer) {
  return {{"process", trainer.process},
          {"process_start", trainer.processStart},
          {"attempts", trainer.attempts},
          {"console_size", trainer.consoleSize}};
}

} // namespace

bool isQueueId(std::string_view id) {
  return id.size() == 36 && id.find_first_not_of("0123456789abcdef-") == std::string_view::npos;
}

Result<QueueEntry> readQueueFile(const std::filesystem::path& file) {
  const std::string place = file.string();
  QueueEntry entry;
  entry.id = file.stem().string();
  if (!isQueueId(entry.id)) return damaged(place, say("The file's name is not that of a waiting run"));
  const auto json = readJsonFile(file, maxEntryBytes);
  if (!json) return json.error();
  const JsonReader reader(*json, place);
  const auto schema = reader.integer("schema");
  if (!schema) return schema.error();
  if (*schema != queueSchema) return damaged(place, say("Format {} is not known to this program", *schema));
  for (const auto& [key, into] : {std::pair("project_name", &entry.projectName),
                                  std::pair("project_id", &entry.projectId), std::pair("name", &entry.name),
                                  std::pair("boot", &entry.boot), std::pair("failure", &entry.failure)}) {
    auto text = reader.text(key);
    if (!text) return text.error();
    if (text->size() > maxNameBytes)
      return damaged(place, say("Member '{}' is too long", std::string_view(key)));
    *into = std::move(*text);
  }
  const auto created = reader.integer("created"), order = reader.integer("order"),
             cores = reader.integer("cores");
  for (const auto* number : {&created, &order, &cores})
    if (!*number) return number->error();
  if (*cores < 1 || *cores > 1'000'000) return damaged(place, say("Member 'cores' is out of range"));
  constexpr std::int64_t mostOrder = std::int64_t{1} << 53;
  if (*order < 0 || *order > mostOrder) return damaged(place, say("Member 'order' is out of range"));
  entry.created = *created;
  entry.order = *order;
  entry.cores = static_cast<int>(*cores);
  const auto devices = reader.array("devices");
  if (!devices) return devices.error();
  if (auto read = readDevices(**devices, place, entry.devices); !read) return read.error();
  if (reader.has("trainer")) {
    const auto trainer = reader.object("trainer");
    if (!trainer) return trainer.error();
    if (auto read = readTrainer(**trainer, place, entry); !read) return read.error();
  }
  if (reader.has("made_folder")) { // entries of earlier versions lack it
    const auto made = reader.boolean("made_folder");
    if (!made) return made.error();
    entry.madeFolder = *made;
  }
  const auto request = reader.object("request");
  if (!request) return request.error();
  auto asked = requestFromJson(**request, place);
  if (!asked) return asked.error();
  entry.request = std::move(*asked);
  return entry;
}

Status writeQueueFile(const std::filesystem::path& file, const QueueEntry& entry) {
  Json json{{"schema", queueSchema},
            {"project_name", entry.projectName},
            {"project_id", entry.projectId},
            {"name", entry.name},
            {"created", entry.created},
            {"order", entry.order},
            {"boot", entry.boot},
            {"cores", entry.cores},
            {"devices", entry.devices},
            {"failure", entry.failure.substr(0, maxNameBytes / 4)},
            {"made_folder", entry.madeFolder},
            {"request", toJson(entry.request)}};
  if (entry.trainer) json["trainer"] = toJson(*entry.trainer);
  return writeFileAtomically(file, canonicalJson(json));
}

} // namespace loom
