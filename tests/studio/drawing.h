// SPDX-License-Identifier: GPL-3.0-or-later
// A project on Design with a hand on the mouse, for the tests that draw.
#pragma once
#include "app/studio/canvas/canvas_view.h"
#include "app/studio/canvas/layer_search.h"
#include "app/studio/pages/design/design_page.h"
#include "app/studio/pages/design/inspector.h"
#include "app/studio/pages/design/palette.h"
#include "core/network/templates.h"
#include "tests/studio/studio_fixture.h"
#include <QListWidget>

namespace loom::test {

// 40 grey pictures of 28 by 28 in ten classes, as IDX files.
inline void writePictures(const QString& folder) {
  QDir().mkpath(folder);
  const auto put = [&](const char* name, const QByteArray& bytes) {
    QFile file(folder + "/" + name);
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size()) qFatal("%s", name);
  };
  QByteArray images = QByteArray::fromHex("00000803000000280000001c0000001c") + QByteArray(40 * 28 * 28, 7),
             labels = QByteArray::fromHex("0000080100000028");
  for (int sample = 0; sample < 40; ++sample) labels += char(sample % 10);
  put("images", images);
  put("labels", labels);
}

// A project whose only network has this drawing; its data are such pictures.
inline QString newProject(const QString& name, Network network) {
  const QString folder = home().path() + "/" + name + ".loom";
  Project project;
  const QString pictures = home().path() + "/pictures";
  writePictures(pictures);
  project.data.format = "idx";
  project.data.name = "Pictures";
  project.data.setPath("train_images", pictures.toStdString() + "/images");
  project.data.setPath("train_labels", pictures.toStdString() + "/labels");
  if (network.name.empty()) network.name = "drawn";
  if (auto made = createProject(folder.toStdString(), project, network); !made)
    qFatal("%s", made.error().message().c_str());
  return folder;
}

inline Network templateNetwork(std::string_view id) {
  for (const auto& row : networkTemplates())
    if (row.id == id) return row.make();
  return {};
}

inline std::string jsonOf(const Network& network) { return canonicalJson(toJson(network)); }

struct Drawing {
  explicit Drawing(const QString& project)
      : desk(project), page(desk.page<DesignPage>(PageId::design)), canvas(page.view()),
        document(page.document()) {
    if (!QTest::qWaitFor([&] { return page.isVisible(); }, patience)) qFatal("Design is not shown");
    QCoreApplication::processEvents();
  }

  // From the palette to a place of the canvas, in scene units.
  NodeId dragLayer(const QString& type, QPointF scene) {
    auto* list = page.palette().list();
    const auto items = list->findItems(type, Qt::MatchExactly);
    if (items.isEmpty()) return 0;
    list->scrollToItem(items.first());
    const QPoint from = list->visualItemRect(items.first()).center();
    const NodeId added = document.network().nextId;
    const QPoint to = list->viewport()->mapFromGlobal(canvas.mapToGlobal(canvas.toWidget(scene).toPoint()));
    drag(list->viewport(), from, to);
    return document.network().node(added) != nullptr ? added : 0;
  }
  // Tab, type, Enter: behind the chosen node.
  NodeId searchLayer(const QString& words) {
    const NodeId added = document.network().nextId;
    QTest::keyClick(&canvas, Qt::Key_Tab);
    if (!canvas.search()->isVisible()) return 0;
    QTest::keyClicks(canvas.search()->field(), words);
    QTest::keyClick(canvas.search()->field(), Qt::Key_Return);
    // The offscreen platform has no window manager that gives the activation back when a pop-up closes.
    QApplication::setActiveWindow(&desk.window());
    return document.network().node(added) != nullptr ? added : 0;
  }
  QPoint output(NodeId id) { return canvas.toWidget(*canvas.scene().node(id)->output).toPoint(); }
  QPoint input(NodeId id, int port = 0) {
    return canvas.toWidget(canvas.scene().node(id)->inputs[std::size_t(port)]).toPoint();
  }
  QPoint middle(NodeId id) { return canvas.toWidget(canvas.scene().node(id)->box.center()).toPoint(); }
  void wire(NodeId from, NodeId to) { drag(&canvas, output(from), input(to)); }
  void click(NodeId id, Qt::KeyboardModifiers keys = {}) {
    if (keys == Qt::NoModifier) canvas.goTo(id); // scrolls it into view
    QTest::mouseClick(&canvas, Qt::LeftButton, keys, middle(id));
  }
  void setField(NodeId id, const char* field, const QString& text) {
    click(id);
    QWidget* widget = page.inspector().fieldOf(field);
    if (widget == nullptr) qFatal("no field %s", field);
    typeInto(widget, text);
  }
  void key(int key, Qt::KeyboardModifiers keys = {}) { QTest::keyClick(&canvas, Qt::Key(key), keys); }
  std::string json() const { return jsonOf(document.network()); }
  const NodeInfo& info(NodeId id) const { return document.analysis().nodes.at(id); }

  Desk desk;
  DesignPage& page;
  CanvasView& canvas;
  Document& document;
};

} // namespace loom::test
