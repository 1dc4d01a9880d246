// SPDX-License-Identifier: Apache-2.0
// Journals written byte by byte, and points cut and joined: what the tests of the follower share.
#pragma once
#include "core/base/hash.h"
#include "store_fixture.h"
#include <QtTest>
#include <fstream>

namespace loom::test {

inline const std::string run = runNamed(1);

inline std::string bytesOf(const fs::path& file) { return *readWholeFile(file, 1u << 30); }
inline void put(const fs::path& file, const std::string& bytes, bool append = false) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary | (append ? std::ios::app : std::ios::trunc)) << bytes;
}
inline std::string lineOf(std::uint64_t sequence, const std::string& json) {
  const std::string body = fmt::format("{} {}", sequence, json);
  return hex32(crc32c(body)) + " " + body + "\n";
}
inline Points upTo(const Points& points, std::int64_t step) {
  Points kept;
  for (const auto& point : points)
    if (point.step <= step) kept.push_back(point);
  return kept;
}
inline Points joined(Points first, const Points& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}
inline Points shifted(Points points, std::int64_t by) {
  for (auto& point : points) point.step += by;
  return points;
}
inline bool saysAll(const Error& error) {
  return !error.place.empty() && !error.cause.empty() && !error.fix.empty();
}
inline std::string verified(const TestProject& project) {
  const auto report = verifyHistory(project.folder);
  if (!report) return report.error().message();
  if (report->unreachable) return report->unreachable->message();
  return report->good ? std::string() : report->findings.front().text();
}

} // namespace loom::test
