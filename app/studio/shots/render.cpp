// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/shots/render.h"
#include "app/studio/charts/chart_head.h"
#include "app/studio/charts/charts.h"
#include "app/studio/pages/evaluate/confusion_matrix.h"
#include "app/studio/theme/loom_style.h"
#include "app/studio/theme/roles.h"
#include "app/studio/widgets/panels.h"
#include "app/studio/widgets/text.h"
#include "core/base/file_name.h"
#include "core/base/format.h"
#include "core/run/evaluation_files.h"
#include "core/run/project.h"
#include "core/store/store.h"
#include <QDir>
#include <QVBoxLayout>

namespace loom {
namespace {

constexpr int margin = 16;
constexpr int chartWidth = 960, chartHeight = 480, matrixWidth = 760, matrixHeight = 740;

// A picture that stands alone: a title where the widget has none, air around it.
bool savePicture(QWidget* content, const QString& title, const QSize& size, const QString& file) {
  QWidget frame;
  setGround(&frame, Ground::surface);
  auto* column = columnOf(&frame, margin, 8);
  if (!title.isEmpty()) column->addWidget(new Text(title, Type::bodyStrong));
  column->addWidget(content, 1); // now the frame's
  frame.resize(size);
  frame.ensurePolished();
  frame.layout()->activate();
  return frame.grab().save(file);
}

Error cannotWrite(const QString& file) {
  return {ErrorKind::other, file.toStdString(), say("The picture cannot be written"),
          say("Choose a folder that can be written")};
}

} // namespace

Result<QStringList> renderRun(const QString& folder, const QString& projectFolder, const QString& word) {
  // Pictures go into documents: always on light ground.
  if (auto* style = qobject_cast<LoomStyle*>(QApplication::style())) style->apply(LookOptions{});
  auto project = openProject(projectFolder.toStdString());
  if (!project) return project.error();
  auto run = findRun(project->folder, word.toStdString());
  if (!run) return run.error();
  auto store = Store::open(project->folder, Store::Access::automatic);
  if (!store) return store.error();
  if ((*store)->owner()) {
    RunSites sites(project->folder);
    if (auto taken = (*store)->takeIn(sites); !taken) return taken.error();
  }
  auto row = (*store)->run(*run);
  if (!row) return row.error();
  if (row->step == 0 && row->metrics.empty())
    return Error{ErrorKind::input, *run, say("The run has no points yet, so that there is nothing to draw"),
                 say("Wait for its first step")};
  if (!QDir().mkpath(folder)) return cannotWrite(folder);
  bool regression = false;
  for (const auto& metric : row->metrics) regression = regression || metric.key == "val/r2";
  QStringList files;
  const QString id = QString::fromStdString(*run);
  const double perEpoch = double(std::max<std::int64_t>(1, row->stepsPerEpoch));
  for (const auto* spec : chartsFor(regression, false)) {
    auto* made = new Chart(spec->spec);
    Chart& chart = *made;
    chart.head()->setToolsVisible(false); // a picture has nothing to press
    QVector<Curve> curves;
    for (const auto& line : spec->lines) {
      Curve curve{id + "|" + line.key, line.label, {}, 0};
      curve.style.colour = line.colour;
      curve.style.dots = line.dots;
      curve.style.band = line.band;
      curve.style.raw = line.raw;
      curves.push_back(curve);
    }
    chart.setXAxis("epoch", perEpoch, double(row->epochs));
    chart.setSmoothing(spec->spec.maySmooth ? 0.9 : 0);
    chart.setLog(spec->log);
    chart.setCurves(curves);
    chart.setXTitle("Epoch");
    if (row->checkpoint >= 0 && spec->spec.id != "speed" && spec->spec.id != "rate")
      chart.setMarkers({{double(row->checkpoint) / perEpoch, "Best checkpoint", true}});
    for (const auto& line : spec->lines) {
      auto buckets = (*store)->buckets(*run, line.key, 0, 0, chartWidth);
      if (!buckets) return buckets.error();
      chart.setData(id + "|" + line.key, QVector<Bucket>(buckets->begin(), buckets->end()));
    }
    chart.setMessage(spec->waiting);
    const QString file =
        QDir(folder).filePath(QString::fromStdString(fileNameOf(spec->spec.id.toStdString(), ".png")));
    if (!savePicture(made, {}, {chartWidth, chartHeight}, file)) return cannotWrite(file);
    files << file;
  }
  if (row->checkpoint >= 0)
    if (auto evaluation = readEvaluation(runFolder(project->folder, *run), row->checkpoint, "test");
        evaluation && !evaluation->classes().empty()) {
      auto* made = new ConfusionMatrix;
      ConfusionMatrix& matrix = *made;
      QStringList names;
      QVector<QVector<qint64>> counts;
      for (const auto& name : evaluation->classes()) names << QString::fromStdString(name);
      for (const auto& line : evaluation->confusion())
        counts.push_back(QVector<qint64>(line.begin(), line.end()));
      matrix.setCounts(names, counts);
      const QString file = QDir(folder).filePath("confusion.png");
      double accuracy = 0;
      for (const auto& [name, value] : evaluation->metrics())
        if (name.ends_with("accuracy")) accuracy = value;
      const QString title =
          QString("Confusion on the test part, %1 right; rows are true, columns are predicted")
              .arg(QString::fromStdString(formatPercent(accuracy)));
      if (!savePicture(made, title, {matrixWidth, matrixHeight}, file)) return cannotWrite(file);
      files << file;
    }
  return files;
}

} // namespace loom
