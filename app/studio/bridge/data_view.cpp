// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/bridge/data_view.h"
#include "core/data/csv_preview.h"
#include <algorithm>

namespace loom {
namespace {

constexpr std::size_t shownRows = 200;
constexpr int firstPictures = 120;

void takeParts(DataView& view, const Dataset& data) {
  const Split split = makeSplit(data, view.spec.split);
  view.parts = QByteArray(static_cast<qsizetype>(data.samples), char(DataView::train));
  for (const auto sample : split.validation) view.parts[qsizetype(sample)] = char(DataView::validation);
  for (const auto sample : split.test) view.parts[qsizetype(sample)] = char(DataView::test);
  view.counts = {qint64(split.train.size()), qint64(split.validation.size()), qint64(split.test.size())};
  for (const auto label : data.labels) view.labels << label;
  for (const auto& name : data.classes) view.classes << QString::fromStdString(name);
  view.classCounts.resize(view.classes.size());
  for (qsizetype sample = 0; sample < view.labels.size(); ++sample)
    ++view.classCounts[view.labels[sample]][std::size_t(view.parts[sample])];
  view.normalisation = fitNormalisation(data, split, view.spec.normalisation);
}

Status takeTable(DataView& view, const std::filesystem::path& project) {
  auto table = previewTable(view.spec, project, shownRows);
  if (!table) return table.error();
  view.rows = table->total;
  view.separator = QString::fromStdString(table->separator);
  view.header = table->header;
  for (std::size_t index = 0; index < table->columns.size(); ++index)
    view.columns << DataColumn{table->columns[index],
                               QVector<qint64>(table->bars[index].begin(), table->bars[index].end())};
  for (const auto& row : table->rows) {
    QStringList cells;
    for (const auto& cell : row) cells << QString::fromStdString(cell);
    view.cells << cells;
  }
  return {};
}

} // namespace

QImage samplePicture(const Dataset& data, std::int64_t sample) {
  if (data.sampleShape.size() != 3) return {};
  const auto channels = data.sampleShape[0], height = data.sampleShape[1], width = data.sampleShape[2];
  if (channels != 1 && channels != 3) return {};
  QImage image(static_cast<int>(width), static_cast<int>(height), QImage::Format_RGB32);
  const std::int64_t plane = height * width, base = sample * channels * plane;
  float low = 0, high = 1;
  if (data.bytes.empty()) {
    const auto begin = data.values.begin() + base;
    low = *std::min_element(begin, begin + channels * plane);
    high = std::max(low + 1e-6f, *std::max_element(begin, begin + channels * plane));
  }
  const auto value = [&](std::int64_t channel, std::int64_t at) {
    const auto index = static_cast<std::size_t>(base + channel * plane + at);
    return data.bytes.empty() ? static_cast<int>(255 * (data.values[index] - low) / (high - low))
                              : data.bytes[index];
  };
  for (std::int64_t y = 0; y < height; ++y) {
    auto* line = reinterpret_cast<QRgb*>(image.scanLine(static_cast<int>(y)));
    for (std::int64_t x = 0; x < width; ++x) {
      const auto at = y * width + x;
      line[x] = channels == 1 ? qRgb(value(0, at), value(0, at), value(0, at))
                              : qRgb(value(0, at), value(1, at), value(2, at));
    }
  }
  return image;
}

QString sampleCaption(const Dataset& data, std::int64_t sample) {
  const auto index = static_cast<std::size_t>(sample);
  if (index < data.labels.size() && static_cast<std::size_t>(data.labels[index]) < data.classes.size())
    return QString::fromStdString(data.classes[static_cast<std::size_t>(data.labels[index])]);
  return index < data.sampleNames.size() ? QString::fromStdString(data.sampleNames[index]) : QString();
}

Result<DataView> makeDataView(const DatasetSpec& spec, const Dataset& data,
                              const std::filesystem::path& project) {
  DataView view;
  view.spec = spec;
  view.samples = data.samples;
  view.sampleShape = data.sampleShape;
  for (const auto& note : data.notes) view.notes << QString::fromStdString(note.text());
  for (const auto& name : data.featureNames) view.features << QString::fromStdString(name);
  view.ownTest = data.fixedTest;
  takeParts(view, data);
  if (const DatasetFormat* format = findFormat(spec.format); format != nullptr && format->table)
    if (auto taken = takeTable(view, project); !taken) return taken.error();
  for (int sample = 0; sample < firstPictures && sample < data.samples; ++sample) {
    const QImage picture = samplePicture(data, sample);
    if (picture.isNull()) break;
    view.pictures << picture;
  }
  return view;
}

} // namespace loom
