// SPDX-License-Identifier: Apache-2.0
#include "core/base/hash.h"
#include "core/run/journal.h"
#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>

namespace loom {
namespace {

constexpr std::string_view pointsBeginning = R"({"event":"points","key":")";
constexpr std::int64_t largestStep = std::int64_t{1} << 53;
constexpr std::uint64_t largestSequence = std::uint64_t{1} << 53;
constexpr std::size_t longestColumn = 256, longestKey = 256;

Error damagedAt(const std::string& place, std::uint64_t offset, std::string_view why) {
  return {
      ErrorKind::input, fmt::format("{}, byte {}", place, offset),
      fmt::format("the record is damaged: {}", why),
      "It is passed over, the rest of the run is read; restore the file from a copy if there is one, then "
      "run `loom history rebuild`"};
}

Error wrongRecord(const std::string& place, std::string cause) {
  return {ErrorKind::input, place, std::move(cause),
          "The record is passed over; the rest of the run is read"};
}

// Reads the exact form that JournalWriter gives a points record; any other form is left to the JSON reader.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}
  bool take(std::string_view expected) {
    if (static_cast<std::size_t>(end_ - at_) < expected.size() ||
        std::string_view(at_, expected.size()) != expected)
      return false;
    at_ += expected.size();
    return true;
  }
  bool takeKey(std::string& key) {
    const char* from = at_;
    // Escapes and everything beyond ASCII go the long way, where UTF-8 is checked.
    while (at_ < end_ && *at_ != '"' && *at_ != '\\' && static_cast<unsigned char>(*at_) >= 0x20 &&
           static_cast<unsigned char>(*at_) < 0x7f)
      ++at_;
    if (at_ == end_ || *at_ != '"') return false;
    key.assign(from, at_);
    ++at_;
    return true;
  }
  template<class T> bool takeList(std::vector<T>& list) {
    list.clear();
    if (!take("[")) return false;
    if (take("]")) return true;
    for (;;) {
      T value{};
      if (!takeNumber(value)) return false;
      list.push_back(value);
      if (take("]")) return true;
      if (!take(",")) return false;
    }
  }
  bool atEnd() const { return at_ == end_; }

 private:
  bool takeNumber(std::int64_t& value) {
    if (at_ == end_ || *at_ < '0' || *at_ > '9') return false;
    const auto [next, error] = std::from_chars(at_, end_, value);
    at_ = next;
    return error == std::errc{};
  }
  bool takeNumber(double& value) {
    if (at_ < end_ && *at_ == '"') {
      if (take(R"("NaN")"))
        value = std::numeric_limits<double>::quiet_NaN();
      else if (take(R"("Infinity")"))
        value = std::numeric_limits<double>::infinity();
      else if (take(R"("-Infinity")"))
        value = -std::numeric_limits<double>::infinity();
      else
        return false;
      return true;
    }
    // from_chars would take "inf" and "nan", which are no JSON.
    const char* first = at_ < end_ && *at_ == '-' ? at_ + 1 : at_;
    if (first == end_ || *first < '0' || *first > '9') return false;
    const auto [next, error] = std::from_chars(at_, end_, value);
    at_ = next;
    return error == std::errc{};
  }
  const char* at_;
  const char* end_;
};

bool readQuickly(std::string_view json, PointColumns& into) {
  Cursor cursor(json);
  return cursor.take(pointsBeginning) && cursor.takeKey(into.key) && cursor.take(R"(,"steps":)") &&
         cursor.takeList(into.steps) && cursor.take(R"(,"times":)") && cursor.takeList(into.times) &&
         cursor.take(R"(,"values":)") && cursor.takeList(into.values) && cursor.take("}") && cursor.atEnd();
}

Status readSlowly(std::string_view json, const std::string& place, PointColumns& into) {
  const auto parsed = parseJson(json, place);
  if (!parsed) return parsed.error();
  const JsonReader reader(*parsed, place);
  const auto key = reader.text("key");
  const auto steps = reader.array("steps"), times = reader.array("times"), values = reader.array("values");
  if (!key) return key.error();
  for (const auto* list : {&steps, &times, &values})
    if (!*list) return list->error();
  into.key = *key;
  into.steps.clear();
  for (const Json& element : **steps) {
    if (!element.is_number_integer()) return wrongRecord(place, "a step is no whole number");
    into.steps.push_back(element.is_number_unsigned() &&
                                 element.get<std::uint64_t>() > static_cast<std::uint64_t>(largestStep)
                             ? largestStep + 1
                             : element.get<std::int64_t>());
  }
  const auto numbers = [&](const Json& list, std::vector<double>& column) {
    column.clear();
    for (const Json& element : list) {
      const auto number = numberFromJson(element);
      if (!number) return false;
      column.push_back(*number);
    }
    return true;
  };
  if (!numbers(**times, into.times) || !numbers(**values, into.values))
    return wrongRecord(place, "a time or value is no number");
  return {};
}

