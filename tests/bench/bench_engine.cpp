// SPDX-License-Identifier: Apache-2.0
// Microseconds a full training step (forward, loss, backward, update) of the networks N1 to N4: one JSON line
// each.
//
//   bench_engine --net N1 --batch 32 --threads 2 --seconds 2 [--weights FILE.safetensors] [--dump
//   FILE.safetensors] bench_engine --machine
//
// --first says so after one step and ends: whoever started the program measures how long that took. --dump
// writes start weights, samples and labels and ends: the peer reads them, so that both train on the same
// numbers.
// --weights reads such a file. --serve answers each line on standard input with a measurement of --seconds,
// so that two programs can take turns while both stay warm. --machine prints the processor and its matrix
// product rate.
#include "core/backend/onednn/onednn_backend.h"
#include "core/base/safetensors.h"
#include "tests/bench/bench_networks.h"
#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>
#include <map>
#include <sys/resource.h>

using namespace loom;

namespace {

using Clock = std::chrono::steady_clock;
double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

using Options = std::map<std::string, std::string>;
Options readOptions(int count, char** words) {
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string name = words[i];
    const bool hasValue = i + 1 < count && std::string_view(words[i + 1]).substr(0, 2) != "--";
    options[name] = hasValue ? words[++i] : "";
  }
  return options;
}
std::string option(const Options& options, const std::string& name, const std::string& fallback) {
  const auto found = options.find(name);
  return found == options.end() ? fallback : found->second;
}

[[noreturn]] void fail(const Error& error) {
  std::fprintf(stderr, "%s\n", error.message().c_str());
  std::exit(static_cast<int>(error.kind));
}
template<class T> T must(Result<T> result) {
  if (!result) fail(result.error());
  return std::move(*result);
}

std::vector<std::byte> bytesOf(const Plan& plan, const Executable& executable, TensorId id) {
  std::vector<std::byte> bytes(static_cast<std::size_t>(plan.tensor(id).elements()) * 4);
  executable.read(id, bytes);
  return bytes;
}

// What both sides start from: parameters by their state_dict names, "input" and "target".
struct Training {
  BenchNetwork network;
  Compiled compiled;
  std::unique_ptr<Executable> executable;
  int program = 0;
  std::int32_t step = 0;

  const Plan& plan() const { return compiled.plan; }
  std::map<std::string, TensorId> shared() const {
    std::map<std::string, TensorId> names;
    for (const TensorId id : plan().parameters) names[plan().tensor(id).name] = id;
    const Program& p = plan().programs[static_cast<std::size_t>(program)];
    names["input"] = p.inputs[0].tensor;
    names["target"] = p.targets[0].tensor;
    return names;
  }
  void run() {
    setStep(plan(), *executable, ++step);
    if (const Status status = executable->run(program); !status) fail(status.error());
  }
};

Training prepare(const Options& options) {
  const std::string id = option(options, "--net", "N1");
  for (auto& network : benchNetworks()) {
    if (network.id != id) continue;
    CompileOptions compileOptions;
    compileOptions.trainBatches = {std::stoll(option(options, "--batch", "32"))};
    compileOptions.optimizer = network.optimizer;
    compileOptions.optimizerParams = network.optimizerParams;
    Training t{network, must(compile(network.network, compileOptions)), nullptr};
    const int threads = std::stoi(option(options, "--threads", "0"));
    t.executable = must(onednnBackend().prepare(std::make_shared<const Plan>(t.compiled.plan), {threads}));
    begin(t.compiled, *t.executable, 1, network.learningRate);
    feed(t.plan(), t.plan().programs[0], *t.executable, 1, network.classes);
    return t;
  }
  fail({ErrorKind::usage, "--net", say("There is no network {}", id), say("Choose N1, N2, N3 or N4")});
}

void dump(const Training& t, const std::string& file) {
  Safetensors content;
  for (const auto& [name, id] : t.shared()) {
    const Tensor& tensor = t.plan().tensor(id);
    const bool ints = tensor.dtype == DType::i32;
    content.tensors[name] = {ints ? FileDType::i32 : FileDType::f32, tensor.dims,
                             bytesOf(t.plan(), *t.executable, id)};
  }
  if (const Status status = writeSafetensors(file, content); !status) fail(status.error());
}

