// SPDX-License-Identifier: Apache-2.0
// Which run a person means by a word: the same rule for the folders of a project and for its history.
#pragma once
#include "core/base/result.h"
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace loom {

struct RunName {
  std::string id, name;     // name: empty where it is not known
  std::int64_t created = 0; // microseconds since 1970
};

// The id that `word` names among `all`: an id, the name of a run, a unique beginning of an id, or "last". Kind
// input with the candidates when it is not one. `place`: where the runs are, for the Error.
Result<std::string> findRun(std::vector<RunName> all, std::string_view word, const Place& place);

// An id that is one plain folder name; kind usage when it could lead anywhere else.
Status checkRunId(std::string_view run);

} // namespace loom
