// SPDX-License-Identifier: Apache-2.0
#include "core/base/parallel.h"
#include "core/base/size.h"
#include "core/data/gatherer.h"
#include <algorithm>
#include <cmath>

namespace loom {

namespace {

constexpr std::int64_t worthATable = 64; // elements of a channel from which on looking up beats computing

std::int64_t channelsOf(const Dataset& data) { return data.sampleShape.empty() ? 1 : data.sampleShape[0]; }

// Sums of bytes and of their squares are whole numbers, so that neither the order nor the number of threads
// makes a difference: 2^48 bytes of one channel are summed exactly.
struct ByteSums {
  std::uint64_t count = 0, sum = 0, squares = 0;
};

void addPlane(const std::uint8_t* pixel, std::int64_t count, ByteSums& sums) {
  constexpr std::int64_t chunk = 1 << 16; // of so many bytes the squares fit into 32 bits
  sums.count += static_cast<std::uint64_t>(count);
  for (std::int64_t first = 0; first < count; first += chunk) {
    const std::int64_t end = std::min(count, first + chunk);
    std::uint32_t sum = 0, squares = 0;
    for (std::int64_t i = first; i < end; ++i) {
      const std::uint32_t value = pixel[i];
      sum += value;
      squares += value * value;
    }
    sums.sum += sum;
    sums.squares += squares;
  }
}

void fitBytes(const Dataset& data, const std::vector<std::uint32_t>& part, Normalisation& result) {
  const auto channels = static_cast<std::size_t>(channelsOf(data));
  const std::int64_t elements = data.sampleElements(), plane = elements / channelsOf(data);
  constexpr std::size_t worthAThread = 1 << 20, mostThreads = 8; // bytes
  const std::size_t bytes = part.size() * static_cast<std::size_t>(elements);
  const std::size_t pieces = coresForWork(std::min(mostThreads, bytes / worthAThread));
  std::vector<std::vector<ByteSums>> sums(pieces, std::vector<ByteSums>(channels));
  inParallel(pieces, [&](std::size_t piece) {
    std::vector<ByteSums> own(channels); // apart from those of other threads
    const std::size_t first = part.size() * piece / pieces, end = part.size() * (piece + 1) / pieces;
    for (std::size_t s = first; s < end; ++s) {
      const std::uint8_t* pixel = data.bytes.data() + static_cast<std::int64_t>(part[s]) * elements;
      for (std::size_t c = 0; c < channels; ++c, pixel += plane) addPlane(pixel, plane, own[c]);
    }
    sums[piece] = std::move(own);
  });
  for (std::size_t c = 0; c < channels; ++c) {
    ByteSums all;
    for (const auto& piece : sums) {
      all.count += piece[c].count;
      all.sum += piece[c].sum;
      all.squares += piece[c].squares;
    }
    if (all.count == 0) continue;
    // count² times the variance, without rounding.
    using Wide = unsigned __int128;
    const Wide spread = static_cast<Wide>(all.count) * all.squares - static_cast<Wide>(all.sum) * all.sum;
    const double count = static_cast<double>(all.count);
    result.mean[c] = static_cast<double>(all.sum) / (count * 255);
    if (spread > 0) result.std[c] = std::sqrt(static_cast<double>(spread)) / (count * 255);
  }
}

// Mean and deviation per channel of `width` numbers a sample, NaN passed over; two passes.
void fitFloats(const float* values, std::int64_t width, std::int64_t channels,
               const std::vector<std::uint32_t>& part, std::vector<double>& mean, std::vector<double>& std) {
  const std::int64_t plane = width / channels;
  std::vector<double> count(mean.size()), sum(mean.size()), squares(mean.size());
  const auto each = [&](auto&& take) {
    for (const std::uint32_t sample : part) {
      const float* value = values + static_cast<std::int64_t>(sample) * width;
      for (std::size_t c = 0; c < mean.size(); ++c)
        for (std::int64_t i = 0; i < plane; ++i, ++value)
          if (!std::isnan(*value)) take(c, static_cast<double>(*value));
    }
  };
  each([&](std::size_t c, double value) {
    ++count[c];
    sum[c] += value;
  });
  for (std::size_t c = 0; c < mean.size(); ++c) mean[c] = count[c] > 0 ? sum[c] / count[c] : 0;
  each([&](std::size_t c, double value) { squares[c] += (value - mean[c]) * (value - mean[c]); });
  for (std::size_t c = 0; c < mean.size(); ++c) {
    const double deviation = count[c] > 0 ? std::sqrt(squares[c] / count[c]) : 0;
    // What is only rounding is no deviation: a constant 0.1 has 1e-9 of it in 32 bits.
    std[c] = deviation > 1e-7 * std::fabs(mean[c]) ? deviation : 1;
  }
}

} // namespace

Normalisation fitNormalisation(const Dataset& data, const Split& split, const std::string& kind) {
  Normalisation result;
  const std::int64_t channels = channelsOf(data);
  result.mean.assign(static_cast<std::size_t>(channels), 0);
  result.std.assign(static_cast<std::size_t>(channels), 1);
  const std::size_t targets = data.targetNames.size();
  result.targetMean.assign(targets, 0);
  result.targetStd.assign(targets, 1);
  if (kind == "none") return result;
  if (!data.bytes.empty())
    fitBytes(data, split.train, result);
  else
    fitFloats(data.values.data(), data.sampleElements(), channels, split.train, result.mean, result.std);
  if (targets > 0) {
    const auto width = static_cast<std::int64_t>(targets);
    fitFloats(data.targets.data(), width, width, split.train, result.targetMean, result.targetStd);
  }
  return result;
}

Json toJson(const Normalisation& normalisation) {
  Json json{{"mean", normalisation.mean}, {"std", normalisation.std}};
  if (!normalisation.targetMean.empty()) {
    json["target_mean"] = normalisation.targetMean;
    json["target_std"] = normalisation.targetStd;
  }
  return json;
}

Result<Normalisation> normalisationFromJson(const Json& json, const std::string& place) {
  const JsonReader reader(json, place);
  Normalisation result;
  const auto read = [&](const char* key, std::vector<double>& out, bool positive) -> Status {
    auto list = reader.array(key);
    if (!list) return list.error();
    for (const Json& item : **list) {
      const auto value = numberFromJson(item);
      if (!value || !std::isfinite(*value) || (positive && *value <= 0))
        return Error{ErrorKind::input, place,
                     say("Member '{}' contains no usable number", std::string_view(key)),
                     say("Train the run again")};
      out.push_back(*value);
    }
    return {};
  };
  if (Status status = read("mean", result.mean, false); !status) return status.error();
  if (Status status = read("std", result.std, true); !status) return status.error();
  if (reader.has("target_mean")) {
    if (Status status = read("target_mean", result.targetMean, false); !status) return status.error();
    if (Status status = read("target_std", result.targetStd, true); !status) return status.error();
  }
  if (result.mean.size() != result.std.size() || result.targetMean.size() != result.targetStd.size())
    return Error{ErrorKind::input, place, say("Means and deviations differ in number"),
                 say("Train the run again")};
  return result;
}

Gatherer::Gatherer(const Dataset& data, const Normalisation& normalisation)
    : data_(data), channels_(channelsOf(data)) {
  plane_ = channels_ > 0 ? data.sampleElements() / channels_ : 0;
  const bool bytes = !data.bytes.empty();
  for (std::size_t c = 0; c < static_cast<std::size_t>(channels_); ++c) {
    const double mean = c < normalisation.mean.size() ? normalisation.mean[c] : 0;
    const double deviation = c < normalisation.std.size() ? normalisation.std[c] : 1;
    scale_.push_back(static_cast<float>((bytes ? 1.0 / 255 : 1.0) / deviation));
    centre_.push_back(static_cast<float>(bytes ? mean * 255 : mean));
    if (!bytes || plane_ < worthATable) continue;
    for (int b = 0; b < 256; ++b) tables_.push_back(static_cast<float>((b / 255.0 - mean) / deviation));
  }
}

void Gatherer::gatherBytes(const std::uint8_t* sample, float* out) const {
  for (std::size_t c = 0; c < static_cast<std::size_t>(channels_); ++c, sample += plane_, out += plane_) {
    if (!tables_.empty()) {
      const float* table = tables_.data() + c * 256;
      for (std::int64_t i = 0; i < plane_; ++i) out[i] = table[sample[i]];
    } else {
      for (std::int64_t i = 0; i < plane_; ++i)
        out[i] = (static_cast<float>(sample[i]) - centre_[c]) * scale_[c];
    }
  }
}

void Gatherer::gatherValues(const float* sample, float* out) const {
  for (std::size_t c = 0; c < static_cast<std::size_t>(channels_); ++c)
    for (std::int64_t i = 0; i < plane_; ++i, ++sample, ++out) {
      const float value = (*sample - centre_[c]) * scale_[c];
      *out = value == value ? value : 0.0f;
    }
}

void Gatherer::gather(const std::uint32_t* samples, std::int64_t count, float* out) const {
  const std::int64_t elements = channels_ * plane_;
  for (std::int64_t i = 0; i < count; ++i, out += elements) {
    const std::int64_t first = static_cast<std::int64_t>(samples[i]) * elements;
    if (!data_.bytes.empty())
      gatherBytes(data_.bytes.data() + first, out);
    else
      gatherValues(data_.values.data() + first, out);
  }
}

void gather(const Dataset& data, const Normalisation& normalisation, const std::uint32_t* samples,
            std::int64_t count, float* out) {
  Gatherer(data, normalisation).gather(samples, count, out);
}

} // namespace loom
