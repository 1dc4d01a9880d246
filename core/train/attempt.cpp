// SPDX-License-Identifier: Apache-2.0
#include "core/train/attempt.h"
#include "core/base/atomic_file.h"
#include "core/base/error_message.h"
#include "core/base/format.h"
#include "core/base/message_json.h"
#include "core/base/subprocess.h"
#include "core/run/evaluation_files.h"
#include "core/train/snapshot.h"
#include <cmath>
#include <fmt/format.h>

namespace loom {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto progressEvery = 100ms, speedEvery = 250ms;

double secondsBetween(std::chrono::steady_clock::time_point a, std::chrono::steady_clock::time_point b) {
  return std::chrono::duration<double>(b - a).count();
}

} // namespace

Attempt::Attempt(const fs::path& runFolder, const RunConfig& config, const Material& material,
                 Machine& machine, const EventListener& listener, StopFlag& stop,
                 std::set<std::string> oldCommands)
    : folder_(runFolder), config_(config), material_(material), machine_(machine), listener_(listener),
      stop_(stop), oldCommands_(std::move(oldCommands)) {}

double Attempt::seconds() const {
  return progress_.seconds + secondsBetween(started_, Clock::now()) - paused_;
}

double Attempt::rateAt(std::int64_t step) const {
  return config_.settings.learningRate * schedule_.factor(step, total_);
}

void Attempt::tell(Json event) {
  // When it happened: `seconds` leaves pauses out.
  if (!event.contains("time")) event["time"] = nowMicroseconds();
  if (listener_) listener_(event);
  log_->event(std::move(event));
}

Status Attempt::begin(bool resuming) {
  auto schedule = scheduleOf(config_.settings);
  if (!schedule) return schedule.error();
  schedule_ = std::move(*schedule);
  const auto samples = static_cast<std::int64_t>(material_.split.train.size());
  perEpoch_ = (samples + config_.settings.batch - 1) / config_.settings.batch;
  total_ = perEpoch_ * config_.settings.epochs;
  for (const auto& program : machine_.plan->programs) {
    std::pair<int, int> place{-1, -1};
    for (std::size_t index = 0; index < program.metrics.size(); ++index) {
      if (program.metrics[index].name == "loss") place.first = static_cast<int>(index);
      if (program.metrics[index].name == "correct") place.second = static_cast<int>(index);
    }
    places_.push_back(place);
  }
  const auto before = attemptsIn(folder_);
  if (!before) return before.error();
  number_ = before->empty() ? 1 : before->back() + 1;
  attemptFolder_ = folder_ / "attempts" / std::to_string(number_);
  std::error_code error;
  fs::create_directories(attemptFolder_, error);
  auto writer = JournalWriter::create(attemptFolder_);
  if (!writer) return writer.error();
  // The epochs may have been raised; nothing else in run.json ever changes. Whoever follows the run reads it
  // again when there is a new attempt.
  if (resuming)
    if (auto written = writeFileAtomically(folder_ / "run.json", canonicalJson(toJson(config_))); !written)
      return written;
  log_ = std::make_unique<RunLog>(std::move(*writer));
  controls_ = std::make_unique<ControlWatch>(folder_, attemptFolder_, std::move(oldCommands_));
  started_ = lastSaved_ = lastTold_ = lastSpeed_ = Clock::now();

  writeInitialValues(machine_, config_.settings.seed);
  std::vector<Message> notes; // the journal begins with `resumed`, so they wait
  if (resuming)
    if (auto restored = restore(notes); !restored) return restored;
  const std::array<std::int32_t, 4> random{static_cast<std::int32_t>(config_.settings.seed & 0xFFFFFFFFu),
                                           static_cast<std::int32_t>(config_.settings.seed >> 32),
                                           static_cast<std::int32_t>(progress_.epoch), 0};
  if (machine_.plan->random != noTensor)
    machine_.executable->write(machine_.plan->random, std::as_bytes(std::span(random)));
  feed_ = std::make_unique<Feed>(machine_, material_, config_.settings,
                                 progress_.batch == perEpoch_ ? progress_.epoch + 1 : progress_.epoch,
                                 progress_.batch == perEpoch_ ? 0 : progress_.batch);
  validation_ = std::make_unique<Scorer>(machine_, material_, material_.split.validation);
  rows_.reserve(4);
  Json first{{"event", number_ == 1 ? "started" : "resumed"},
             {"run", config_.id},
             {"attempt", number_},
             {"step", progress_.step},
             {"seq", 0},
             {"total_steps", total_},
             {"epochs", config_.settings.epochs},
             {"steps_per_epoch", perEpoch_},
             {"threads", machine_.executable->threads()},
             {"device", machine_.device.id},
             {"pid", os::processId()},
             {"host", hostName()},
             {"seconds", progress_.seconds},
             {"time", nowMicroseconds()}};
  tell(std::move(first));
  for (const auto& note : notes) {
    Json event{{"event", "note"}, {"level", "warning"}};
    setMessage(event, "text", note);
    tell(std::move(event));
  }
  tell({{"event", "state"}, {"state", "running"}, {"step", progress_.step}});
  lastSpeed_ = Clock::now();
  return {};
}

