// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/bridge/data_view.h"
#include "app/studio/frame/main_window.h"
#include "app/studio/pages/data/data_page.h"
#include "app/studio/pages/data/image_grid.h"
#include "app/studio/shots/design_shots.h"
#include <QApplication>
#include <QTemporaryDir>

namespace loom {
namespace {

constexpr QSize usual{1440, 900}, least{1024, 640};

DataPage& pageOf(ShotStage& stage, const QString& project) {
  MainWindow& window = stage.window();
  StripState strip;
  strip.message = "No run is active. Press F5 on Design or Train to start one.";
  strip.cpu = .04;
  strip.memoryUsed = 2.9e9;
  strip.memoryTotal = 15.6e9;
  window.context().setStrip(strip);
  if (!project.isEmpty()) window.context().setProject(project);
  window.show(to::Data{});
  return *static_cast<DataPage*>(window.page(PageId::data));
}

// The data of a template, read as the project would read it; nothing where it is not installed.
std::optional<DataView> dataOf(const char* templateId) {
  QTemporaryDir folder;
  auto project = createFromTemplate((folder.path() + "/shot.loom").toStdString(), templateId);
  if (!project) return std::nullopt;
  auto data = load(project->data, project->folder);
  if (!data) return std::nullopt;
  auto view = makeDataView(project->data, *data, project->folder);
  return view ? std::optional(*view) : std::nullopt;
}

QWidget* images(ShotStage& stage, QSize size) {
  const auto view = dataOf("cnn");
  if (!view) return nullptr;
  DataPage& page = pageOf(stage, "fashion-mnist");
  stage.window().resize(size);
  stage.window().QWidget::show();
  page.showData(*view, false);
  page.grid().choose(25);
  return &stage.window();
}

QWidget* table(ShotStage& stage, bool draft) {
  const auto file = samplesFolder() / "iris.csv";
  auto report = inspect(file, {});
  if (!report) return nullptr;
  auto data = load(report->proposed, {});
  if (!data) return nullptr;
  auto view = makeDataView(report->proposed, *data, {});
  if (!view) return nullptr;
  DataPage& page = pageOf(stage, draft ? QString() : QString("iris"));
  if (draft) {
    page.begin(QString::fromStdString(file.string()));
    page.showReport(*report);
  }
  stage.window().resize(usual);
  stage.window().QWidget::show();
  page.showData(*view, draft);
  return &stage.window();
}

} // namespace

std::vector<Shot> dataShots() {
  return {{"data-images", [](ShotStage& stage) { return images(stage, usual); }},
          {"data-images-min", [](ShotStage& stage) { return images(stage, least); }, least},
          {"data-table", [](ShotStage& stage) { return table(stage, true); }},
          {"data-table-project", [](ShotStage& stage) { return table(stage, false); }},
          {"data-empty", [](ShotStage& stage) -> QWidget* {
             pageOf(stage, {});
             return &stage.window();
           }}};
}

} // namespace loom
