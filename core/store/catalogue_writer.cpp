// SPDX-License-Identifier: Apache-2.0
#include "core/run/run_config.h"
#include "core/store/catalogue.h"
#include "core/store/catalogue_columns.h"
#include <cmath>

namespace loom {
namespace {

// A text of a run.json is cut where it would not fit into the database: it may be a hostile one, and must not
// keep all other runs from being taken in.
std::string limited(std::string text) {
  constexpr std::size_t longest = 1u << 20;
  if (text.size() <= longest) return text;
  std::size_t end = longest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end; // not within a letter
  text.resize(end);
  return text;
}

std::string textOf(const Json& json, const char* key) {
  auto value = JsonReader(json, "run.json").text(key);
  return value ? limited(std::move(*value)) : std::string();
}
std::int64_t wholeOf(const Json& json, const char* key) {
  const auto value = JsonReader(json, "run.json").integer(key);
  return value ? *value : 0;
}
const Json& objectOf(const Json& json, const char* key) {
  static const Json none = Json::object();
  const auto value = JsonReader(json, "run.json").object(key);
  return value ? **value : none;
}

std::string shown(const Json& value) {
  return value.is_string() ? value.get<std::string>() : compactJson(value);
}

// The settings flat, as a comparison lists them: standards filled in, so that an absent value and a standard
// one agree.
std::vector<std::pair<std::string, std::string>> flatSettings(const Json& config) {
  const Json& settings = objectOf(config, "settings");
  std::map<std::string, std::string> flat;
  const auto addFields = [&](const std::vector<Field>& fields, const Json& given) {
    for (const Field& field : fields) flat[std::string(field.name)] = toText(field.standard);
    for (const auto& [name, value] : given.items()) flat[name] = shown(value);
  };
  if (const OptimizerRow* row = findOptimizer(textOf(settings, "optimizer")))
    addFields(row->fields, objectOf(settings, "optimizer_params"));
  if (const ScheduleRow* row = findSchedule(textOf(settings, "schedule")))
    addFields(row->fields, objectOf(settings, "schedule_params"));
  for (const auto& [name, value] : settings.items())
    if (!value.is_object()) flat[name == "learning_rate" ? "lr" : name] = shown(value);
  if (const std::string network = textOf(objectOf(config, "network"), "name"); !network.empty())
    flat["network"] = network;
  if (const std::string data = textOf(objectOf(config, "data"), "name"); !data.empty()) flat["data"] = data;
  return {flat.begin(), flat.end()};
}

} // namespace

CatalogueWriter::CatalogueWriter(const Database& database) : database_(database) {
  find_ = database.prepare("SELECT id,configured FROM run WHERE uuid=?");
  add_ = database.prepare("INSERT INTO run(uuid) VALUES(?) RETURNING id");
  uuids_ = database.prepare("SELECT uuid FROM run ORDER BY uuid");
  configure_ = database.prepare(
      "UPDATE run SET "
      "configured=1,name=?2,network=?3,optimizer=?4,schedule=?5,data=?6,created=?7,parameters=?8,"
      "device=coalesce(device,?9),epochs=max(epochs,?10) WHERE id=?1");
  addSetting_ = database.prepare("INSERT OR REPLACE INTO setting VALUES(?,?,?)");
  addEvent_ = database.prepare("INSERT INTO event VALUES(?,?,?,?,?,?)");
  dropEvents_ = database.prepare("DELETE FROM event WHERE run=? AND attempt=? AND sequence=?");
  listEvents_ = database.prepare(
      "SELECT attempt,sequence,kind,step,json FROM event WHERE run=? ORDER BY attempt,sequence");
  readPlace_ = database.prepare("SELECT alive,coalesce(site,''),coalesce(since,0),coalesce(why,'') FROM run "
                                "LEFT JOIN place ON place.run=run.uuid WHERE uuid=?");
  setAlive_ = database.prepare("UPDATE run SET alive=?2 WHERE uuid=?1");
  addPlace_ = database.prepare("INSERT INTO place VALUES(?,?,?,?)");
  dropPlace_ = database.prepare("DELETE FROM place WHERE run=?");
  readFold_ = database.prepare(
      "SELECT "
      "state,attempt,host,device,started,ended,seconds,step,total_steps,epochs,steps_per_epoch,test_metric,"
      "test_metric_name,checkpoint,error FROM run WHERE id=?");
  writeFold_ = database.prepare(
      "UPDATE run SET "
      "state=?2,attempt=?3,host=?4,device=?5,started=?6,ended=?7,seconds=?8,step=?9,total_steps=?10,"
      "epochs=?11,steps_per_epoch=?12,test_metric=?13,test_metric_name=?14,checkpoint=?15,error=?16 WHERE "
      "id=?1");
  std::string shown = "SELECT ";
  for (int at = 0; at < checkedColumns; ++at)
    shown += std::string(at > 0 ? "," : "") + std::string(columnSql[static_cast<std::size_t>(at)]);
  readShown_ = database.prepare(shown + " FROM run WHERE id=?");
  readSettings_ = database.prepare("SELECT name,value FROM setting WHERE run=? ORDER BY name");
  readChecksum_ = database.prepare("SELECT run,sum FROM checked WHERE run=(SELECT id FROM run WHERE uuid=?)");
  writeChecksum_ = database.prepare("INSERT OR REPLACE INTO checked VALUES(?,?)");
}

std::uint32_t CatalogueWriter::checksumOf(std::int64_t run) {
  std::uint32_t sum = 0;
  for (Rows rows = readShown_.query(run); rows.next();) sum = rows.checksum(sum, 0, checkedColumns);
  for (Rows rows = readSettings_.query(run); rows.next();) sum = rows.checksum(sum, 0, 2);
  return sum;
}

void CatalogueWriter::storeChecksum(std::int64_t run) {
  if (!damaged_.contains(run)) writeChecksum_.run(run, checksumOf(run));
}

bool CatalogueWriter::fits(const std::string& uuid) {
  Rows rows = readChecksum_.query(uuid);
  if (!rows.next() || rows.integer(1) == checksumOf(rows.integer(0))) return true;
  damaged_.insert(rows.integer(0));
  return false;
}

std::optional<CatalogueWriter::Run> CatalogueWriter::find(const std::string& uuid) {
  Rows rows = find_.query(uuid);
  if (!rows.next()) return std::nullopt;
  return Run{rows.integer(0), rows.integer(1) != 0};
}

CatalogueWriter::Run CatalogueWriter::add(const std::string& uuid) {
  Rows rows = add_.query(uuid);
  rows.next();
  const Run run{rows.integer(0), false};
  while (rows.next()) {
  }
  return run;
}

std::vector<std::string> CatalogueWriter::uuids() {
  std::vector<std::string> result;
  Rows rows = uuids_.query();
  while (rows.next()) result.push_back(rows.text(0));
  return result;
}

Result<Json> readConfigText(const Result<std::string>& text, const Place& place) {
  if (!text) return text.error();
  auto json = parseJson(*text, place);
  if (!json) return json;
  const auto schema = JsonReader(*json, place).integer("schema");
  if (!schema) {
    Error error = schema.error();
    error.fix = say("Restore the file from a backup");
    return error;
  }
  if (*schema > runSchema)
    return Error{ErrorKind::input, place,
                 say("It has format {}; this program reads up to {}", *schema, runSchema),
                 say("Use a newer Neuroloom")};
  if (*schema < 1)
    return Error{ErrorKind::input, place, say("Format {} does not exist", *schema),
                 say("Restore the file from a backup")};
  return json;
}

void CatalogueWriter::configure(std::int64_t run, const Json& config) {
  const Json& settings = objectOf(config, "settings");
  flush();
  forget(run);
  configure_.run(run, textOf(config, "name"), textOf(objectOf(config, "network"), "name"),
                 textOf(settings, "optimizer"), textOf(settings, "schedule"),
                 textOf(objectOf(config, "data"), "name"), wholeOf(config, "created"),
                 wholeOf(config, "parameters"), textOf(settings, "device"), wholeOf(settings, "epochs"));
  for (const auto& [name, value] : flatSettings(config)) addSetting_.run(run, limited(name), limited(value));
  storeChecksum(run);
}

CatalogueWriter::Held& CatalogueWriter::held(std::int64_t run) {
  const auto known = runs_.find(run);
  if (known != runs_.end()) return known->second;
  Held held;
  Rows rows = readFold_.query(run);
  if (!rows.next()) throwDamaged(database_.file(), say("a run is missing"));
  RunFold& fold = held.fold;
  fold.state = stateFromText(rows.text(0)).value_or(RunState::failed);
  fold.attempt = static_cast<int>(rows.integer(1));
  fold.host = rows.text(2);
  fold.device = rows.text(3);
  fold.started = rows.integer(4);
  fold.ended = rows.integer(5);
  fold.seconds = rows.real(6);
  fold.step = rows.integer(7);
  fold.totalSteps = rows.integer(8);
  fold.epochs = rows.integer(9);
  fold.stepsPerEpoch = rows.integer(10);
  fold.testMetricName = rows.text(12);
  if (!fold.testMetricName.empty()) fold.testMetric = rows.real(11);
  fold.checkpoint = rows.integer(13);
  fold.error = rows.text(14);
  return runs_.emplace(run, std::move(held)).first->second;
}

void CatalogueWriter::take(std::int64_t run, int attempt, std::uint64_t sequence, const RunEvent& event) {
  Held& state = held(run);
  const std::string kind = kindOf(event);
  const auto step = stepOf(event);
  if (const auto beyond = supersedesBeyond(attempt, sequence, event)) {
    dropBeyond(run, *beyond);
    state.fold = foldAgain(run);
  }
  const std::string json = compactJson(event);
  if (step)
    addEvent_.run(run, attempt, sequence, kind, *step, json);
  else
    addEvent_.run(run, attempt, sequence, kind, NAN, json);
  fold(state.fold, attempt, event);
  state.changed = true;
}

void CatalogueWriter::dropBeyond(std::int64_t run, std::int64_t step) {
  std::vector<std::pair<std::int64_t, std::int64_t>> gone;
  for (Rows rows = listEvents_.query(run); rows.next();)
    if (isSuperseded(rows.text(2)) && !rows.isNull(3) && rows.integer(3) > step)
      gone.emplace_back(rows.integer(0), rows.integer(1));
  for (const auto& [attempt, sequence] : gone) dropEvents_.run(run, attempt, sequence);
}

void CatalogueWriter::takeBack(std::int64_t run, int attempt, std::int64_t step) {
  dropBeyond(run, step);
  std::int64_t next = 0; // of attempt 0
  std::vector<std::pair<std::int64_t, std::int64_t>> moved;
  for (Rows rows = listEvents_.query(run); rows.next();)
    if (rows.integer(0) == 0)
      next = rows.integer(1) + 1;
    else if (rows.integer(0) >= attempt)
      moved.emplace_back(rows.integer(0), rows.integer(1));
  Statement move =
      database_.prepare("UPDATE event SET attempt=0,sequence=?4 WHERE run=?1 AND attempt=?2 AND sequence=?3");
  for (const auto& [from, sequence] : moved) move.run(run, from, sequence, next++);
  database_.prepare("DELETE FROM source WHERE run=? AND attempt>=?").run(run, attempt);
  Held& state = held(run);
  state.fold = foldAgain(run);
  state.changed = true;
}

RunFold CatalogueWriter::foldAgain(std::int64_t run) {
  RunFold result;
  // What run.json said, where no record says it.
  const RunFold& before = held(run).fold;
  result.device = before.device;
  result.epochs = before.epochs;
  Rows rows = listEvents_.query(run);
  while (rows.next())
    if (const auto event = parseJson(rows.text(4), "stored record"))
      fold(result, static_cast<int>(rows.integer(0)), *event);
  return result;
}

RunPlace CatalogueWriter::placeOf(const std::string& uuid) {
  RunPlace place;
  Rows rows = readPlace_.query(uuid);
  if (!rows.next()) return place;
  place.liveness = livenessOf(rows.integer(0));
  place.site = rows.text(1);
  place.since = rows.integer(2);
  place.why = rows.text(3);
  return place;
}

void CatalogueWriter::setPlace(const std::string& uuid, const RunPlace& place) {
  setAlive_.run(uuid, aliveOf(place.liveness));
  dropPlace_.run(uuid);
  if (!place.site.empty() || place.liveness == Liveness::State::unknown)
    addPlace_.run(uuid, place.site, place.since, place.why);
}

void CatalogueWriter::flush() {
  for (auto& [run, state] : runs_) {
    if (!state.changed) continue;
    const RunFold& fold = state.fold;
    writeFold_.run(run, std::string(toText(fold.state)), fold.attempt, fold.host, fold.device, fold.started,
                   fold.ended, std::isfinite(fold.seconds) ? fold.seconds : 0.0, fold.step, fold.totalSteps,
                   fold.epochs, fold.stepsPerEpoch, fold.testMetric.value_or(NAN), fold.testMetricName,
                   fold.checkpoint, fold.error);
    storeChecksum(run);
    state.changed = false;
  }
}

void CatalogueWriter::forget() { runs_.clear(); }
void CatalogueWriter::forget(std::int64_t run) { runs_.erase(run); }

void CatalogueWriter::remove(std::int64_t run) {
  forget(run);
  database_.prepare("DELETE FROM place WHERE run=(SELECT uuid FROM run WHERE id=?)").run(run);
  damaged_.erase(run);
  for (const char* table : {"setting", "event", "source", "checked"})
    database_.prepare(std::string("DELETE FROM ") + table + " WHERE run=?").run(run);
  database_.prepare("DELETE FROM run WHERE id=?").run(run);
}

} // namespace loom