// Whether this run can continue from there: values that fit each other may still be those of another run.
Status Attempt::canResume(const Checkpoint& checkpoint) const {
  const std::string place = (checkpointFolder(folder_, checkpoint.step) / stateFile).string();
  const auto progress = progressFromJson(checkpoint.state, place);
  if (!progress) return progress.error();
  return checkProgress(*progress, config_.settings, static_cast<std::int64_t>(material_.split.train.size()),
                       place);
}

Status Attempt::restore(std::vector<Message>& notes) {
  bringBackCheckpoints(folder_);
  std::vector<Error> damaged;
  auto checkpoint =
      newestCheckpoint(folder_, damaged, [this](const Checkpoint& one) { return canResume(one); });
  for (const auto& error : damaged)
    notes.push_back(say("A damaged checkpoint is skipped: {}", toMessage(error)));
  if (!checkpoint) {
    notes.push_back(say("No whole checkpoint is left: the run begins again"));
    return {};
  }
  const std::string place = (folder_ / "checkpoints" / std::to_string(checkpoint->step)).string();
  auto progress = progressFromJson(checkpoint->state, place);
  if (!progress) return progress.error();
  if (auto done = restoreModel(*machine_.plan, *machine_.executable, checkpoint->model, place); !done)
    return done;
  if (auto done = restoreMoments(*machine_.plan, *machine_.executable, checkpoint->optimizer, place); !done)
    return done;
  progress_ = std::move(*progress);
  savedStep_ = progress_.step;
  if (progress_.best.step < 0 || progress_.best.step == progress_.step) return {};
  if (const auto best = readCheckpoint(folder_, progress_.best.step); !best) {
    notes.push_back(say("The checkpoint of the lowest validation loss is lost: {}", toMessage(best.error())));
    progress_.best = {};
    // Between two epochs the weights are the ones that the last validation judged.
    if (progress_.batch == 0 && !progress_.last.empty()) progress_.best = {progress_.step, progress_.last};
  }
  return {};
}

Checkpoint Attempt::snapshot() const {
  Checkpoint checkpoint;
  checkpoint.step = progress_.step;
  takeSnapshot(*machine_.plan, *machine_.executable, checkpoint);
  Progress now = progress_;
  now.seconds = seconds();
  checkpoint.state = toJson(now);
  return checkpoint;
}

Status Attempt::saveOne(const Checkpoint& checkpoint, bool best) {
  if (auto synced = log_->barrier(); !synced) return synced;
  if (auto written = writeCheckpoint(folder_, checkpoint); !written) return written;
  std::int64_t bytes = 0;
  for (const auto* part : {&checkpoint.model, &checkpoint.optimizer})
    for (const auto& [name, tensor] : part->tensors) bytes += static_cast<std::int64_t>(tensor.data.size());
  Json event{{"event", "checkpoint"},
             {"step", checkpoint.step},
             {"epoch", checkpoint.state.value("epoch", progress_.epoch)},
             {"bytes", bytes},
             {"best", best}};
  if (best && !progress_.best.metrics.empty()) event["val_loss"] = numberOrText(progress_.best.loss());
  tell(std::move(event));
  return {};
}

bool Attempt::keepsCheckpoint() const { return best_ || progress_.best.step >= 0 || savedStep_ >= 0; }

