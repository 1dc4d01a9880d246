// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/shots/design_shots.h"
#include "app/studio/canvas/canvas_view.h"
#include "app/studio/canvas/layer_search.h"
#include "app/studio/frame/main_window.h"
#include "app/studio/pages/design/design_page.h"
#include "core/network/templates.h"
#include <QCoreApplication>
#include <QLineEdit>
#include <QListWidget>

namespace loom {
namespace {

constexpr QSize usual{1440, 900}, least{1024, 640};

Network templateNetwork(std::string_view id) {
  for (const auto& row : networkTemplates())
    if (row.id == id) return row.make();
  return {};
}

// A ResNet whose Flatten was taken out: its Linear cannot work, and says how it could.
Network brokenResnet() {
  Network network = templateNetwork("resnet");
  for (const auto& [id, node] : network.nodes)
    if (node.type == "Flatten") {
      if (auto edit = removeNodes(network, {id}, {}, true)) (void)apply(network, *edit);
      break;
    }
  return network;
}

struct Stage {
  MainWindow& window;
  DesignPage& page;
};

Stage show(ShotStage& stage, const Network& network, const QString& project, QSize size = usual) {
  MainWindow& window = stage.window();
  StripState strip;
  strip.message = "No run is active. Press F5 on Design or Train to start one.";
  strip.cpu = .04;
  strip.memoryUsed = 2.9e9;
  strip.memoryTotal = 15.6e9;
  window.context().setStrip(strip);
  window.context().setProject(project);
  auto* page = static_cast<DesignPage*>(window.page(PageId::design));
  page->showDrawing(network);
  window.show(to::Design{});
  window.resize(size);
  window.QWidget::show();
  QCoreApplication::sendPostedEvents(); // layouts are done now; no loop is entered
  page->view().fit();
  return {window, *page};
}

NodeId nodeOf(const Network& network, std::string_view name) {
  const auto* node = network.nodeNamed(name);
  return node != nullptr ? node->id : 0;
}

QWidget* broken(ShotStage& stage, QSize size, DesignPage::View view = DesignPage::canvas) {
  auto [window, page] = show(stage, brokenResnet(), "fashion-mnist", size);
  page.setView(view);
  const NodeId conv = nodeOf(page.document().network(), "conv_5");
  page.document().select({conv}, conv);
  QCoreApplication::sendPostedEvents(); // layouts are done now; no loop is entered
  return &window;
}

QWidget* search(ShotStage& stage) {
  Network network = templateNetwork("cnn");
  for (const auto& [id, node] : network.nodes)
    if (node.type == "Flatten") {
      if (auto edit = removeNodes(network, {id}, {}, false)) (void)apply(network, *edit);
      break;
    }
  auto [window, page] = show(stage, network, "fashion-mnist");
  NodeId pool = 0;
  for (const auto& [id, node] : page.document().network().nodes)
    if (node.type == "MaxPool2d") pool = id;
  page.document().select({pool}, pool);
  const auto* item = page.view().scene().node(pool);
  page.view().openSearch(page.view().toWidget(item->box.topRight() + QPointF(24, 8)));
  QCoreApplication::sendPostedEvents(); // layouts are done now; no loop is entered
  return &window;
}

} // namespace

std::vector<Shot> designShots() {
  return {
      {"design", [](ShotStage& stage) { return broken(stage, usual); }},
      {"design-lenet",
       [](ShotStage& stage) -> QWidget* { return &show(stage, templateNetwork("cnn"), "lenet").window; }},
      {"design-search", search},
      {"design-out",
       [](ShotStage& stage) -> QWidget* {
         auto [window, page] = show(stage, brokenResnet(), "fashion-mnist");
         page.view().setZoom(0.4, {0, 0});
         return &window;
       }},
      {"design-code",
       [](ShotStage& stage) -> QWidget* {
         auto [window, page] = show(stage, templateNetwork("cnn"), "lenet");
         page.setView(DesignPage::code);
         const NodeId conv = nodeOf(page.document().network(), "conv_2");
         page.document().select({conv}, conv);
         return &window;
       }},
      {"design-table", [](ShotStage& stage) { return broken(stage, usual, DesignPage::table); }},
      {"design-min", [](ShotStage& stage) { return broken(stage, least); }, least},
      {"design-text16", [](ShotStage& stage) { return broken(stage, usual); }, usual, 16},
      {"design-empty",
       [](ShotStage& stage) -> QWidget* {
         Network network;
         network.name = "network";
         return &show(stage, network, "penguins").window;
       }},
  };
}

} // namespace loom
