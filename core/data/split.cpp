// SPDX-License-Identifier: Apache-2.0
#include "core/base/random.h"
#include "core/data/dataset.h"
#include <algorithm>
#include <cmath>
#include <numeric>

namespace loom {

namespace {

// Groups that are cut by the same shares: one for each class, or one for all.
std::vector<std::vector<std::uint32_t>> groupsOf(const Dataset& data, std::int64_t count, bool stratified) {
  const bool byClass = stratified && !data.labels.empty();
  std::vector<std::vector<std::uint32_t>> groups(byClass ? data.classes.size() : 1);
  for (std::int64_t i = 0; i < count; ++i) {
    const std::size_t group =
        byClass ? static_cast<std::size_t>(data.labels[static_cast<std::size_t>(i)]) : 0;
    groups[group].push_back(static_cast<std::uint32_t>(i));
  }
  return groups;
}

// How many of a group, where fractions are carried to the next group so that the sums over all groups come
// out right.
class Share {
 public:
  explicit Share(double share) : share_(share) {}
  std::size_t of(std::size_t count) {
    wanted_ += share_ * static_cast<double>(count);
    const auto take = static_cast<std::int64_t>(std::llround(wanted_ - static_cast<double>(given_)));
    const auto taken =
        static_cast<std::size_t>(std::clamp<std::int64_t>(take, 0, static_cast<std::int64_t>(count)));
    given_ += static_cast<std::int64_t>(taken);
    return taken;
  }

 private:
  double share_, wanted_ = 0;
  std::int64_t given_ = 0;
};

} // namespace

Split makeSplit(const Dataset& data, const SplitSpec& spec) {
  Split split;
  const std::int64_t own = data.samples - data.fixedTest;
  double validationShare = spec.validation, testShare = spec.test;
  if (data.fixedTest > 0) {
    const double sum = spec.train + spec.validation;
    validationShare = sum > 0 ? spec.validation / sum : 0;
    testShare = 0;
  }
  Share validation(validationShare), test(testShare);
  enum class Part : std::uint8_t { train, validation, test };
  std::vector<Part> partOf(static_cast<std::size_t>(own), Part::train);
  const auto groups = groupsOf(data, own, spec.stratified);
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const auto& group = groups[g];
    const RandomKey key{spec.seed, streamSplit, static_cast<std::uint32_t>(g)};
    const auto order = randomPermutation(key, static_cast<std::uint32_t>(group.size()));
    // A class that is trained on keeps at least one sample in the training part.
    const std::size_t spare = group.empty() ? 0 : group.size() - 1;
    const std::size_t tests = std::min(test.of(group.size()), spare);
    const std::size_t validations = std::min(validation.of(group.size()), spare - tests);
    for (std::size_t i = 0; i < tests + validations; ++i)
      partOf[group[order[i]]] = i < tests ? Part::test : Part::validation;
  }
  for (std::uint32_t sample = 0; sample < partOf.size(); ++sample)
    (partOf[sample] == Part::test         ? split.test
     : partOf[sample] == Part::validation ? split.validation
                                          : split.train)
        .push_back(sample);
  if (data.fixedTest > 0) {
    split.test.resize(static_cast<std::size_t>(data.fixedTest));
    std::iota(split.test.begin(), split.test.end(), static_cast<std::uint32_t>(own));
  }
  return split;
}

} // namespace loom
