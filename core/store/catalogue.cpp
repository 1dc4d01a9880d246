// SPDX-License-Identifier: Apache-2.0
#include "core/store/catalogue.h"
#include "core/store/catalogue_columns.h"

namespace loom {
namespace {

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

} // namespace loom