void load(const Training& t, const std::string& file) {
  const auto content = must(readSafetensors(file));
  for (const auto& [name, id] : t.shared()) t.executable->write(id, content.tensors.at(name).data);
}

double lastLoss(Executable& executable) {
  std::vector<MetricRow> rows;
  executable.drain(rows);
  return static_cast<double>(rows.back().values[0]);
}

// Blocks of about 10 ms for `seconds`.
void measure(Training& t, double seconds, double lossAfter50, double prepareSeconds, double firstStep) {
  auto start = Clock::now();
  t.run();
  const auto steps = std::max(1, static_cast<int>(0.01 / std::max(since(start), 1e-7)));
  std::vector<double> blocks;
  const auto begin = Clock::now();
  while (since(begin) < seconds || blocks.size() < 3) {
    start = Clock::now();
    for (int i = 0; i < steps; ++i) t.run();
    blocks.push_back(since(start) / steps * 1e6);
  }
  std::ranges::sort(blocks);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const Json line = {{"side", "neuroloom"},
                     {"net", t.network.id},
                     {"batch", t.plan().programs[0].batch},
                     {"threads", t.executable->threads()},
                     {"min", blocks.front()},
                     {"median", blocks[blocks.size() / 2]},
                     {"max", blocks.back()},
                     {"blocks", blocks.size()},
                     {"loss_after_50", lossAfter50},
                     {"prepare_ms", prepareSeconds * 1e3},
                     {"first_step_ms", firstStep * 1e3},
                     {"memory_bytes", t.executable->memoryBytes()},
                     {"peak_rss_mb", static_cast<double>(usage.ru_maxrss) / 1024}};
  std::cout << compactJson(line) << std::endl;
}

// GFLOP/s of a large matrix product (512×1024 by 1024×1024, forward alone) with all threads: what the step
// times of a machine are to be seen against.
void machine(int threads) {
  DrawnNetwork d;
  d.add("Input", {{"shape", std::vector<std::int64_t>{1024}}});
  d.add("Linear", {{"out_features", std::int64_t{1024}}, {"bias", false}});
  d.add("Output", {{"loss", std::string("MSELoss")}});
  CompileOptions options;
  options.evaluateBatches = {512};
  const auto compiled = must(compile(d.network, options));
  const auto executable =
      must(onednnBackend().prepare(std::make_shared<const Plan>(compiled.plan), {std::max(threads, 1)}));
  double best = 1e9;
  for (int i = 0; i < 200; ++i) {
    const auto start = Clock::now();
    if (const Status status = executable->run(0); !status) fail(status.error());
    best = std::min(best, since(start));
  }
  std::string name, family;
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line) && (name.empty() || family.empty());) {
    const auto value = line.substr(std::min(line.size(), line.find(": ") + 2));
    if (line.starts_with("model name")) name = value;
    if (line.starts_with("cpu family")) family = value;
  }
  const Json line = {{"processor", name},
                     {"family", family},
                     {"kernels", onednnBackend().devices()[0].note.text()},
                     {"gemm_gflops", 2 * 512.0 * 1024 * 1024 / best / 1e9}};
  std::cout << compactJson(line) << std::endl;
}

} // namespace

int main(int count, char** words) {
  const Options options = readOptions(count, words);
  if (options.contains("--machine")) {
    machine(std::stoi(option(options, "--threads", "2")));
    return 0;
  }
  const auto start = Clock::now();
  Training training = prepare(options);
  const double prepareSeconds = since(start);
  if (options.contains("--weights")) load(training, option(options, "--weights", ""));
  if (options.contains("--dump")) {
    dump(training, option(options, "--dump", ""));
    return 0;
  }
  const auto first = Clock::now();
  training.run();
  const double firstStep = since(first);
  if (options.contains("--first")) {
    std::cout << "first" << std::endl;
    return 0;
  }
  while (training.step < 50) training.run();
  const double loss = lastLoss(*training.executable);
  const double seconds = std::stod(option(options, "--seconds", "2"));
  if (!options.contains("--serve")) {
    measure(training, seconds, loss, prepareSeconds, firstStep);
    return 0;
  }
  for (std::string line; std::getline(std::cin, line);)
    measure(training, seconds, loss, prepareSeconds, firstStep);
}