Message Attempt::lowerRate() const {
  return keepsCheckpoint() ? say("Lower the learning rate; the last good checkpoint is kept")
                           : say("Lower the learning rate");
}

// The best checkpoint goes first: a checkpoint on disk never names a best one that is not there.
Status Attempt::saveCheckpoint() {
  if (savedStep_ == progress_.step) return {};
  if (best_ && best_->step != progress_.step)
    if (auto saved = saveOne(*best_, true); !saved) return saved;
  const Checkpoint now = snapshot();
  if (const std::string bad = firstNonFinite(now.model); !bad.empty())
    return Error{ErrorKind::diverged, say("step {}", progress_.step),
                 say("The weights '{}' contain NaN or infinity", bad), lowerRate()};
  if (auto saved = saveOne(now, best_ && best_->step == progress_.step); !saved) return saved;
  best_.reset();
  savedStep_ = progress_.step;
  lastSaved_ = Clock::now();
  return retainCheckpoints(folder_, config_.settings.keepCheckpoints, progress_.best.step);
}

Attempt::Verdict Attempt::fail(Error error) {
  error_ = std::move(error);
  switch (error_->kind) {
  case ErrorKind::diverged:
    endStatus_ = "diverged";
    break;
  case ErrorKind::memory:
    endStatus_ = "out_of_memory";
    break;
  default:
    endStatus_ = "failed";
    break;
  }
  return Verdict::failed;
}

void Attempt::tellProgress() {
  const auto now = Clock::now();
  if (!listener_ || now - lastTold_ < progressEvery) return;
  const double passed = secondsBetween(lastTold_, now);
  if (passed > 0 && stepsSinceTold_ > 0)
    speed_ = speed_ == 0 ? stepsSinceTold_ / passed : 0.7 * speed_ + 0.3 * (stepsSinceTold_ / passed);
  lastTold_ = now;
  stepsSinceTold_ = 0;
  listener_({{"event", "progress"},
             {"step", progress_.step},
             {"total_steps", total_},
             {"epoch", std::min(progress_.epoch + 1, config_.settings.epochs)},
             {"epochs", config_.settings.epochs},
             {"loss", numberOrText(lossSeen_)},
             {"steps_per_second", speed_},
             {"seconds_left", speed_ > 0 ? static_cast<double>(total_ - progress_.step) / speed_ : 0.0}});
}

Attempt::Verdict Attempt::step() {
  const auto next = feed_->next();
  Executable& executable = *machine_.executable;
  const std::int64_t number = progress_.step + 1;
  const float rate = static_cast<float>(rateAt(number) * progress_.rateFactor);
  const auto count = static_cast<std::int32_t>(number);
  executable.write(machine_.plan->learningRate, std::as_bytes(std::span(&rate, 1)));
  executable.write(machine_.plan->step, std::as_bytes(std::span(&count, 1)));
  if (auto ran = executable.run(next.program); !ran) return fail(ran.error());
  rows_.clear();
  executable.drain(rows_);
  const auto& values = rows_.back().values;
  const auto [lossAt, correctAt] = places_[static_cast<std::size_t>(next.program)];
  const double loss = lossAt >= 0 ? static_cast<double>(values[static_cast<std::size_t>(lossAt)]) : 0;
  const double at = seconds();
  log_->point(Series::trainLoss, number, at, loss);
  if (correctAt >= 0) {
    const double correct = static_cast<double>(values[static_cast<std::size_t>(correctAt)]);
    log_->point(Series::trainAccuracy, number, at, correct / static_cast<double>(next.samples));
    progress_.correctSum += correct;
  }
  log_->point(Series::trainRate, number, at, static_cast<double>(rate));
  progress_.step = number;
  ++progress_.batch;
  progress_.lossSum += loss * static_cast<double>(next.samples);
  progress_.sampleCount += next.samples;
  samplesSinceSpeed_ += next.samples;
  ++stepsSinceTold_;
  lossSeen_ = loss;
  const auto now = Clock::now();
  // A run that is too fast for a second point has one over all its steps.
  if (now - lastSpeed_ >= speedEvery || (number == total_ && !speedTold_)) {
    log_->point(Series::trainThroughput, number, at,
                static_cast<double>(samplesSinceSpeed_) / std::max(1e-9, secondsBetween(lastSpeed_, now)));
    lastSpeed_ = now;
    samplesSinceSpeed_ = 0;
    speedTold_ = true;
  }
  if (!std::isfinite(loss))
    return fail({ErrorKind::diverged, say("step {}", number), say("The loss is {}", formatNumber(loss)),
                 keepsCheckpoint()
                     ? say("Lower the learning rate or clean the data; the last good checkpoint is kept")
                     : say("Lower the learning rate or clean the data")});
  return Verdict::goOn;
}

