// SPDX-License-Identifier: Apache-2.0
#include "core/run/find_run.h"
#include <algorithm>
#include <tuple>

namespace loom {

Result<std::string> findRun(std::vector<RunName> all, std::string_view word, const Place& place) {
  // A shell completes the folder as runs/<id>/.
  std::string_view id = word;
  while (id.size() > 1 && id.back() == '/') id.remove_suffix(1);
  if (const auto slash = id.rfind('/'); slash != std::string_view::npos) id.remove_prefix(slash + 1);
  std::sort(all.begin(), all.end(), [](const RunName& a, const RunName& b) {
    return std::tie(a.created, a.id) > std::tie(b.created, b.id);
  });
  if (all.empty())
    return Error{ErrorKind::input, place, say("The project has no run yet"),
                 say("Train one: loom train PROJECT")};
  // A name is what its writer chose: it must not stand before the id of another run.
  for (const auto& one : all)
    if (one.id == id) return one.id;
  if (word == "last") return all.front().id;
  std::vector<const RunName*> fitting;
  for (const auto& one : all)
    if ((!id.empty() && one.id.starts_with(id)) ||
        (!word.empty() && one.name == word)) // a damaged run has no name
      fitting.push_back(&one);
  if (fitting.size() == 1) return fitting.front()->id;
  // Whole ids where several fit: a beginning may be the name of another run.
  constexpr std::size_t most = 5, shown = 8;
  std::vector<std::string> candidates;
  for (std::size_t index = 0; index < std::min(most, fitting.empty() ? all.size() : fitting.size());
       ++index) {
    const RunName& one = fitting.empty() ? all[index] : *fitting[index];
    candidates.push_back((fitting.empty() ? one.id.substr(0, shown) : one.id) +
                         (one.name.empty() ? "" : " (" + one.name + ")"));
  }
  return Error{ErrorKind::input, place,
               fitting.empty() ? say("No run begins with '{}'", word)
                               : say("Several runs begin with '{}' or have this name", word),
               say("Pass one of: {}, or last", candidates)};
}

Status checkRunId(std::string_view run) {
  const bool plain = !run.empty() && run.size() <= 64 && run.front() != '-' && run.front() != '.' &&
                     std::all_of(run.begin(), run.end(), [](unsigned char c) {
                       return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                              c == '-' || c == '_' || c == '.';
                     });
  if (plain) return {};
  return Error{ErrorKind::usage, "run", say("This is not the id of a run"),
               say("Use letters, digits, '-', '_' and '.', at most 64; a letter or digit first")};
}

} // namespace loom
