// SPDX-License-Identifier: Apache-2.0
// The old and the new databases of a rebuild exchanged. They are four files beside others, so no single rename
// can do it: a marker on the disk says that the new ones are whole, and every step after it may be repeated.
#include "core/base/atomic_file.h"
#include "core/base/json.h"
#include "core/store/history.h"
#include <fmt/format.h>

namespace loom {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t markerSchema = 1;

fs::path markerOf(const fs::path& history) { return rebuildFolder(history) / "exchange.json"; }

bool isThere(const fs::path& file) {
  std::error_code unknown;
  return fs::exists(fs::symlink_status(file, unknown));
}

void removeFile(const fs::path& file) {
  std::error_code failed;
  fs::remove(file, failed);
  if (failed) throw SqlFailure(writeError(file, say("the file cannot be removed"), failed.value()), false);
}

// A marker that another program wrote must not name files elsewhere.
fs::path copyFrom(const JsonReader& marker, const fs::path& file, const char* key) {
  const auto name = marker.text(key);
  for (int number = 1; name && number <= mostCopies; ++number)
    if (const fs::path copy = copyOf(file, number); copy.filename() == *name) return copy;
  return {};
}

std::optional<OldCopies> readMarker(const fs::path& history) {
  const auto json = readJsonFile(markerOf(history), 4096);
  if (!json) return std::nullopt;
  const JsonReader marker(*json, "exchange.json");
  const auto schema = marker.integer("schema");
  if (!schema || *schema != markerSchema) return std::nullopt;
  return OldCopies{copyFrom(marker, history / catalogueName, catalogueName),
                   copyFrom(marker, history / metricsName, metricsName)};
}

// The file itself always moves last, so that where it is says how far this came.
void exchangeOne(const fs::path& fresh, const fs::path& file, const fs::path& copy) {
  if (!isThere(fresh)) return; // it is in its place already
  if (isThere(file)) {
    if (!copy.empty() && !isThere(copy))
      moveDatabase(file, copy);
    else // nothing is in it, or it was created after the old one had moved
      for (const char* part : {"-wal", "-shm", ""}) removeFile(file.string() + part);
  }
  moveDatabase(fresh, file);
}

} // namespace

fs::path rebuildFolder(const fs::path& history) { return history / "rebuilding"; }

fs::path copyOf(const fs::path& file, int number) {
  return number == 1 ? fs::path(file.string() + ".before")
                     : fs::path(fmt::format("{}.before-{}", file.string(), number));
}

bool isRebuildLeft(const fs::path& history) { return isThere(rebuildFolder(history)); }

Status writeExchangeMarker(const fs::path& history, const OldCopies& copies) {
  return writeFileAtomically(markerOf(history),
                             canonicalJson({{"schema", markerSchema},
                                            {catalogueName, copies.catalogue.filename().string()},
                                            {metricsName, copies.metrics.filename().string()}}));
}

void finishRebuild(const fs::path& history) {
  const fs::path folder = rebuildFolder(history);
  if (!isThere(folder)) return;
  std::error_code failed;
  if (!fs::is_directory(fs::symlink_status(folder, failed))) {
    setAside(folder); // a link: what it leads to is not ours
    return;
  }
  if (const auto copies = readMarker(history)) {
    for (const char* name : {catalogueName, metricsName}) refuseIrregular(folder / name);
    exchangeOne(folder / catalogueName, history / catalogueName, copies->catalogue);
    exchangeOne(folder / metricsName, history / metricsName, copies->metrics);
    if (const auto synced = syncFolder(history); !synced) throw SqlFailure(synced.error(), false);
  }
  removeFile(markerOf(history)); // first: without it the rest is only a leftover
  fs::remove_all(folder, failed);
  if (failed)
    throw SqlFailure(writeError(folder, say("the folder cannot be removed"), failed.value()), false);
}

} // namespace loom
