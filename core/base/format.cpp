// SPDX-License-Identifier: Apache-2.0
#include "core/base/format.h"
#include <charconv>
#include <chrono>
#include <cmath>
#include <fmt/format.h>

namespace loom {
namespace {

// "61706" -> "61,706"; a sign, a fraction and an exponent stay as they are.
std::string grouped(std::string text) {
  const std::size_t first = text.starts_with('-') ? 1 : 0;
  std::size_t end = text.find_first_not_of("0123456789", first);
  if (end == std::string::npos) end = text.size();
  while (end > first + 3) text.insert(end -= 3, ",");
  return text;
}

// One decimal below 100, none above; what rounds up to 1000 takes the next unit.
std::string scaled(double value, const char* const* units, int count, double step) {
  int unit = 0;
  const auto rounded = [&] { return std::fabs(value) < 99.95 ? value : std::round(value); };
  while (unit + 1 < count && std::fabs(rounded()) >= step) {
    value /= step;
    ++unit;
  }
  return fmt::format("{:.{}f} {}", value, std::fabs(value) < 99.95 ? 1 : 0, units[unit]);
}

std::string withShortExponent(std::string text) {
  const std::size_t e = text.find('e');
  if (e == std::string::npos) return text;
  std::size_t digits = e + 1;
  if (text[digits] == '+') text.erase(digits, 1);
  if (text[digits] == '-') ++digits;
  while (digits + 1 < text.size() && text[digits] == '0') text.erase(digits, 1);
  return text;
}

std::optional<std::string> nonFinite(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Inf" : "-Inf";
  return std::nullopt;
}

std::string countAbove(std::int64_t value, std::int64_t full) {
  if (value >= -full && value <= full) return grouped(std::to_string(value));
  static constexpr const char* units[] = {"k", "M", "G", "T"};
  return scaled(static_cast<double>(value) / 1000, units, 4, 1000);
}

} // namespace

std::string formatWhole(std::int64_t value) { return grouped(std::to_string(value)); }

std::string formatCount(std::int64_t value) { return countAbove(value, 999'999); }
std::string formatCountShort(std::int64_t value) { return countAbove(value, 99'999); }

std::string formatBytes(std::uint64_t bytes) {
  if (bytes < 1000) return fmt::format("{} B", bytes);
  static constexpr const char* units[] = {"kB", "MB", "GB", "TB", "PB"};
  return scaled(static_cast<double>(bytes) / 1000, units, 5, 1000);
}

std::string formatPercent(double share) {
  if (!std::isfinite(share)) return missingText;
  return fmt::format("{:.2f}\u00a0%", share * 100);
}

std::string formatLoss(double value) {
  if (const auto text = nonFinite(value)) return *text;
  if (value == 0) return "0";
  const std::string scientific = fmt::format("{:.2e}", value); // its exponent is that of the rounded value
  int exponent = 0;
  const std::size_t digits = scientific.find('e') + (scientific[scientific.find('e') + 1] == '+' ? 2 : 1);
  std::from_chars(scientific.data() + digits, scientific.data() + scientific.size(), exponent);
  if (exponent < -4 || exponent > 5) return withShortExponent(scientific);
  return grouped(fmt::format("{:.{}f}", value, std::max(0, 2 - exponent)));
}

std::string formatNumber(double value) {
  if (const auto text = nonFinite(value)) return *text;
  if (std::fabs(value) < 1e9 && value == std::trunc(value))
    return grouped(fmt::format("{}", static_cast<std::int64_t>(value)));
  return withShortExponent(grouped(fmt::format("{:.6g}", value)));
}

std::string formatExact(double value) { return withShortExponent(fmt::format("{}", value)); }

std::string formatDuration(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0 || seconds > 1e12) return missingText;
  if (seconds > 0 && seconds < 1) return "< 1 s"; // 00:00:00 would say that it took no time
  const auto whole = static_cast<std::int64_t>(seconds);
  const std::int64_t hours = whole / 3600;
  if (hours >= 100) return fmt::format("{} d {:02} h", hours / 24, hours % 24);
  return fmt::format("{:02}:{:02}:{:02}", hours, whole / 60 % 60, whole % 60);
}

std::string formatSeconds(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return missingText;
  if (seconds == 0) return "0 s";
  static constexpr const char* units[] = {"µs", "ms", "s"};
  if (seconds < 59.95) return scaled(seconds * 1e6, units, 3, 1000);
  if (seconds < 3600 - 30) return fmt::format("{:.0f} min", seconds / 60);
  if (seconds < 100 * 3600.0) return fmt::format("{:.1f} h", seconds / 3600);
  return fmt::format("{:.0f} d", seconds / 86400);
}

std::string formatShape(const std::vector<std::int64_t>& dims) {
  return fmt::format("{}", fmt::join(dims, "×"));
}

std::string formatTime(std::int64_t microseconds) {
  using namespace std::chrono;
  const sys_time<std::chrono::microseconds> time{std::chrono::microseconds(microseconds)};
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{floor<milliseconds>(time - day)};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", int(date.year()), unsigned(date.month()),
                     unsigned(date.day()), clock.hours().count(), clock.minutes().count(),
                     clock.seconds().count(), clock.subseconds().count());
}

std::optional<std::int64_t> parseTime(std::string_view text) {
  // Fixed places: 2025-11-24T04:08:12.345Z
  constexpr std::string_view pattern = "dddd-dd-ddTdd:dd:dd.dddZ";
  if (text.size() != pattern.size()) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (pattern[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != pattern[i]) return std::nullopt;
  const auto field = [&](std::size_t first, std::size_t count) {
    int value = 0;
    std::from_chars(text.data() + first, text.data() + first + count, value);
    return value;
  };
  using namespace std::chrono;
  const year_month_day date{year(field(0, 4)), month(static_cast<unsigned>(field(5, 2))),
                            day(static_cast<unsigned>(field(8, 2)))};
  if (!date.ok() || field(11, 2) > 23 || field(14, 2) > 59 || field(17, 2) > 59) return std::nullopt;
  const auto time = sys_days(date) + hours(field(11, 2)) + minutes(field(14, 2)) + seconds(field(17, 2)) +
                    milliseconds(field(20, 3));
  return duration_cast<microseconds>(time.time_since_epoch()).count();
}

std::int64_t nowMicroseconds() {
  using namespace std::chrono;
  return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

} // namespace loom
