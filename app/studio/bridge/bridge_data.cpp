// SPDX-License-Identifier: GPL-3.0-or-later
// What the bridge reads of data sets: reports before a project is made of them, what the Data page shows, and
// pictures of samples.
#include "app/studio/bridge/bridge_worker.h"
#include "app/studio/bridge/data_view.h"
#include "core/base/json.h"
#include "core/data/csv_preview.h"
#include <QMutexLocker>
#include <algorithm>

namespace loom {
namespace {

constexpr std::size_t shownRows = 200;
constexpr int firstPictures = 120;

QImage pictureOf(const Dataset& data, std::int64_t sample, int size) {
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
  return size > 0 ? image.scaled(size, size, Qt::KeepAspectRatio,
                                 size > width ? Qt::FastTransformation : Qt::SmoothTransformation)
                  : image;
}

QString captionOf(const Dataset& data, std::int64_t sample) {
  const auto index = static_cast<std::size_t>(sample);
  if (index < data.labels.size() && static_cast<std::size_t>(data.labels[index]) < data.classes.size())
    return QString::fromStdString(data.classes[static_cast<std::size_t>(data.labels[index])]);
  return index < data.sampleNames.size() ? QString::fromStdString(data.sampleNames[index]) : QString();
}

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

Result<DataView> makeDataView(const DatasetSpec& spec, const Dataset& data,
                              const std::filesystem::path& project) {
  DataView view;
  view.spec = spec;
  view.samples = data.samples;
  view.sampleShape = data.sampleShape;
  for (const auto& note : data.notes) view.notes << QString::fromStdString(note);
  for (const auto& name : data.featureNames) view.features << QString::fromStdString(name);
  view.ownTest = data.fixedTest;
  takeParts(view, data);
  if (spec.format == "csv")
    if (auto taken = takeTable(view, project); !taken) return taken.error();
  for (int sample = 0; sample < firstPictures && sample < data.samples; ++sample) {
    const QImage picture = pictureOf(data, sample, 0);
    if (picture.isNull()) break;
    view.pictures << picture;
  }
  return view;
}

void BridgeWorker::inspectData(const QString& fileOrFolder, const QString& target) {
  onPool([this, fileOrFolder, target] {
    auto report = inspect(fileOrFolder.toStdString(), target.toStdString());
    if (!report) return fail("inspect", report.error());
    tell([this, report = *report] { Q_EMIT bridge_.dataInspected(report); });
  });
}

Result<std::shared_ptr<const Dataset>> BridgeWorker::dataset(const DatasetSpec& spec,
                                                             const std::filesystem::path& project) {
  const QMutexLocker lock(&datasetMutex_);
  const std::string key = compactJson(toJson(spec)) + project.string();
  if (key != datasetKey_ || dataset_ == nullptr) {
    auto loaded = load(spec, project);
    if (!loaded) return loaded.error();
    dataset_ = std::make_shared<const Dataset>(std::move(*loaded));
    datasetKey_ = key;
  }
  return dataset_;
}

void BridgeWorker::samples(const QString& run, const QVector<int>& numbers, int size) {
  if (!ready("samples")) return;
  onPool([this, run, numbers, size, folder = project_->folder, spec = project_->data] {
    DatasetSpec wanted = spec;
    // A run shows the data that it was trained on, whatever the project says now.
    if (!run.isEmpty()) {
      auto config = readRunConfig(runFolder(folder, run.toStdString()));
      if (!config) return fail("samples", config.error());
      wanted = config->data;
    }
    auto data = dataset(wanted, folder);
    if (!data) return fail("samples", data.error());
    QVector<QImage> pictures;
    QStringList captions;
    for (const int number : numbers) {
      const bool known = number >= 0 && number < (*data)->samples;
      pictures << (known ? pictureOf(**data, number, size) : QImage());
      captions << (known ? captionOf(**data, number) : QString());
    }
    tell([this, run, numbers, pictures, captions] {
      Q_EMIT bridge_.samplesReady(run, numbers, pictures, captions);
    });
  });
}

Result<DataView> BridgeWorker::lookAt(const DatasetSpec& spec, const std::filesystem::path& project) {
  auto data = dataset(spec, project);
  if (!data) return data.error();
  return makeDataView(spec, **data, project);
}

void BridgeWorker::dataOverview() {
  if (!ready("data")) return;
  onPool([this, folder = project_->folder, spec = project_->data] {
    auto view = lookAt(spec, folder);
    if (!view) return fail("data", view.error());
    tell([this, view = *view] { Q_EMIT bridge_.dataReady(view); });
  });
}

// Data that cannot be read is told where it is shown or trained on, not here.
void BridgeWorker::dataFacts() {
  if (!project_) return;
  onPool([this, folder = project_->folder, spec = project_->data, id = project_->id] {
    auto facts = readFacts(spec, folder);
    if (facts) tell([this, facts = *facts] { Q_EMIT bridge_.factsReady(facts); });
  });
}

void BridgeWorker::previewData(const DatasetSpec& spec) {
  const quint64 ticket = ++previewTicket_;
  onPool([this, ticket, spec] {
    if (ticket != previewTicket_) return; // a later question is waiting
    auto view = lookAt(spec, {});
    if (ticket != previewTicket_) return;
    if (!view) return fail("preview", view.error());
    tell([this, view = *view] { Q_EMIT bridge_.dataPreviewed(view); });
  });
}

void BridgeWorker::createFromSpec(const QString& folder, const DatasetSpec& spec) {
  auto project = loom::createFromSpec(folder.toStdString(), spec);
  if (!project) return fail("create", project.error());
  opened(std::move(*project));
}

} // namespace loom
