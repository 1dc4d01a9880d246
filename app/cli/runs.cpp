// SPDX-License-Identifier: Apache-2.0
#include "app/cli/reach.h"
#include "app/cli/usage.h"
#include "app/cli/verb.h"
#include "core/base/format.h"
#include "core/base/message_json.h"
#include "core/run/find_run.h"
#include "core/run/project.h"
#include "core/store/store.h"
#include <algorithm>
#include <fmt/format.h>
#include <functional>
#include <iostream>
#include <limits>
#include <map>
#include <memory>
#include <set>

namespace loom {
namespace {

// Whoever reads history first takes in what the journals hold.
struct Opened {
  Project project;
  std::unique_ptr<RunSites> sites;
  std::unique_ptr<Store> store;
  std::vector<Error> problems; // reported; the member "problems" of the answer
};

Result<Opened> open(const std::string& folder) {
  auto project = openProject(folder);
  if (!project) return project.error();
  Opened opened{std::move(*project), nullptr, nullptr, {}};
  opened.sites = sitesOf(opened.project.folder);
  auto store = Store::open(opened.project.folder, Store::Access::automatic);
  if (!store) return store.error();
  opened.store = std::move(*store);
  if (opened.store->owner()) {
    auto taken = opened.store->takeIn(*opened.sites);
    if (!taken) return taken.error();
    opened.problems = std::move(taken->problems);
  } else {
    if (auto why = whyUnreachable(opened.project.folder, *opened.sites))
      opened.problems.push_back(std::move(*why));
    if (auto waited = opened.store->waitForOwner(*opened.sites, std::chrono::seconds(2)); !waited)
      opened.problems.push_back(waited.error());
  }
  warnOf(opened.problems);
  return opened;
}

// Reports which of these runs are at sites that cannot be asked.
void reportSites(Opened& opened, const std::vector<std::string>& runs) {
  const auto problems = problemsOfSites(*opened.sites, runs);
  warnOf(problems);
  opened.problems.insert(opened.problems.end(), problems.begin(), problems.end());
}

// A run whose folder is out of reach or missing is still in the history.
Result<std::string> find(Opened& opened, const std::string& word) {
  auto run = findRun(opened.project.folder, word);
  if (run) return run;
  const auto rows = opened.store->runs();
  if (!rows || rows->empty()) return run;
  std::vector<RunName> names;
  for (const RunRow& row : *rows) names.push_back({row.id, row.name, row.created});
  return findRun(std::move(names), word, opened.project.folder / "runs");
}

const MetricSummary* metricOf(const RunRow& row, std::string_view key) {
  for (const auto& metric : row.metrics)
    if (metric.key == key) return &metric;
  return nullptr;
}

std::string shareText(std::string_view name, std::optional<double> value) {
  if (!value) return missingText;
  return name.ends_with("accuracy") ? formatPercent(*value) : fmt::format("{:.3f}", *value);
}

std::string validationName(const RunRow& row) {
  return metricOf(row, "val/r2") != nullptr ? "val_r2" : "val_accuracy";
}

std::string lossText(const RunRow& row, const char* key, bool smallest) {
  const auto* metric = metricOf(row, key);
  if (metric == nullptr || metric->count == 0) return missingText;
  return formatLoss(smallest ? metric->minimum : metric->last);
}

// One long name would move every column of a table out of sight.
std::string nameInTable(const RunRow& row) {
  constexpr std::size_t most = 40;
  return shortened(plain(row.name), most);
}

std::int64_t epochsDone(const RunRow& row) {
  return row.stepsPerEpoch > 0 ? std::min(row.epochs, row.step / row.stepsPerEpoch) : 0;
}

std::string epochsText(const RunRow& row) {
  const std::int64_t done = epochsDone(row);
  return done >= row.epochs ? formatCount(row.epochs) : formatCount(done) + " of " + formatCount(row.epochs);
}

std::string stateText(const RunRow& row) {
  return std::string(stateWord(row.state)) + (row.damaged ? ", damaged" : "");
}

Json toJson(const RunRow& row) {
  Json metrics = Json::object();
  for (const auto& metric : row.metrics)
    metrics[metric.key] = {{"last", numberOrText(metric.last)},   {"min", numberOrText(metric.minimum)},
                           {"max", numberOrText(metric.maximum)}, {"count", metric.count},
                           {"non_finite", metric.nonFinite},      {"last_step", metric.lastStep}};
  Json settings = Json::object();
  for (const auto& [name, value] : row.settings) settings[name] = value;
  Json json{{"run", row.id},
            {"name", row.name},
            {"state", toText(row.state)},
            {"network", row.network},
            {"created", formatTime(row.created)},
            {"seconds", row.seconds},
            {"step", row.step},
            {"total_steps", row.totalSteps},
            {"epochs", row.epochs},
            {"epochs_done", epochsDone(row)},
            {"attempt", row.attempt},
            {"parameters", row.parameters},
            {"settings", settings},
            {"metrics", metrics},
            {"tags", row.tags},
            {"note", row.note},
            {"error", row.error},
            {"site", row.site},
            {"damaged", row.damaged}};
  if (row.state == RunState::outOfReach) {
    json["out_of_reach_since"] = formatTime(row.unknownSince);
    setMessage(json, "out_of_reach_why", row.unknownWhy);
  }
  if (row.validation) json[validationName(row)] = numberOrText(*row.validation);
  json["checkpoint"] = row.checkpoint >= 0 ? Json(row.checkpoint) : Json(nullptr);
  if (row.testMetric)
    json[row.testMetricName.empty() ? "test" : row.testMetricName] = numberOrText(*row.testMetric);
  return json;
}

int list(const std::string& folder, bool json) {
  auto opened = open(folder);
  if (!opened) return report(opened.error());
  auto runs = opened->store->runs();
  if (!runs) return report(runs.error());
  std::vector<std::string> ids;
  for (const auto& row : *runs) ids.push_back(row.id);
  reportSites(*opened, ids);
  if (json) {
    Json all = Json::array();
    for (const auto& row : *runs) all.push_back(toJson(row));
    printJson({{"runs", all}, {"problems", errorList(opened->problems)}});
    return 0;
  }
  std::vector<std::vector<std::string>> rows{
      {"RUN", "NAME", "STATE", "EPOCHS", "BEST VAL LOSS", "ITS VALIDATION", "TEST", "TIME"}};
  for (const auto& row : *runs)
    rows.push_back({row.id.substr(0, 8), nameInTable(row), stateText(row), epochsText(row),
                    lossText(row, "val/loss", true), shareText(validationName(row), row.validation),
                    shareText(row.testMetricName, row.testMetric), formatDuration(row.seconds)});
  printTable(rows, {false, false, false, true, true, true, true, true});
  if (runs->empty()) std::cerr << "No run yet. Start one: loom train " << shellPath(folder) << "\n";
  return 0;
}

int show(const std::string& folder, const std::string& word, bool json) {
  auto opened = open(folder);
  if (!opened) return report(opened.error());
  auto id = find(*opened, word);
  if (!id) return report(id.error());
  reportSites(*opened, {*id});
  auto row = opened->store->run(*id);
  if (!row) return report(row.error());
  auto events = opened->store->events(*id);
  if (!events) return report(events.error());
  if (json) {
    Json all = Json::array();
    for (const auto& one : *events) all.push_back(one.event);
    Json object = toJson(*row);
    object["events"] = all;
    object["problems"] = errorList(opened->problems);
    printJson(object);
    return 0;
  }
  std::vector<std::vector<std::string>> rows{
      {"run", row->id},
      {"name", row->name},
      {"state", stateText(*row)},
      {"network", row->network},
      {"epochs", epochsText(*row)},
      {"step", formatCount(row->step) + " of " + formatCount(row->totalSteps)},
      {"time", formatDuration(row->seconds)}};
  for (const auto& [name, value] : row->settings)
    if (name != "epochs") rows.push_back({name, value});
  for (const auto& metric : row->metrics)
    rows.push_back({"last " + metric.key, metric.key.ends_with("accuracy") ? formatPercent(metric.last)
                                                                           : formatNumber(metric.last)});
  if (row->checkpoint >= 0) rows.push_back({"best checkpoint", "step " + formatCount(row->checkpoint)});
  if (metricOf(*row, "val/loss") != nullptr)
    rows.push_back({"its val_loss", lossText(*row, "val/loss", true)});
  if (row->validation)
    rows.push_back({"its " + validationName(*row), shareText(validationName(*row), row->validation)});
  if (row->testMetric)
    rows.push_back({"its " + row->testMetricName, shareText(row->testMetricName, row->testMetric)});
  if (!row->site.empty()) rows.push_back({"site", row->site});
  if (row->damaged) rows.push_back({"because", "stored values do not match their checksum"});
  if (row->state == RunState::outOfReach) {
    rows.push_back({"out of reach since", formatTime(row->unknownSince)});
    rows.push_back({"because", row->unknownWhy.text()});
  }
  if (!row->error.empty()) rows.push_back({"error", row->error});
  printTable(rows, {false, false});
  return 0;
}

int printBuckets(Opened& opened, const std::string& run, const std::string& key, int pixels, bool json) {
  auto buckets = opened.store->buckets(run, key, 0, 0, pixels);
  if (!buckets) return report(buckets.error());
  Json list = Json::array();
  for (const auto& one : *buckets) {
    if (json)
      list.push_back({one.firstStep, one.lastStep, numberOrText(one.minimum), numberOrText(one.maximum),
                      numberOrText(one.mean), one.count, one.nonFinite});
    else
      std::cout << one.firstStep << "\t" << one.lastStep << "\t" << one.minimum << "\t" << one.maximum << "\t"
                << one.mean << "\n";
  }
  if (json) printJson({{"key", key}, {"buckets", list}, {"problems", errorList(opened.problems)}});
  return 0;
}

// Read and printed piece by piece: ten million points would be gigabytes.
int printPoints(Opened& opened, const std::string& run, const std::string& key, bool json) {
  constexpr std::size_t piece = 1 << 16;
  std::int64_t from = std::numeric_limits<std::int64_t>::min();
  for (bool first = true;; first = false) {
    auto points = opened.store->pointsFrom(run, key, from, piece);
    if (!points && first) return report(points.error());
    if (!points) { // the object that was begun reports it
      if (json) std::cout << "],\"error\":" << jsonLine(errorJson(points.error())) << "}" << std::endl;
      return reportText(points.error());
    }
    if (first && json) std::cout << "{\"key\":" << jsonLine(key) << ",\"points\":[";
    std::string text;
    for (const auto& one : *points) {
      if (!json) {
        std::cout << one.step << "\t" << one.value << "\t" << one.seconds << "\n";
        continue;
      }
      if (!first || &one != points->data()) text += ',';
      text += compactJson({one.step, numberOrText(one.value), one.seconds});
    }
    std::cout << text;
    if (points->size() < piece || !std::cout.good()) break;
    from = points->back().step + 1;
  }
  if (json) std::cout << "],\"problems\":" << compactJson(errorList(opened.problems)) << "}" << std::endl;
  return 0;
}

int series(const std::string& folder, const std::string& word, const std::string& key, int pixels,
           bool json) {
  auto opened = open(folder);
  if (!opened) return report(opened.error());
  auto id = find(*opened, word);
  if (!id) return report(id.error());
  reportSites(*opened, {*id});
  auto keys = opened->store->keys(*id);
  if (!keys) return report(keys.error());
  if (std::find(keys->begin(), keys->end(), key) == keys->end()) {
    const Message fix = keys->empty() ? say("Wait for its first step") : say("Choose one of: {}", *keys);
    return report({ErrorKind::input, key, say("The run has no such series"), fix});
  }
  return pixels > 0 ? printBuckets(*opened, *id, key, pixels, json) : printPoints(*opened, *id, key, json);
}

int compare(const std::string& folder, const std::vector<std::string>& words, bool json) {
  auto opened = open(folder);
  if (!opened) return report(opened.error());
  std::vector<RunRow> rows;
  for (const auto& word : words) {
    auto id = find(*opened, word);
    if (!id) return report(id.error());
    auto row = opened->store->run(*id);
    if (!row) return report(row.error());
    if (std::any_of(rows.begin(), rows.end(), [&](const RunRow& one) { return one.id == row->id; }))
      return report({ErrorKind::usage, word, say("This run is named twice"),
                     say("Name two or more that differ; 'loom runs list' shows them")});
    rows.push_back(std::move(*row));
  }
  std::vector<std::string> ids;
  for (const RunRow& row : rows) ids.push_back(row.id);
  reportSites(*opened, ids);
  std::map<std::string, std::vector<std::string>> settings;
  for (std::size_t index = 0; index < rows.size(); ++index)
    for (const auto& [name, value] : rows[index].settings) {
      settings[name].resize(rows.size());
      settings[name][index] = value;
    }
  std::erase_if(settings, [](const auto& entry) {
    return std::set<std::string>(entry.second.begin(), entry.second.end()).size() < 2;
  });
  if (json) {
    Json all = Json::array();
    for (const auto& row : rows) all.push_back(toJson(row));
    printJson({{"runs", all}, {"differing", settings}, {"problems", errorList(opened->problems)}});
    return 0;
  }
  std::vector<std::vector<std::string>> table{{""}};
  std::vector<bool> right{false};
  for (const auto& row : rows) {
    table.front().push_back(nameInTable(row));
    right.push_back(true);
  }
  for (const auto& [name, values] : settings) {
    table.push_back({name});
    table.back().insert(table.back().end(), values.begin(), values.end());
  }
  const auto add = [&](const char* name, const std::function<std::string(const RunRow&)>& words) {
    table.push_back({name});
    for (const auto& row : rows) table.back().push_back(words(row));
  };
  add("epochs done", epochsText);
  // The loss of one batch swings: the last says more than the lowest.
  add("last train/loss", [](const RunRow& row) { return lossText(row, "train/loss", false); });
  add("best val/loss", [](const RunRow& row) { return lossText(row, "val/loss", true); });
  add("its validation", [](const RunRow& row) { return shareText(validationName(row), row.validation); });
  add("its test", [](const RunRow& row) { return shareText(row.testMetricName, row.testMetric); });
  printTable(table, right);
  return 0;
}

} // namespace

void defineRuns(CLI::App& app, Action& action) {
  struct Options {
    std::string project, run, key;
    std::vector<std::string> runs;
    int pixels = 0;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  app.require_subcommand(1);
  const auto common = [&](CLI::App* sub) {
    sub->add_option("PROJECT", options->project, "The project's folder")->required();
    sub->add_flag("--json", options->json, "One JSON object on stdout");
    return sub;
  };
  auto* listing = common(app.add_subcommand("list", "Every run, newest first"));
  auto* showing = common(app.add_subcommand("show", "One run whole"));
  showing->add_option("RUN", options->run, "A run: its folder, a beginning of it, or last")->required();
  auto* reading = common(app.add_subcommand("series", "The points of one series"));
  reading->add_option("RUN", options->run, "A run: its folder, a beginning of it, or last")->required();
  reading->add_option("KEY", options->key, "train/loss, val/accuracy …")->required();
  reading->add_option("--pixels", options->pixels, "Minimum, maximum and mean of so many buckets")
      ->type_name("N")
      ->check(wholeNumber(1, 1'000'000));
  auto* comparing =
      common(app.add_subcommand("compare", "Runs side by side: what differs, and what came of it"));
  comparing->add_option("RUN", options->runs, "Two or more runs")->required()->expected(2, 50);
  action = [options, listing, showing, reading, comparing] {
    if (listing->parsed()) return list(options->project, options->json);
    if (showing->parsed()) return show(options->project, options->run, options->json);
    if (reading->parsed())
      return series(options->project, options->run, options->key, options->pixels, options->json);
    if (comparing->parsed()) return compare(options->project, options->runs, options->json);
    return 0;
  };
}

} // namespace loom
