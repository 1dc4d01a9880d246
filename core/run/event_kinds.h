// SPDX-License-Identifier: Apache-2.0
// The kinds of records in a run's journal, as a table: what `loom events` prints and the tests of core/train
// compare each record with.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace loom {

struct EventKind {
  std::string_view name;    // the member "event"
  std::string_view members; // the others; "?" may be missing
  std::string_view meaning;
};
const std::vector<EventKind>& eventKinds();
std::string eventsMarkdown(); // as a reference: `loom events --markdown`

} // namespace loom
