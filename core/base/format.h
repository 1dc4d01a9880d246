// SPDX-License-Identifier: Apache-2.0
// Numbers as every page and every verb writes them (the look's "Words and numbers"): 1,234 · 61,706 · 236 k
// · 3.2 M · 12.4 ms · 00:12:31 · 91.80 % (no-break space) · 0.231 · 1.2e-6 · 3.2 MB (1000) · 16×28×28 · "–"
// for what is missing.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loom {

std::string formatCount(std::int64_t value);      // full up to 999,999 (61,706), then 3.2 M, 1.2 G
std::string formatWhole(std::int64_t value);      // every digit: 1,048,576
std::string formatCountShort(std::int64_t value); // on nodes: full up to 99,999, then 236 k, 3.2 M
std::string formatBytes(std::uint64_t bytes);     // 3.2 MB, powers of 1000
std::string formatPercent(double share);          // 0.918 -> "91.80 %"
std::string formatLoss(double value);             // three significant digits; NaN, Inf as such
std::string formatNumber(double value);           // general: 0.0075, 1.2e-6 below 1e-4, 12.4
std::string formatExact(double value);            // the shortest text that reads back as the same number
std::string formatDuration(double seconds);       // "00:12:31", "< 1 s", from 100 h on "4 d 02 h"
std::string formatSeconds(double seconds);        // "12.4 ms", "3.1 s", "2 min"
std::string formatShape(const std::vector<std::int64_t>& dims); // "16×28×28"
inline const char* const missingText = "–";

// ISO 8601 in UTC with milliseconds, and back to microseconds since 1970.
std::string formatTime(std::int64_t microseconds);
std::optional<std::int64_t> parseTime(std::string_view text); // nullopt: not as formatTime writes it
std::int64_t nowMicroseconds();

} // namespace loom
