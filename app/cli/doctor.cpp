// SPDX-License-Identifier: Apache-2.0
#include "app/cli/verb.h"
#include "core/backend/check.h"
#include "core/backend/plugin.h"
#include "core/base/format.h"
#include "core/base/message_json.h"
#include "core/base/os/library.h"
#include "core/base/os/machine.h"
#include "core/base/parallel.h"
#include "core/base/subprocess.h"
#include "core/run/project.h"
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

namespace loom {
namespace {

namespace fs = std::filesystem;

// What is looked at, one row each. What is merely absent (`missing`) is no fault of this machine.
struct Findings {
  enum class Mark { ok, missing, wrong };
  Json list = Json::array();
  std::vector<std::vector<std::string>> rows;
  bool good = true;

  void add(const std::string& what, Mark mark, const Message& detail) {
    good = good && mark != Mark::wrong;
    Json row{{"check", what}, {"ok", mark == Mark::ok}};
    setMessage(row, "detail", detail);
    list.push_back(std::move(row));
    rows.push_back({mark == Mark::ok        ? "ok"
                    : mark == Mark::missing ? missingText
                                            : "WRONG",
                    what, detail.text()});
  }
  void add(const std::string& what, const Message& detail) { add(what, Mark::ok, detail); }
};

void machine(Findings& findings) {
  if (const std::string system = os::systemName(); !system.empty()) findings.add("system", foreign(system));
  const std::string model = os::processorName();
  const Message cores = sayCount("{} core", "{} cores", usableCores());
  findings.add("processor", model.empty() ? say("unknown, {}", cores) : say("{}, {}", model, cores));
  if (const os::Memory memory = os::memory(); memory.total > 0)
    findings.add("memory", say("{}, {} of it free to use", Bytes{memory.total}, Bytes{memory.available}));
}

// Versions as the libraries that are loaded now tell them; where one tells none, its file's name does.
std::string loadedFrom(void* symbol) {
  const fs::path named = os::fileOfSymbol(symbol);
  std::error_code error;
  const auto file = fs::canonical(named, error);
  return error ? named.string() : file.string();
}

void library(Findings& findings, const char* name, const char* symbolName,
             const std::function<Message(void*)>& version) {
  void* symbol = os::loadedSymbol(symbolName);
  if (symbol == nullptr) {
    findings.add(name, Findings::Mark::missing, say("not in this build"));
    return;
  }
  const Message text = version ? version(symbol) : Message();
  const std::string file = loadedFrom(symbol);
  findings.add(name, text.empty() ? say("{}", file) : say("{}, {}", text, file));
}

template<class Function> auto as(void* symbol) { return reinterpret_cast<Function>(symbol); }

void libraries(Findings& findings) {
  struct DnnlVersion { // the beginning of dnnl_version_t
    int major, minor, patch;
  };
  library(findings, "oneDNN", "dnnl_version", [](void* symbol) {
    const auto* version = as<const DnnlVersion* (*)()>(symbol)();
    return say("{}.{}.{}", version->major, version->minor, version->patch);
  });
  library(findings, "OpenMP", "omp_get_max_threads", [](void* symbol) {
    return sayCount("{} thread at most", "{} threads at most", as<int (*)()>(symbol)());
  });
  library(findings, "SQLite", "sqlite3_libversion",
          [](void* symbol) { return foreign(as<const char* (*)()>(symbol)()); });
  library(findings, "zlib", "zlibVersion",
          [](void* symbol) { return foreign(as<const char* (*)()>(symbol)()); });
  library(findings, "libdeflate", "libdeflate_alloc_decompressor", {}); // its file's name tells the version
  library(findings, "libpng", "png_get_libpng_ver",
          [](void* symbol) { return foreign(as<const char* (*)(void*)>(symbol)(nullptr)); });
  library(findings, "libjpeg-turbo", "tjInitDecompress", {});
  const auto three = [](int number) {
    return fmt::format("{}.{}.{}", number / 10000, number / 100 % 100, number % 100);
  };
  library(findings, "xxHash", "XXH_versionNumber",
          [&](void* symbol) { return foreign(three(static_cast<int>(as<unsigned (*)()>(symbol)()))); });
  const std::string json = three(NLOHMANN_JSON_VERSION_MAJOR * 10000 + NLOHMANN_JSON_VERSION_MINOR * 100 +
                                 NLOHMANN_JSON_VERSION_PATCH);
  findings.add("built with", say("fmt {}, nlohmann-json {}, CLI11 {}, GCC {}", three(FMT_VERSION), json,
                                 std::string_view(CLI11_VERSION), std::string_view(__VERSION__)));
}

void data(Findings& findings) {
  using Mark = Findings::Mark;
  std::error_code error;
  const auto samples = samplesFolder();
  const bool whole = fs::exists(samples / "iris.csv", error) && fs::exists(samples / "digits.csv", error);
  findings.add("samples", whole ? Mark::ok : Mark::wrong,
               whole ? say("{}", samples)
                     : say("iris.csv and digits.csv are not in {}: install the package again, or set "
                           "LOOM_SAMPLES",
                           samples));
  const fs::path fashion = "/usr/share/datasets/fashion-mnist";
  const bool there = fs::exists(fashion / "train-images-idx3-ubyte.gz", error);
  findings.add("Fashion-MNIST", there ? Mark::ok : Mark::missing,
               there ? say("{}", fashion) : say("not installed: apt-get install dataset-fashion-mnist"));
}

void devices(Findings& findings) {
  using Mark = Findings::Mark;
  for (const auto& device : allDevices())
    findings.add("device " + device.id, device.usable ? Mark::ok : Mark::missing,
                 device.note.empty() ? say("{}", device.name) : say("{}: {}", device.name, device.note));
  std::vector<std::string> looked;
  for (const auto& folder : pluginFolders()) {
    std::error_code error;
    auto path = fs::weakly_canonical(folder, error);
    looked.push_back((error ? folder : path).string());
  }
  const auto& plugin = cudaPlugin();
  findings.add("GPU plug-in", plugin.backend != nullptr ? Mark::ok : Mark::missing,
               plugin.file.empty() ? say("{} was looked for in {}", os::libraryFileName("loom_cuda"), looked)
               : plugin.reason.empty() ? say("{}", plugin.file)
                                       : say("{}: {}", plugin.file, plugin.reason));
}

// The same comparison as in the tests, on this very machine.
void ops(Findings& findings) {
  for (const Backend* backend : backends()) {
    if (backend->name().rfind("reference", 0) == 0) continue; // it is the measure
    const auto devices = backend->devices();
    if (std::none_of(devices.begin(), devices.end(), [](const Device& device) { return device.usable; }))
      continue;
    int cases = 0, failed = 0;
    std::vector<Message> worst;
    double largest = 0;
    for (const auto& check : checkBackend(*backend)) {
      ++cases;
      if (!check.passed) {
        ++failed;
        if (failed <= 5) worst.push_back(say("{} ({}): {};", check.op, check.name, check.detail));
      }
      largest = std::max(largest, check.error);
    }
    findings.add("ops on " + backend->name(), failed == 0 ? Findings::Mark::ok : Findings::Mark::wrong,
                 failed == 0 ? say("{} cases of {} ops agree with the reference, largest difference {}",
                                   cases, opTable().size(), formatNumber(largest))
                             : say("{} of {} cases differ: {}", failed, cases, worst));
  }
}

} // namespace

void defineDoctor(CLI::App& app, Action& action) {
  auto json = std::make_shared<bool>(false);
  app.add_flag("--json", *json, "One JSON object on stdout");
  action = [json] {
    Findings findings;
    findings.add("version", say("loom {}", std::string_view(NEUROLOOM_VERSION)));
    findings.add("program", say("{}", ownProgram()));
    machine(findings);
    libraries(findings);
    data(findings);
    devices(findings);
    ops(findings);
    if (*json) {
      printJson({{"ok", findings.good}, {"checks", findings.list}});
    } else {
      printTable(findings.rows, {false, false, false});
      std::cout << (findings.good ? "All is well.\n"
                                  : "Something is wrong here: see the lines marked WRONG.\n");
    }
    return findings.good ? 0 : 1;
  };
}

} // namespace loom
