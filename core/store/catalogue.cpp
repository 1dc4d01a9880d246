// SPDX-License-Identifier: Apache-2.0
#include "core/store/catalogue.h"
#include "core/run/run_config.h"
#include <array>
#include <cmath>

namespace loom {
namespace {

// The columns of a RunRow, by name.
namespace column {
enum Column : int {
  uuid,
  name,
  network,
  optimizer,
  schedule,
  device,
  host,
  data,
  state,
  created,
  started,
  ended,
  seconds,
  step,
  totalSteps,
  epochs,
  stepsPerEpoch,
  attempt,
  parameters,
  testMetric,
  testMetricName,
  checkpoint,
  error,
  alive,
  labelName,
  labelNote,
  labelArchived,
  placeSite,
  placeSince,
  placeWhy,
  checksum,
  count
};
} // namespace column
constexpr std::array<std::string_view, column::count> columnSql{"run.uuid",
                                                                "run.name",
                                                                "network",
                                                                "optimizer",
                                                                "schedule",
                                                                "coalesce(device,'')",
                                                                "coalesce(host,'')",
                                                                "data",
                                                                "state",
                                                                "created",
                                                                "started",
                                                                "ended",
                                                                "seconds",
                                                                "step",
                                                                "total_steps",
                                                                "epochs",
                                                                "steps_per_epoch",
                                                                "attempt",
                                                                "parameters",
                                                                "test_metric",
                                                                "test_metric_name",
                                                                "checkpoint",
                                                                "error",
                                                                "alive",
                                                                "label.name",
                                                                "label.note",
                                                                "label.archived",
                                                                "coalesce(place.site,'')",
                                                                "coalesce(place.since,0)",
                                                                "coalesce(place.why,'')",
                                                                "checked.sum"};
// What the checksum of a run is of: these, then its settings by name.
constexpr int checkedColumns = column::alive;

bool hasTable(const Database& database, const std::string& name) {
  Statement find = database.prepare("SELECT 1 FROM sqlite_master WHERE type='table' AND name=?");
  return find.query(name).next();
}

// Without the tables that a catalogue does not have which an earlier version owns.
std::string selectRuns(const Database& database) {
  const bool places = hasTable(database, "place"), checked = hasTable(database, "checked");
  std::string sql = "SELECT ";
  for (int at = 0; at < column::count; ++at) {
    if (at > 0) sql += ',';
    if (at < column::placeSite || (at == column::checksum ? checked : places))
      sql += columnSql[static_cast<std::size_t>(at)];
    else
      sql += at == column::checksum ? "NULL" : "''";
  }
  sql += " FROM run LEFT JOIN label ON label.run=run.uuid ";
  if (places) sql += "LEFT JOIN place ON place.run=run.uuid ";
  if (checked) sql += "LEFT JOIN checked ON checked.run=run.id ";
  return sql;
}

// The column `alive`. A version that knows no `unknown` takes it for running.
constexpr int aliveOf(Liveness::State liveness) {
  return liveness == Liveness::State::ended ? 0 : liveness == Liveness::State::running ? 1 : 2;
}
constexpr Liveness::State livenessOf(std::int64_t alive) {
  return alive == 0   ? Liveness::State::ended
         : alive == 2 ? Liveness::State::unknown
                      : Liveness::State::running;
}

// A run whose last record says that it works, or that has none yet, but whose trainer does not live, was ended
// from outside: what waits has no folder of a run. Where that cannot be found out, it is out of reach.
RunState stateNow(RunState said, Liveness::State liveness) {
  const bool begun = said == RunState::running || said == RunState::paused || said == RunState::waiting;
  if (liveness == Liveness::State::unknown && begun) return RunState::outOfReach;
  return begun && liveness == Liveness::State::ended ? RunState::killed : said;
}

RunRow rowFrom(const Rows& rows) {
  RunRow row;
  static constexpr std::pair<int, std::string RunRow::*> texts[] = {
      {column::uuid, &RunRow::id},
      {column::name, &RunRow::name},
      {column::network, &RunRow::network},
      {column::optimizer, &RunRow::optimizer},
      {column::schedule, &RunRow::schedule},
      {column::device, &RunRow::device},
      {column::host, &RunRow::host},
      {column::data, &RunRow::data},
      {column::testMetricName, &RunRow::testMetricName},
      {column::error, &RunRow::error},
      {column::labelNote, &RunRow::note},
      {column::placeSite, &RunRow::site}};
  static constexpr std::pair<int, std::int64_t RunRow::*> numbers[] = {
      {column::ended, &RunRow::ended},
      {column::step, &RunRow::step},
      {column::totalSteps, &RunRow::totalSteps},
      {column::epochs, &RunRow::epochs},
      {column::stepsPerEpoch, &RunRow::stepsPerEpoch},
      {column::parameters, &RunRow::parameters},
      {column::checkpoint, &RunRow::checkpoint}};
  for (const auto& [from, into] : texts) row.*into = rows.text(from);
  for (const auto& [from, into] : numbers) row.*into = rows.integer(from);
  row.attempt = static_cast<int>(rows.integer(column::attempt));
  row.state = stateNow(stateFromText(rows.text(column::state)).value_or(RunState::failed),
                       livenessOf(rows.integer(column::alive)));
  row.created =
      rows.integer(column::created) != 0 ? rows.integer(column::created) : rows.integer(column::started);
  row.seconds = rows.real(column::seconds);
  if (!row.testMetricName.empty()) row.testMetric = rows.real(column::testMetric);
  if (const std::string own = rows.text(column::labelName); !own.empty()) row.name = own;
  if (row.name.empty()) row.name = row.id.substr(0, 8);
  row.archived = rows.integer(column::labelArchived) != 0;
  if (row.state == RunState::outOfReach) {
    row.unknownSince = rows.integer(column::placeSince);
    row.unknownWhy = foreign(rows.text(column::placeWhy));
  }
  return row;
}

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

void createCatalogue(const Database& database) {
  database.execute(R"(
    CREATE TABLE run(id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, configured INTEGER NOT NULL DEFAULT 0,
      name TEXT NOT NULL DEFAULT '', network TEXT NOT NULL DEFAULT '', optimizer TEXT NOT NULL DEFAULT '',
      schedule TEXT NOT NULL DEFAULT '', data TEXT NOT NULL DEFAULT '', created INTEGER NOT NULL DEFAULT 0,
      parameters INTEGER NOT NULL DEFAULT 0, alive INTEGER NOT NULL DEFAULT 0,
      -- from here on: the fold of the run's events
      state TEXT NOT NULL DEFAULT 'waiting', attempt INTEGER NOT NULL DEFAULT 0, host TEXT, device TEXT,
      started INTEGER NOT NULL DEFAULT 0, ended INTEGER NOT NULL DEFAULT 0, seconds REAL NOT NULL DEFAULT 0,
      step INTEGER NOT NULL DEFAULT 0, total_steps INTEGER NOT NULL DEFAULT 0, epochs INTEGER NOT NULL DEFAULT 0,
      steps_per_epoch INTEGER NOT NULL DEFAULT 0, test_metric REAL, test_metric_name TEXT NOT NULL DEFAULT '',
      checkpoint INTEGER NOT NULL DEFAULT -1, error TEXT NOT NULL DEFAULT '');
    CREATE TABLE setting(run INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY(run, name)) WITHOUT ROWID;
    CREATE TABLE event(run INTEGER NOT NULL, attempt INTEGER NOT NULL, sequence INTEGER NOT NULL, kind TEXT NOT NULL,
      step INTEGER, json TEXT NOT NULL, PRIMARY KEY(run, attempt, sequence)) WITHOUT ROWID;
    CREATE TABLE source(run INTEGER NOT NULL, attempt INTEGER NOT NULL, offset INTEGER NOT NULL, sequence INTEGER NOT NULL,
      damaged INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(run, attempt)) WITHOUT ROWID;
    -- By uuid: what people wrote outlives the rows of a run.
    CREATE TABLE label(run TEXT PRIMARY KEY, name TEXT NOT NULL, note TEXT NOT NULL, archived INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE tag(run TEXT NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL, PRIMARY KEY(run, position)) WITHOUT ROWID;
  )");
  completeCatalogue(database);
}

// Tables of their own, so that earlier versions read the others as before.
void completeCatalogue(const Database& database) {
  if (!hasTable(database, "checked"))
    database.execute("CREATE TABLE checked(run INTEGER PRIMARY KEY, sum INTEGER NOT NULL)");
  // Only of runs at another site, or of which nothing can be found out.
  if (hasTable(database, "place")) return;
  database.execute(R"(
    CREATE TABLE place(run TEXT PRIMARY KEY, site TEXT NOT NULL, since INTEGER NOT NULL, why TEXT NOT NULL) WITHOUT ROWID;
  )");
}

CatalogueReader::CatalogueReader(const Database& database) : database_(database) {
  const std::string select = selectRuns(database);
  runs_ = database.prepare(select + "ORDER BY coalesce(nullif(created,0),started) DESC, run.uuid");
  run_ = database.prepare(select + "WHERE run.uuid=?");
  settings_ = database.prepare("SELECT run.uuid,setting.name,value FROM setting JOIN run ON "
                               "run.id=setting.run ORDER BY setting.run,setting.name");
  settingsOf_ = database.prepare(
      "SELECT ?1,name,value FROM setting WHERE run=(SELECT id FROM run WHERE uuid=?1) ORDER BY name");
  events_ = database.prepare("SELECT attempt,sequence,step,json FROM event WHERE run=(SELECT id FROM run "
                             "WHERE uuid=?) ORDER BY attempt,sequence");
  has_ = database.prepare("SELECT 1 FROM run WHERE uuid=?");
}

std::vector<RunRow> CatalogueReader::rows(const std::string& run) {
  std::vector<RunRow> result;
  std::unordered_map<std::string, std::size_t> places;
  std::vector<std::pair<std::uint32_t, std::optional<std::int64_t>>> sums; // as it is, and as it was stored
  {
    Rows rows = run.empty() ? runs_.query() : run_.query(run);
    while (rows.next()) {
      result.push_back(rowFrom(rows));
      places.emplace(result.back().id, result.size() - 1);
      sums.emplace_back(rows.checksum(0, 0, checkedColumns), std::nullopt);
      if (!rows.isNull(column::checksum)) sums.back().second = rows.integer(column::checksum);
    }
  }
  Rows settings = run.empty() ? settings_.query() : settingsOf_.query(run);
  while (settings.next())
    if (const auto place = places.find(settings.text(0)); place != places.end()) {
      result[place->second].settings.emplace_back(settings.text(1), settings.text(2));
      sums[place->second].first = settings.checksum(sums[place->second].first, 1, 3);
    }
  for (std::size_t at = 0; at < result.size(); ++at)
    result[at].damaged = sums[at].second && *sums[at].second != sums[at].first;
  for (auto& [uuid, label] : readLabels(database_))
    if (const auto place = places.find(uuid); place != places.end())
      result[place->second].tags = std::move(label.tags);
  return result;
}

std::vector<StoredEvent> CatalogueReader::events(const std::string& run) {
  std::vector<StoredEvent> result;
  Rows rows = events_.query(run);
  while (rows.next()) {
    auto event = parseJson(rows.text(3), "stored record");
    if (!event) throwDamaged(database_.file(), say("a stored record cannot be read"));
    result.push_back({static_cast<int>(rows.integer(0)), static_cast<std::uint64_t>(rows.integer(1)),
                      rows.integer(2), std::move(*event)});
  }
  return result;
}

bool CatalogueReader::has(const std::string& run) { return has_.query(run).next(); }

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
    std::vector<std::pair<std::int64_t, std::int64_t>> gone;
    {
      Rows rows = listEvents_.query(run);
      while (rows.next())
        if (isSuperseded(rows.text(2)) && !rows.isNull(3) && rows.integer(3) > *beyond)
          gone.emplace_back(rows.integer(0), rows.integer(1));
    }
    for (const auto& [oldAttempt, oldSequence] : gone) dropEvents_.run(run, oldAttempt, oldSequence);
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
