// SPDX-License-Identifier: Apache-2.0
#include "core/base/error_message.h"

namespace loom {
namespace {

// With one full stop at its end.
Message sentence(const Message& message) {
  const std::string text = message.text();
  const bool whole = text.ends_with('.') || text.ends_with('?');
  return whole ? message : say("{}.", message);
}

} // namespace

Message toMessage(const Error& error) {
  const Message& place = error.place.message();
  if (error.cause.empty() && error.fix.empty()) return place.empty() ? Message() : say("{}:", place);
  if (error.cause.empty() || error.fix.empty()) {
    const Message only = sentence(error.cause.empty() ? error.fix : error.cause);
    return place.empty() ? only : say("{}: {}", place, only);
  }
  if (place.empty()) return say("{} {}", sentence(error.cause), sentence(error.fix));
  return say("{}: {} {}", place, sentence(error.cause), sentence(error.fix));
}

} // namespace loom
