// SPDX-License-Identifier: Apache-2.0
#include "core/base/size.h"
#include "core/data/gatherer.h"
#include <array>
#include <cmath>

namespace loom {

namespace {

constexpr std::int64_t worthATable = 64; // elements of a channel from which on looking up beats computing

std::int64_t channelsOf(const Dataset& data) { return data.sampleShape.empty() ? 1 : data.sampleShape[0]; }

// Whole numbers up to 2^63, so the result does not depend on the order of summing.
void fitBytes(const Dataset& data, const std::vector<std::uint32_t>& part, Normalisation& result) {
  const std::int64_t channels = channelsOf(data), elements = data.sampleElements(),
                     plane = elements / channels;
  std::vector<std::array<std::uint64_t, 256>> histograms(static_cast<std::size_t>(channels));
  // Equal neighbours (a black ground) would wait for each other in one table, so they take turns in four.
  std::array<std::array<std::uint64_t, 256>, 4> turns;
  for (std::size_t c = 0; c < histograms.size(); ++c) {
    for (auto& turn : turns) turn.fill(0);
    for (const std::uint32_t sample : part) {
      const std::uint8_t* pixel = data.bytes.data() + static_cast<std::int64_t>(sample) * elements +
                                  static_cast<std::int64_t>(c) * plane;
      std::int64_t i = 0;
      for (; i + 4 <= plane; i += 4)
        for (std::size_t t = 0; t < 4; ++t) ++turns[t][pixel[i + static_cast<std::int64_t>(t)]];
      for (; i < plane; ++i) ++turns[0][pixel[i]];
    }
    for (const auto& turn : turns)
      for (std::size_t b = 0; b < 256; ++b) histograms[c][b] += turn[b];
  }
  for (std::size_t c = 0; c < histograms.size(); ++c) {
    double count = 0, sum = 0, squares = 0;
    for (std::size_t b = 0; b < 256; ++b) {
      const double times = static_cast<double>(histograms[c][b]), value = static_cast<double>(b) / 255;
      count += times;
      sum += times * value;
    }
    const double mean = count > 0 ? sum / count : 0;
    for (std::size_t b = 0; b < 256; ++b) {
      const double away = static_cast<double>(b) / 255 - mean;
      squares += static_cast<double>(histograms[c][b]) * away * away;
    }
    const double deviation = count > 0 ? std::sqrt(squares / count) : 0;
    result.mean[c] = mean;
    result.std[c] = deviation > 0 ? deviation : 1;
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
        return Error{ErrorKind::input, place, std::string("Member '") + key + "' holds no usable number",
                     "Train the run again"};
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
    return Error{ErrorKind::input, place, "Means and deviations differ in number", "Train the run again"};
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
