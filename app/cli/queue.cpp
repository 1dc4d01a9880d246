// SPDX-License-Identifier: Apache-2.0
#include "core/launch/queue.h"
#include "app/cli/usage.h"
#include "app/cli/verb.h"
#include "core/backend/backend.h"
#include "core/base/error_message.h"
#include "core/base/format.h"
#include "core/base/message_json.h"
#include "core/base/parallel.h"
#include "core/base/subprocess.h"
#include "core/launch/queue_file.h"
#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <iostream>
#include <memory>
#include <optional>

namespace loom {
namespace {

// With the devices, which only this program can list.
Queue queueHere() {
  std::vector<std::string> devices;
  for (const auto& device : allDevices())
    if (device.usable) devices.push_back(device.id);
  return {queueFolder(), {usableCores(), std::move(devices)}};
}

Json toJson(const QueuedRun& one, std::size_t place) {
  const QueueEntry& entry = one.entry;
  return {{"entry", entry.id},
          {"run", runOf(entry.request)},
          {"project", entry.request.project.string()},
          {"project_name", entry.projectName},
          {"name", entry.name},
          {"network", entry.request.network},
          {"resumes", !entry.request.resume.empty()},
          {"cores", entry.cores},
          {"devices", entry.devices},
          {"created", formatTime(entry.created)},
          {"place", place},
          {"state", toText(one.state)},
          {"why", one.why.text()}};
}

Json toJson(const Lease& lease) {
  return {{"run", lease.run},
          {"project", lease.project.string()},
          {"cores", lease.cores},
          {"devices", lease.devices},
          {"pid", lease.process}};
}

// What runs, below what waits for it.
void listLeases(const std::vector<Lease>& leases) {
  if (leases.empty()) return;
  std::vector<std::vector<std::string>> rows{{"RUNNING", "PROJECT", "CORES", "PROCESS"}};
  for (const Lease& lease : leases)
    rows.push_back({plain(lease.run.substr(0, 8)), plain(lease.project.string()), std::to_string(lease.cores),
                    std::to_string(lease.process)});
  printTable(rows, {false, false, true, true});
}

constexpr const char* listHelp =
    "States:\n"
    "  waiting      for cores or a device\n"
    "  starting     its trainer has not begun the run yet\n"
    "  held         since the computer was restarted: 'loom queue release' starts it\n"
    "  unreachable  its project cannot be reached: it starts by itself when it can\n"
    "  impossible   this computer has too few cores or lacks the device, or the run was deleted\n"
    "  failed       the start failed: 'loom queue release' starts it again\n"
    "A run with automatic threads waits until all cores are free. It keeps those that it takes.";

int list(bool json) {
  Queue queue = queueHere();
  // Who looks sees to it that what waits is started: the runner may have been killed.
  if (const auto looked = queue.ensureRunner(ownProgram()); !looked) warn(toMessage(looked.error()));
  const auto view = queue.look();
  if (!view) return report(view.error());
  if (json) {
    Json runs = Json::array(), leases = Json::array(), problems = Json::array();
    for (std::size_t place = 0; place < view->runs.size(); ++place)
      runs.push_back(toJson(view->runs[place], place + 1));
    for (const Lease& lease : view->leases) leases.push_back(toJson(lease));
    for (const Error& problem : view->problems) {
      Json one = toJson(problem);
      one["file"] = problem.place.text();
      problems.push_back(std::move(one));
    }
    printJson({{"queue", runs},
               {"in_use", leases},
               {"cores", usableCores()},
               {"runner", queue.hasRunner()},
               {"problems", problems}});
    return 0;
  }
  std::vector<std::vector<std::string>> rows{{"", "RUN", "NAME", "PROJECT", "CORES", "STATE", "REASON"}};
  for (std::size_t place = 0; place < view->runs.size(); ++place) {
    const auto& [entry, state, why] = view->runs[place];
    constexpr std::size_t most = 30;
    rows.push_back({std::to_string(place + 1), plain(runOf(entry.request).substr(0, 8)),
                    shortened(plain(entry.name), most), shortened(plain(entry.projectName), most),
                    std::to_string(entry.cores), std::string(toText(state)), why.text()});
  }
  if (!view->runs.empty()) printTable(rows, {true, false, false, false, true, false, false});
  if (view->runs.empty()) std::cerr << "No run waits.\n";
  listLeases(view->leases);
  for (const Error& problem : view->problems) warn(toMessage(problem));
  if (view->has(QueueState::held))
    std::cerr << "The computer was restarted. Start what was queued before: loom queue release\n";
  if (view->has(QueueState::failed)) std::cerr << "Start a failed run again: loom queue release RUN\n";
  return 0;
}

// "first", "last", or a number from 1.
std::optional<std::size_t> placeFrom(const std::string& word) {
  if (word == "first") return 0;
  if (word == "last") return std::numeric_limits<std::size_t>::max();
  std::size_t place = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), place);
  if (error != std::errc{} || end != word.data() + word.size() || place == 0) return std::nullopt;
  return place - 1;
}

// After a change: the answer, and what waits is started.
int changed(Queue& queue, const std::string& entry, const std::string& what, const Json& json) {
  if (auto looked = queue.ensureRunner(ownProgram()); !looked) return report(looked.error());
  if (json.is_object())
    printJson(json);
  else
    std::cerr << (entry.empty() ? std::string("All runs") : "Run " + entry.substr(0, 8)) << ": " << what
              << ".\n";
  return 0;
}

