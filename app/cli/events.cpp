// SPDX-License-Identifier: Apache-2.0
#include "app/cli/reference.h"
#include "core/run/event_kinds.h"

namespace loom {
namespace {

Reference eventRows() {
  Reference all{{{"EVENT", "MEMBERS", "MEANING"}}};
  for (const EventKind& kind : eventKinds()) {
    all.rows.push_back({std::string(kind.name), std::string(kind.members), std::string(kind.meaning)});
    all.list.push_back({{"event", kind.name}, {"members", kind.members}, {"meaning", kind.meaning}});
  }
  return all;
}

} // namespace

void defineEvents(CLI::App& app, Action& action) { defineReference(app, action, eventRows, eventsMarkdown); }

} // namespace loom
