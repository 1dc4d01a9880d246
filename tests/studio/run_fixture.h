// SPDX-License-Identifier: GPL-3.0-or-later
// Projects with runs for the studio's tests: real ones by `loom`, and runs whose journals are written here by
// hand, record for record as a trainer writes them, for what a real run would take too long to show.
#pragma once
#include "app/studio/shots/sample_runs.h"
#include "core/base/format.h"
#include "core/base/json.h"
#include "core/base/subprocess.h"
#include "core/run/journal.h"
#include "core/run/project.h"
#include <QString>
#include <QTest>
#include <cmath>
#include <filesystem>

namespace loom::test {

inline Finished loomProgram(std::vector<std::string> arguments) {
  Command command;
  command.arguments = {LOOM_PROGRAM};
  command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
  auto finished = runCommand(command, std::chrono::minutes(2));
  return finished ? *finished : Finished{-1, {}, finished.error().message()};
}

inline QString newProject(const QString& folder, const char* templateId = "digits") {
  const auto made = loomProgram({"new", folder.toStdString(), "--template", templateId});
  return made.exitCode == 0 ? folder : QString();
}

inline std::string handRun(const Project& project, const HandRun& run, std::int64_t created = 0) {
  return writeHandRun(project, run, created);
}

// The points of `loom runs series`, as [step, value].
inline std::vector<std::pair<std::int64_t, double>> seriesOf(const QString& project, const std::string& run,
                                                             const char* key) {
  const auto answer = loomProgram({"runs", "series", project.toStdString(), run, key, "--json"});
  std::vector<std::pair<std::int64_t, double>> points;
  const auto json = parseJson(answer.output, "series");
  if (answer.exitCode != 0 || !json) return points;
  for (const auto& point : json->at("points"))
    points.emplace_back(point[0].get<std::int64_t>(),
                        point[1].is_number() ? point[1].get<double>() : std::nan(""));
  return points;
}

// Every record of a run's journals that is of this kind; null: of any.
inline std::vector<RunEvent> journalOf(const QString& project, const std::string& run, const char* kind) {
  std::vector<RunEvent> found;
  const auto source = journalsIn(project.toStdString());
  const auto attempts = source->attempts(run);
  if (!attempts) return found;
  for (const int attempt : *attempts) {
    std::uint64_t offset = 0;
    for (;;) {
      auto read = source->read(run, attempt, offset, 1 << 20);
      if (!read || read->records.empty()) break;
      offset = read->offset;
      for (const auto& record : read->records)
        if (kind == nullptr || record.event.value("event", std::string()) == kind)
          found.push_back(record.event);
    }
  }
  return found;
}

} // namespace loom::test