// The answer of --json; nothing: without it.
Json answer(bool json, const std::string& entry, const char* done) {
  return json ? Json{{"entry", entry}, {"done", done}} : Json();
}

int move(const std::string& word, const std::string& place, bool json) {
  const auto to = placeFrom(place);
  if (!to)
    return report({ErrorKind::usage, "PLACE", say("'{}' is not a place in the queue", plain(place)),
                   say("Use first, last or a number from 1")});
  Queue queue = queueHere();
  const auto found = queue.find(word);
  if (!found) return report(found.error());
  const auto view = queue.look();
  if (!view) return report(view.error());
  const std::size_t last = std::max<std::size_t>(view->runs.size(), 1);
  if (*to >= last && place != "last")
    return report({ErrorKind::usage, "PLACE", say("The queue has no place {}", plain(place)),
                   say("Use first, last or a number from 1 to {}", last)});
  if (const auto moved = queue.move(found->entry.id, *to); !moved) return report(moved.error());
  const std::size_t now = std::min(*to, last - 1) + 1;
  Json answered = answer(json, found->entry.id, "moved");
  if (json) answered["place"] = now;
  return changed(queue, runOf(found->entry.request), fmt::format("place {} of {}", now, last), answered);
}

// Every entry's file whose name begins with the word: a damaged entry has no run, but its file's name is its id.
std::vector<std::string> entriesBeginning(const std::string& word) {
  std::vector<std::string> found;
  std::error_code failed;
  for (std::filesystem::directory_iterator entry(queueFolder(), failed), end; !failed && entry != end;
       entry.increment(failed))
    if (const std::string id = entry->path().stem().string();
        entry->path().extension() == ".json" && isQueueId(id) && !word.empty() && id.starts_with(word))
      found.push_back(id);
  return found;
}

int cancel(const std::string& word, bool json) {
  Queue queue = queueHere();
  const auto found = queue.find(word);
  const auto files = entriesBeginning(word);
  const std::string id = found ? found->entry.id : files.size() == 1 ? files.front() : word;
  // The word may have meant the damaged entry that begins alike.
  if (found && word != id && word != runOf(found->entry.request) &&
      std::any_of(files.begin(), files.end(), [&](const std::string& one) { return one != id; }))
    return report(
        {ErrorKind::usage, word, say("Several waiting runs begin like this"), say("Give more of the id")});
  if (const auto removed = queue.remove(id); !removed) return report(found ? removed.error() : found.error());
  return changed(queue, found ? runOf(found->entry.request) : id, "removed from the queue",
                 answer(json, id, "removed from the queue"));
}

// `word`: nullopt releases all.
int release(const std::optional<std::string>& word, bool json) {
  Queue queue = queueHere();
  std::string id, run;
  if (word) {
    const auto found = queue.find(*word);
    if (!found) return report(found.error());
    id = found->entry.id;
    run = runOf(found->entry.request);
  }
  const auto released = queue.release(id);
  if (!released) return report(released.error());
  if (word && *released == 0)
    return report({ErrorKind::usage, *word, say("This run is not held and has not failed"),
                   say("'loom queue list' shows what it waits for")});
  if (!json && *released == 0) {
    std::cerr << "No run was held or failed.\n";
    return 0;
  }
  Json answered = answer(json, id, "released");
  if (json) answered["released"] = *released;
  return changed(queue, run, fmt::format("{} released", *released), answered);
}

} // namespace

void defineQueue(CLI::App& app, Action& action) {
  struct Options {
    std::string entry, place;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  app.require_subcommand(1);
  auto* listing = app.add_subcommand("list", "What waits, in order, and why");
  listing->footer(listHelp);
  auto* moving = app.add_subcommand("move", "Change the place of a waiting run");
  auto* cancelling = app.add_subcommand("cancel", "Remove a waiting run; nothing of it was started");
  auto* releasing =
      app.add_subcommand("release", "Start what was queued before the computer was restarted, or failed");
  auto* running = app.add_subcommand("run", "Start what waits, until nothing waits")->group("");
  for (auto* sub : {moving, cancelling})
    sub->add_option("ENTRY", options->entry, "An entry or a run: its id, or a beginning of it")->required();
  releasing->add_option("ENTRY", options->entry, "An entry or a run; all when left out");
  moving->add_option("PLACE", options->place, "first, last or a number from 1")->required();
  for (auto* sub : {listing, moving, cancelling, releasing})
    sub->add_flag("--json", options->json, "One JSON object on stdout");
  action = [options, listing, moving, cancelling, releasing, running]() -> int {
    if (listing->parsed()) return list(options->json);
    if (moving->parsed()) return move(options->entry, options->place, options->json);
    if (cancelling->parsed()) return cancel(options->entry, options->json);
    if (releasing->parsed()) {
      const bool named = releasing->get_option("ENTRY")->count() > 0; // "" is a name too, and no run's
      return release(named ? std::optional(options->entry) : std::nullopt, options->json);
    }
    if (running->parsed()) {
      const auto ended = queueHere().run(ownProgram());
      return ended ? 0 : report(ended.error());
    }
    return 0;
  };
}

} // namespace loom