Attempt::Verdict Attempt::trainEpoch() {
  while (progress_.batch < perEpoch_) {
    if (attentive())
      if (const Verdict verdict = obey(); verdict != Verdict::goOn) return verdict;
    if (const Verdict verdict = step(); verdict != Verdict::goOn) return verdict;
    tellProgress();
    const auto every = config_.settings.checkpointEvery;
    if (every > 0 && progress_.step % every == 0 && progress_.batch < perEpoch_)
      if (auto saved = saveCheckpoint(); !saved) return fail(saved.error());
    if (log_->failed()) return fail(log_->barrier().error());
  }
  return finishEpoch();
}

// A long validation or test is left for a command, as the steps are.
Result<Score> Attempt::score(Scorer& scorer, EvaluationParts* into, Verdict& verdict) {
  const auto goOn = [&] {
    if (attentive()) verdict = obey();
    return verdict == Verdict::goOn;
  };
  return scorer.run(goOn, into);
}

Attempt::Verdict Attempt::finishEpoch() {
  Score score;
  if (!validation_->empty()) {
    Verdict verdict = Verdict::goOn;
    auto scored = this->score(*validation_, nullptr, verdict);
    if (!scored) return fail(scored.error());
    if (verdict != Verdict::goOn) return verdict;
    score = *scored;
  }
  const double at = seconds();
  const double trainLoss =
      progress_.sampleCount > 0 ? progress_.lossSum / static_cast<double>(progress_.sampleCount) : 0;
  Json event{{"event", "epoch"},
             {"epoch", progress_.epoch + 1},
             {"step", progress_.step},
             {"train_loss", numberOrText(trainLoss)},
             {"seconds", at}};
  std::vector<std::pair<std::string, double>> metrics{{"train_loss", trainLoss}};
  if (!validation_->empty()) {
    metrics = named(score, "val");
    for (const auto& [name, value] : metrics) event[name] = numberOrText(value);
    log_->point(Series::valLoss, progress_.step, at, score.loss);
    if (score.accuracy) log_->point(Series::valAccuracy, progress_.step, at, *score.accuracy);
    if (score.r2) log_->point(Series::valR2, progress_.step, at, *score.r2);
  }
  tell(std::move(event));
  ++progress_.epoch;
  progress_.batch = 0;
  progress_.lossSum = progress_.correctSum = 0;
  progress_.sampleCount = 0;
  progress_.last = metrics;
  // A checkpoint that waits for this validation stands on disk: it must not be taken for the present one.
  const bool outdated = savedStep_ == progress_.step;
  if (outdated) savedStep_ = -1;
  const auto epoch = static_cast<std::int32_t>(progress_.epoch);
  if (machine_.plan->random != noTensor) {
    const std::array<std::int32_t, 4> random{static_cast<std::int32_t>(config_.settings.seed & 0xFFFFFFFFu),
                                             static_cast<std::int32_t>(config_.settings.seed >> 32), epoch,
                                             0};
    machine_.executable->write(machine_.plan->random, std::as_bytes(std::span(random)));
  }
  const double judged = metrics.front().second;
  if (!std::isfinite(judged))
    return fail({ErrorKind::diverged, say("epoch {}", progress_.epoch),
                 say("The validation loss is NaN or infinite"), lowerRate()});
  if (progress_.best.step < 0 || judged < progress_.best.loss()) {
    progress_.best.step = progress_.step;
    progress_.best.metrics = metrics;
    best_ = snapshot();
  }
  tellProgress();
  const bool last = progress_.epoch >= config_.settings.epochs;
  const bool due = config_.settings.checkpointEvery > 0
                       ? progress_.step % config_.settings.checkpointEvery == 0
                       : progress_.epoch == 1 || Clock::now() - lastSaved_ >= checkpointsApart;
  if (last || due || outdated)
    if (auto saved = saveCheckpoint(); !saved) return fail(saved.error());
  return Verdict::goOn;
}