// "crc32c sequence json" without the newline; an empty text when it is sound, else what is wrong.
std::string_view checkLine(std::string_view text, JournalLine& line) {
  if (text.size() < 12 || text[8] != ' ') return "it is no journal record";
  const std::string_view body = text.substr(9);
  std::uint32_t sum = 0;
  const auto [sumEnd, sumError] = std::from_chars(text.data(), text.data() + 8, sum, 16);
  if (sumError != std::errc{} || sumEnd != text.data() + 8) return "it has no checksum";
  if (crc32c(body) != sum) return "its checksum is wrong";
  const auto [next, error] = std::from_chars(body.data(), body.data() + body.size(), line.sequence);
  if (error != std::errc{} || next == body.data() + body.size() || *next != ' ')
    return "it has no sequence number";
  if (line.sequence > largestSequence) return "its sequence number is too large";
  line.json = body.substr(static_cast<std::size_t>(next - body.data()) + 1);
  return {};
}

} // namespace

bool isPoints(std::string_view json) { return json.starts_with(pointsBeginning); }

Status checkPoints(const PointColumns& columns, const std::string& place) {
  if (columns.key.empty() || columns.key.size() > longestKey)
    return wrongRecord(place, "a series has no name, or one of more than 256 bytes");
  for (const unsigned char letter : columns.key)
    if (letter < 0x20 || letter == 0x7f)
      return wrongRecord(place, "the name of a series holds a control character");
  const std::size_t count = columns.steps.size();
  if (count == 0 || count > longestColumn || columns.times.size() != count || columns.values.size() != count)
    return wrongRecord(place, fmt::format("columns of {} steps, {} times and {} values do not fit together",
                                          count, columns.times.size(), columns.values.size()));
  std::int64_t before = -1;
  for (const std::int64_t step : columns.steps) {
    if (step <= before || step > largestStep)
      return wrongRecord(place, fmt::format("step {} follows step {}", step, before));
    before = step;
  }
  return {};
}

Status readPoints(std::string_view json, const std::string& place, PointColumns& into) {
  if (!readQuickly(json, into))
    if (auto read = readSlowly(json, place, into); !read) return read;
  return checkPoints(into, place);
}

JournalLines splitJournal(std::string_view bytes, std::uint64_t offset, const std::string& place,
                          JournalState state) {
  JournalLines result;
  result.offset = offset;
  result.state = state;
  const auto damage = [&](std::string_view why) {
    if (result.state.behindDamage) return; // one stretch, one message
    if (result.damages.size() < mostDamages)
      result.damages.push_back(damagedAt(place, result.offset, why));
    else
      ++result.moreDamages;
  };
  while (!bytes.empty()) {
    const auto newline = bytes.substr(0, longestRecord).find('\n');
    if (newline == std::string_view::npos && bytes.size() < longestRecord) break; // not there yet
    const std::size_t length = newline == std::string_view::npos ? longestRecord : newline + 1;
    JournalLine line;
    std::string_view wrong = newline == std::string_view::npos ? "it is longer than 65536 bytes"
                                                               : checkLine(bytes.substr(0, newline), line);
    const auto expected = result.state.next;
    if (wrong.empty() && expected && line.sequence < *expected)
      wrong = "its sequence number was there already";
    if (!wrong.empty()) {
      damage(wrong);
      result.state.behindDamage = true;
    } else {
      if (expected && line.sequence > *expected)
        damage(fmt::format("before record {}, {} records are missing", line.sequence,
                           line.sequence - *expected));
      line.end = result.offset + length;
      result.state = {line.sequence + 1, false};
      result.lines.push_back(line);
    }
    result.offset += length;
    bytes.remove_prefix(length);
  }
  return result;
}

Result<JournalRead> JournalSource::read(const std::string& run, int attempt, std::uint64_t offset,
                                        std::size_t maxBytes) {
  const auto text = bytes(run, attempt, offset, std::max(maxBytes, longestRecord));
  if (!text) return text.error();
  const std::string place = fmt::format("journal of run {}, attempt {}", run, attempt);
  JournalState state;
  if (offset > 0) state.next = std::nullopt; // what came before is not known
  JournalLines split = splitJournal(*text, offset, place, state);
  JournalRead result;
  result.offset = split.offset;
  result.damages = std::move(split.damages);
  for (const JournalLine& line : split.lines) {
    auto event = parseJson(line.json, fmt::format("{}, record {}", place, line.sequence));
    if (event && event->is_object()) {
      result.records.push_back({line.sequence, std::move(*event), line.end});
      continue;
    }
    if (result.damages.size() < mostDamages)
      result.damages.push_back(
          event ? wrongRecord(fmt::format("{}, record {}", place, line.sequence), "it holds no object")
                : event.error());
  }
  return result;
}

} // namespace loom
