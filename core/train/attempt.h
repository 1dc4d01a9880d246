// SPDX-License-Identifier: Apache-2.0
// One start of the trainer: its journal, its steps, its checkpoints. Everything is prepared before it begins;
// within a step nothing is allocated and no file is touched.
#pragma once
#include "core/run/progress.h"
#include "core/train/checkpoint.h"
#include "core/train/control_watch.h"
#include "core/train/outcome.h"
#include "core/train/run_log.h"
#include "core/train/scoring.h"
#include <chrono>

namespace loom {

class Attempt {
 public:
  // All borrowed, and outlive it. The run's lock is held by the caller.
  Attempt(const std::filesystem::path& runFolder, const RunConfig& config, const Material& material,
          Machine& machine, const EventListener& listener, StopFlag& stop, std::set<std::string> oldCommands);
  Result<TrainOutcome> run(bool resuming);

 private:
  using Clock = std::chrono::steady_clock;
  enum class Verdict { goOn, stopped, failed };

  Status begin(bool resuming);
  Status canResume(const Checkpoint& checkpoint) const;
  // The newest whole checkpoint; from the beginning when there is none.
  Status restore(std::vector<Message>& notes);
  Verdict trainEpoch();
  Verdict finishEpoch(); // validation, best, checkpoint
  Verdict step();
  Verdict work(); // epochs, then the test; whatever ended them, its checkpoint stands
  // Commands and signals: attempt_control.cpp.
  bool attentive() const; // something waits to be obeyed
  Verdict obey();
  Verdict pause();
  Verdict apply(const RunControl& control); // what means the same while a run is paused
  Verdict leave();                          // the run was deleted or moved under our feet
  Verdict setRate(const RunControl& control);
  Verdict saveNow(const RunControl& control);
  void answer(const std::string& id, const char* verb, bool applied, const Message& reason);
  void refuse(const Result<RunControl>& command, const Message& reason);
  void refuseTheRest(); // what came too late is answered too
  Verdict fail(Error error);
  Message lowerRate() const; // the fix of a run that diverged
  bool keepsCheckpoint() const;
  Status saveCheckpoint(); // the best one first, when it is not on disk yet
  Status saveOne(const Checkpoint& checkpoint, bool best);
  Checkpoint snapshot() const;
  Result<Score> score(Scorer& scorer, EvaluationParts* into, Verdict& verdict);
  Verdict test();
  void tell(Json event); // journal and listener
  void tellProgress();   // at most ten times a second
  double seconds() const;
  double rateAt(std::int64_t step) const; // without the command's factor
  TrainOutcome finish(const std::string& status);

  std::filesystem::path folder_;
  const RunConfig& config_;
  const Material& material_;
  Machine& machine_;
  const EventListener& listener_;
  StopFlag& stop_;
  std::set<std::string> oldCommands_;
  int number_ = 0;
  std::filesystem::path attemptFolder_;
  std::unique_ptr<RunLog> log_;
  std::unique_ptr<ControlWatch> controls_;
  std::unique_ptr<Feed> feed_;
  std::unique_ptr<Scorer> validation_;
  Schedule schedule_;
  Progress progress_;
  std::optional<Checkpoint> best_; // of the lowest validation loss, while it is not on disk
  std::int64_t total_ = 0, perEpoch_ = 0, savedStep_ = -1;
  Clock::time_point started_, lastSaved_, lastTold_, lastSpeed_;
  std::int64_t samplesSinceSpeed_ = 0, stepsSinceTold_ = 0;
  bool speedTold_ = false; // the journal has a throughput point of this attempt
  double speed_ = 0, lossSeen_ = 0, paused_ = 0;
  std::vector<MetricRow> rows_;
  // Per program: where loss and correct stand in its metric row, -1: nowhere.
  std::vector<std::pair<int, int>> places_;
  std::optional<Error> error_;
  std::string endStatus_;
  bool left_ = false; // leave() has said why
  std::vector<std::pair<std::string, double>> tested_;
};

Error outOfMemory();

} // namespace loom
