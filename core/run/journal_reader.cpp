// SPDX-License-Identifier: Apache-2.0
#include "core/base/hash.h"
#include "core/run/journal.h"
#include <algorithm>
#include <charconv>
#include <cmath>

namespace loom {
namespace {

constexpr std::string_view pointsBeginning = R"({"event":"points","key":")";
constexpr std::int64_t largestStep = std::int64_t{1} << 53;
constexpr std::uint64_t largestSequence = std::uint64_t{1} << 53;
constexpr std::size_t longestColumn = 256, longestKey = 256;

Error damagedAt(const Place& place, std::uint64_t offset, Message cause) {
  return {
      ErrorKind::input, Place(say("{}, byte {}", place.message(), offset)), std::move(cause),
      say("The record is skipped and the rest of the run is read; restore the file from a backup if there "
          "is one, then run `loom history rebuild`")};
}

Error wrongRecord(const Place& place, Message cause) {
  return {ErrorKind::input, place, std::move(cause),
          say("The record is skipped and the rest of the run is read")};
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
    // from_chars would take "inf" and "nan", which are not JSON.
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

Status readSlowly(std::string_view json, const Place& place, PointColumns& into) {
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
    if (!element.is_number_integer()) return wrongRecord(place, say("a step is not a whole number"));
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
    return wrongRecord(place, say("a time or value is not a number"));
  return {};
}

// "crc32c sequence json" without the newline; an empty Message when it is sound, else what is wrong.
Message checkLine(std::string_view text, JournalLine& line) {
  if (text.size() < 12 || text[8] != ' ') return say("the record is damaged: it is not a journal record");
  const std::string_view body = text.substr(9);
  std::uint32_t sum = 0;
  const auto [sumEnd, sumError] = std::from_chars(text.data(), text.data() + 8, sum, 16);
  // In lower case, as JournalWriter writes it: an "A" for an "a" is damage too.
  if (sumError != std::errc{} || sumEnd != text.data() + 8 ||
      text.substr(0, 8).find_first_of("ABCDEF") != std::string_view::npos)
    return say("the record is damaged: it has no checksum");
  if (crc32c(body) != sum) return say("the record is damaged: its checksum is wrong");
  const auto [next, error] = std::from_chars(body.data(), body.data() + body.size(), line.sequence);
  if (error != std::errc{} || next == body.data() + body.size() || *next != ' ')
    return say("the record is damaged: it has no sequence number");
  if (line.sequence > largestSequence) return say("the record is damaged: its sequence number is too large");
  line.json = body.substr(static_cast<std::size_t>(next - body.data()) + 1);
  return {};
}

} // namespace

bool isPoints(std::string_view json) { return json.starts_with(pointsBeginning); }

Status checkPoints(const PointColumns& columns, const Place& place) {
  if (columns.key.empty() || columns.key.size() > longestKey)
    return wrongRecord(
        place, say("the name of a series must have 1 to {} bytes (got {})", longestKey, columns.key.size()));
  for (const unsigned char letter : columns.key)
    if (letter < 0x20 || letter == 0x7f)
      return wrongRecord(place, say("the name of a series contains a control character"));
  const std::size_t count = columns.steps.size();
  if (count == 0 || count > longestColumn || columns.times.size() != count || columns.values.size() != count)
    return wrongRecord(place, say("a record must have 1 to {} steps, and as many times and values (got {} "
                                  "steps, {} times and {} values)",
                                  longestColumn, count, columns.times.size(), columns.values.size()));
  std::int64_t before = -1;
  for (const std::int64_t step : columns.steps) {
    if (step < 0 || step > largestStep)
      return wrongRecord(place, say("a step must be between 0 and {} (got {})", largestStep, step));
    if (step <= before)
      return wrongRecord(place, say("steps must ascend, but step {} follows step {}", step, before));
    before = step;
  }
  return {};
}

Status readPoints(std::string_view json, const Place& place, PointColumns& into) {
  if (!readQuickly(json, into))
    if (auto read = readSlowly(json, place, into); !read) return read;
  return checkPoints(into, place);
}

Place placeOfJournal(const std::string& run, int attempt) {
  return say("journal of run {}, attempt {}", run, attempt);
}
Place placeOfRecord(const Place& journal, std::uint64_t sequence) {
  return say("{}, record {}", journal.message(), sequence);
}

JournalLines splitJournal(std::string_view bytes, std::uint64_t offset, const Place& place,
                          JournalState state) {
  JournalLines result;
  result.offset = offset;
  result.state = state;
  const auto damage = [&](Message cause) {
    if (result.state.behindDamage) return; // one stretch, one message
    if (result.damages.size() < mostDamages)
      result.damages.push_back(damagedAt(place, result.offset, std::move(cause)));
    else
      ++result.moreDamages;
  };
  while (!bytes.empty()) {
    const auto newline = bytes.substr(0, longestRecord).find('\n');
    if (newline == std::string_view::npos && bytes.size() < longestRecord) break; // not there yet
    const std::size_t length = newline == std::string_view::npos ? longestRecord : newline + 1;
    JournalLine line;
    Message wrong = newline == std::string_view::npos
                        ? say("the record is damaged: it is longer than {} bytes", longestRecord)
                        : checkLine(bytes.substr(0, newline), line);
    const auto expected = result.state.next;
    if (wrong.empty() && expected && line.sequence < *expected)
      wrong = say("the record is damaged: its sequence number was there already");
    if (!wrong.empty()) {
      damage(std::move(wrong));
      result.state.behindDamage = true;
    } else {
      if (expected && line.sequence > *expected)
        damage(sayCount("{} record is missing before record {}", "{} records are missing before record {}",
                        line.sequence - *expected, line.sequence));
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
  const Place place = placeOfJournal(run, attempt);
  JournalState state;
  if (offset > 0) state.next = std::nullopt; // what came before is not known
  JournalLines split = splitJournal(*text, offset, place, state);
  JournalRead result;
  result.offset = split.offset;
  result.damages = std::move(split.damages);
  for (const JournalLine& line : split.lines) {
    auto event = parseJson(line.json, placeOfRecord(place, line.sequence));
    if (event && event->is_object()) {
      result.records.push_back({line.sequence, std::move(*event), line.end});
      continue;
    }
    if (result.damages.size() < mostDamages)
      result.damages.push_back(
          event ? wrongRecord(placeOfRecord(place, line.sequence), say("it is not a JSON object"))
                : event.error());
  }
  return result;
}

} // namespace loom
