// SPDX-License-Identifier: Apache-2.0
// What the history answers with: runs, points, buckets and records, as values. Apart from store.h, so that
// the halves of the store need not know the whole.
#pragma once
#include "core/base/result.h"
#include "core/run/events.h"
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace loom {

struct MetricSummary {
  std::string key;
  std::int64_t count = 0, nonFinite = 0;
  double last = 0, minimum = 0, maximum = 0;
  std::int64_t lastStep = 0, minimumStep = 0, maximumStep = 0;
};

struct RunRow {
  std::string id, name, network, optimizer, schedule, device, host, data;
  RunState state = RunState::waiting;
  std::int64_t created = 0, ended = 0; // microseconds since 1970, 0: not yet
  double seconds = 0;                  // training time over all attempts
  std::int64_t step = 0, totalSteps = 0, epochs = 0, stepsPerEpoch = 0;
  int attempt = 0;
  std::int64_t parameters = 0;
  // Flat: "batch" "64", "lr" "0.001" …: what compare lists.
  std::vector<std::pair<std::string, std::string>> settings;
  std::vector<MetricSummary> metrics;
  // Accuracy or R² of the validation where its loss was lowest: of the best checkpoint.
  std::optional<double> validation;
  std::optional<double> testMetric; // test_accuracy or test_r2
  std::string testMetricName;
  std::int64_t checkpoint = -1;  // step of the best checkpoint, -1: none
  std::string error;             // one line, when it failed
  std::string site;              // id of the site it is at; empty: the project's own runs/
  std::int64_t unknownSince = 0; // outOfReach: microseconds since 1970
  Message unknownWhy;            // outOfReach: one sentence without a full stop
  std::vector<std::string> tags;
  std::string note;
  bool archived = false;
  // Something of it in the databases does not match its checksum, and could not be read again from its journals.
  bool damaged = false;
};

struct SeriesPoint {
  std::int64_t step;
  double value;
  double seconds;
};
struct Bucket {
  std::int64_t firstStep, lastStep;
  double minimum, maximum, mean; // of the finite ones; NaN when there are none
  std::int64_t count, nonFinite;
  double firstSeconds, lastSeconds;
};
struct StoredEvent {
  int attempt;
  std::uint64_t sequence;
  std::int64_t step;
  RunEvent event;
};

struct TakeInResult {
  bool changed = false;
  std::int64_t records = 0;
  std::vector<std::string> changedRuns;
  std::vector<Error> problems;
};

} // namespace loom
