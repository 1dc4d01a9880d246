// SPDX-License-Identifier: Apache-2.0
#include "core/run/members.h"
#include <cmath>

namespace loom {

Members::Members(const Json& object, std::string place, Message fix)
    : place_(std::move(place)), reader_(object, place_), fix_(std::move(fix)) {
  if (!object.is_object()) refuse(say("Expected a JSON object"));
}

void Members::refuse(Message cause) { keep({ErrorKind::input, place_, std::move(cause), fix_}); }

void Members::integer(const char* key, std::int64_t& into, std::int64_t minimum, std::int64_t maximum) {
  const auto read = reader_.integer(key);
  if (!read) return keep(read.error());
  if (*read < minimum || *read > maximum)
    return refuse(say("Member '{}' must be between {} and {} (got {})", std::string_view(key), minimum,
                      maximum, *read));
  if (!error_) into = *read;
}

void Members::number(const char* key, double& into, double minimum, double maximum) {
  const auto read = reader_.number(key);
  if (!read) return keep(read.error());
  if (!std::isfinite(*read) || *read < minimum || *read > maximum)
    return refuse(say("Member '{}' must be between {} and {} (got {})", std::string_view(key), minimum,
                      maximum, *read));
  if (!error_) into = *read;
}

void Members::anyNumber(const char* key, double& into) { take(reader_.number(key), into); }

void Members::text(const char* key, std::string& into, std::size_t maxBytes) {
  auto read = reader_.text(key);
  if (!read) return keep(read.error());
  if (read->size() > maxBytes)
    return refuse(say("Member '{}' must have at most {} bytes (got {})", std::string_view(key), maxBytes,
                      read->size()));
  if (!error_) into = std::move(*read);
}

void Members::texts(const char* key, std::vector<std::string>& into) {
  const Json* list = array(key, static_cast<std::size_t>(maxSamples));
  if (!list) return;
  std::vector<std::string> read;
  read.reserve(list->size());
  for (const Json& element : *list) {
    if (!element.is_string())
      return refuse(say("Member '{}' contains something that is not a text", std::string_view(key)));
    read.push_back(element.get<std::string>());
  }
  into = std::move(read);
}

const Json* Members::object(const char* key) {
  const auto found = reader_.object(key);
  if (!found) keep(found.error());
  return error_ ? nullptr : *found;
}

const Json* Members::array(const char* key, std::size_t maxEntries) {
  const auto found = reader_.array(key);
  if (!found)
    keep(found.error());
  else if ((*found)->size() > maxEntries)
    refuse(say("Member '{}' must have at most {} entries (got {})", std::string_view(key), maxEntries,
               (*found)->size()));
  return error_ ? nullptr : *found;
}

void Members::schema(int newest) {
  const auto read = reader_.integer("schema");
  if (!read) return keep(read.error());
  if (*read > newest)
    return keep({ErrorKind::input, place_,
                 say("The file has format {}, this program reads up to {}", *read, newest),
                 say("Use a newer Neuroloom")});
  if (*read < 1) refuse(say("Unsupported format version {}", *read));
}

} // namespace loom