// Once, with the checkpoint of the lowest validation loss.
Attempt::Verdict Attempt::test() {
  if (material_.split.test.empty() || progress_.best.step < 0) return Verdict::goOn;
  if (progress_.best.step != progress_.step) {
    auto best = readCheckpoint(folder_, progress_.best.step);
    if (!best) return fail(best.error());
    if (auto done = restoreModel(*machine_.plan, *machine_.executable, best->model, folder_.string()); !done)
      return fail(done.error());
  }
  Scorer scorer(machine_, material_, material_.split.test);
  EvaluationParts parts;
  parts.step = progress_.best.step;
  parts.split = "test";
  Verdict verdict = Verdict::goOn;
  auto score = this->score(scorer, &parts, verdict);
  if (!score) return fail(score.error());
  if (verdict != Verdict::goOn) return verdict;
  const auto evaluation = summarise(std::move(parts), *score, material_.data);
  if (!evaluation) return fail(evaluation.error());
  tested_ = named(*score, "test");
  if (score->accuracy) log_->point(Series::testAccuracy, progress_.best.step, seconds(), *score->accuracy);
  if (score->r2) log_->point(Series::testR2, progress_.best.step, seconds(), *score->r2);
  tell({{"event", "tested"}, {"checkpoint", progress_.best.step}, {"metrics", metricsToJson(tested_)}});
  const EvaluationSource source = sourceOf(config_, folder_, progress_.best.step);
  if (auto written = writeEvaluation(folder_, *evaluation, source); !written) return fail(written.error());
  return Verdict::goOn;
}

TrainOutcome Attempt::finish(const std::string& status) {
  refuseTheRest();
  TrainOutcome outcome;
  outcome.run = config_.id;
  outcome.status = status;
  outcome.epochs = progress_.epoch;
  outcome.steps = progress_.step;
  outcome.seconds = seconds();
  std::error_code error;
  if (progress_.best.step >= 0 &&
      fs::exists(folder_ / "checkpoints" / std::to_string(progress_.best.step), error))
    outcome.checkpoint = progress_.best.step;
  outcome.metrics = progress_.best.metrics;
  outcome.metrics.insert(outcome.metrics.end(), tested_.begin(), tested_.end());
  outcome.error = error_;
  Json event = toJson(outcome);
  event["event"] = "finished";
  event["step"] = outcome.steps;
  event["time"] = nowMicroseconds();
  log_->event(event);
  if (const Status written = log_->barrier(); !written && !outcome.error) {
    outcome.error = written.error();
    outcome.status = "failed";
  }
  (void)writeFileAtomically(attemptFolder_ / "exit", outcome.status + "\n");
  return outcome;
}

Attempt::Verdict Attempt::work() {
  try {
    Verdict verdict = Verdict::goOn;
    while (verdict == Verdict::goOn && progress_.epoch < config_.settings.epochs) verdict = trainEpoch();
    if (verdict == Verdict::goOn)
      if (auto saved = saveCheckpoint(); !saved) verdict = fail(saved.error());
    if (verdict == Verdict::goOn) verdict = test();
    if (verdict == Verdict::stopped)
      if (auto saved = saveCheckpoint(); !saved) verdict = fail(saved.error());
    return verdict;
  } catch (const std::bad_alloc&) {
    return fail(outOfMemory());
  }
}

Result<TrainOutcome> Attempt::run(bool resuming) {
  if (auto begun = begin(resuming); !begun) return begun.error();
  Verdict verdict = work();
  // However it ended, its last moments went into a folder that is not there.
  if (!left_ && controls_->lost()) verdict = leave();
  switch (verdict) {
  case Verdict::goOn:
    return finish("finished");
  case Verdict::stopped:
    return finish("stopped");
  case Verdict::failed:
    break;
  }
  // What was best is worth keeping even when the last steps went wrong.
  if (best_ && error_->kind == ErrorKind::diverged) (void)saveOne(*best_, true);
  return finish(endStatus_);
}

} // namespace loom
