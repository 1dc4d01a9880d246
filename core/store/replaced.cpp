// SPDX-License-Identifier: Apache-2.0
// A run whose folder was restored from an older copy and then resumed: attempt 3 is there again, with another
// journal. What the history has of the earlier one goes, as everything beyond the step of a resumption does.
#include "core/store/batch.h"
#include "core/store/follower.h"
#include <algorithm>

namespace loom {
namespace {

// The first record of a journal; nothing where it is not whole yet or is damaged.
std::optional<std::string> firstRecord(JournalSource& source, const std::string& uuid, int attempt) {
  for (const std::size_t most : {std::size_t{4096}, longestRecord}) {
    const auto bytes = source.bytes(uuid, attempt, 0, most);
    if (!bytes) return std::nullopt;
    const auto newline = bytes->find('\n');
    if (newline == std::string::npos) continue;
    const auto split =
        splitJournal(std::string_view(*bytes).substr(0, newline + 1), 0, placeOfJournal(uuid, attempt));
    if (split.lines.empty() || split.lines.front().sequence != 0) return std::nullopt;
    return std::string(split.lines.front().json);
  }
  return std::nullopt;
}

bool isSameRecord(const std::string& stored, const std::string& read) {
  if (stored == read) return true;
  const auto a = parseJson(stored, "stored record"), b = parseJson(read, "record");
  return !a || !b || *a == *b;
}

} // namespace

std::optional<Follower::Replaced> Follower::findReplaced(JournalSource& source, const std::string& uuid,
                                                         Run& run, const std::vector<int>& attempts) {
  const auto replacedAt = [&](int number) -> std::optional<Replaced> {
    const auto known = run.attempts.find(number);
    if (known == run.attempts.end() || known->second.first.empty()) return std::nullopt;
    const auto first = firstRecord(source, uuid, number);
    if (!first || isSameRecord(known->second.first, *first)) return std::nullopt;
    const auto event = parseJson(*first, "record");
    if (!event || !event->is_object() || kindOf(*event).empty()) return std::nullopt;
    return Replaced{number, stepOf(*event).value_or(0)};
  };
  // Whoever resumes a run makes a new last attempt, so that the others change only together with it.
  const bool sameList =
      std::equal(attempts.begin(), attempts.end(), run.attempts.upper_bound(0), run.attempts.end(),
                 [](int number, const auto& known) { return number == known.first; });
  if (sameList && run.compared && (attempts.empty() || !replacedAt(attempts.back()))) return std::nullopt;
  run.compared = true;
  for (const int number : attempts)
    if (auto replaced = replacedAt(number)) return replaced;
  return std::nullopt;
}

void Follower::takeBack(JournalSource& source, const std::string& uuid, const Replaced& replaced,
                        const std::vector<int>& attempts, Batch& batch, TakeInResult& result) {
  const auto [attempt, step] = replaced;
  report(
      result,
      {ErrorKind::input, placeOfJournal(uuid, attempt),
       say("its first record is not the one that was stored; the run's folder may come from an older copy, "
           "from which the run was resumed"),
       say("Nothing needs to be done; the history now shows what the run's files contain")});
  // Without the attempts before it, or where it resumes from one whose journal is gone, the history is the
  // only place that has what came before.
  const bool whole = (attempt > 1 || step == 0) && isComplete(source, uuid, attempts, attempt);
  batch.commit();
  const std::int64_t inMetrics = runs_.at(uuid).inMetrics, inCatalogue = runs_.at(uuid).inCatalogue;
  runs_.erase(uuid);
  {
    // The points alone, before the records: a kill between the two leaves the old first record, and this is
    // done again.
    Transaction points(metricsFile_, true);
    if (whole) {
      series_.remove(inMetrics);
    } else {
      series_.supersede(inMetrics, step);
      metricsFile_.prepare("DELETE FROM source WHERE run=? AND attempt>=?").run(inMetrics, attempt);
      writePoints_.run(inMetrics, 0, 1, 0, false);
    }
    series_.flush();
    points.commit();
  }
  batch.begin();
  if (whole)
    catalogue_.remove(inCatalogue);
  else
    catalogue_.takeBack(inCatalogue, attempt, step);
  // A journal that is never there again: the files do not contain all that the history has.
  if (!whole) writeEvents_.run(inCatalogue, 0, 1, 0, false);
}

} // namespace loom
