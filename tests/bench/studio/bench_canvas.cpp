// SPDX-License-Identifier: GPL-3.0-or-later
// Frame times of the canvas: the change, the delivery of its events and the painting, in ms, on the offscreen
// platform. bench_canvas [--markdown]; QT_SCALE_FACTOR=2 gives the figures at two device pixels a unit.
// Times are CPU time of this thread beside wall time: a shared machine disturbs the second.
#include "app/studio/canvas/canvas_view.h"
#include "app/studio/theme/loom_style.h"
#include "core/network/templates.h"
#include <QApplication>
#include <QMouseEvent>
#include <QWheelEvent>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <functional>
#include <random>

using namespace loom;

namespace {

Network templateNetwork(std::string_view id) {
  for (const auto& row : networkTemplates())
    if (row.id == id) return row.make();
  return {};
}

// Residual blocks of convolution, norm and ReLU with a skip each, until there are `wanted` nodes.
Network chain(int wanted) {
  Network network;
  network.name = "chain";
  NodeId last = 0;
  const auto add = [&](const char* type, Params params, NodeId from) {
    Node node;
    node.id = network.nextId++;
    node.name = "n_" + std::to_string(node.id);
    node.type = type;
    node.params = std::move(params);
    network.nodes.emplace(node.id, node);
    if (from != 0) {
      Edge edge{network.nextId++, from, node.id, 0, 0};
      network.edges.emplace(edge.id, edge);
    }
    return node.id;
  };
  const Params conv{{"out_channels", std::int64_t(16)},
                    {"kernel_size", std::vector<std::int64_t>{3, 3}},
                    {"padding", std::vector<std::int64_t>{1, 1}}};
  last = add("Input", {{"shape", std::vector<std::int64_t>{16, 28, 28}}}, 0);
  while (static_cast<int>(network.nodes.size()) < wanted) {
    const NodeId before = last;
    last = add("Conv2d", conv, last);
    last = add("BatchNorm2d", {}, last);
    last = add("ReLU", {}, last);
    last = add("Conv2d", conv, last);
    last = add("BatchNorm2d", {}, last);
    last = add("Add", {}, last);
    Edge skip{network.nextId++, before, last, 0, 1};
    network.edges.emplace(skip.id, skip);
  }
  for (const auto& [id, point] : layout(network, fittingLayout(network, 930, 600)))
    network.nodes[id].position = point;
  return network;
}

double cpuNow() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return 1e3 * double(now.tv_sec) + 1e-6 * double(now.tv_nsec);
}

struct Figures {
  double least, median, p99, most, wallMedian;
};

Figures measure(int frames, const std::function<void(int)>& frame) {
  std::vector<double> cpu, wall;
  for (int index = -10; index < frames; ++index) { // ten to warm up
    const double before = cpuNow();
    const auto start = std::chrono::steady_clock::now();
    frame(index + 10);
    QCoreApplication::processEvents();
    if (index < 0) continue;
    cpu.push_back(cpuNow() - before);
    wall.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  }
  std::sort(cpu.begin(), cpu.end());
  std::sort(wall.begin(), wall.end());
  return {cpu.front(), cpu[cpu.size() / 2], cpu[cpu.size() * 99 / 100], cpu.back(), wall[wall.size() / 2]};
}

void mouse(QWidget& widget, QEvent::Type type, QPointF at, Qt::MouseButton button, Qt::MouseButtons held) {
  QMouseEvent event(type, at, widget.mapToGlobal(at), button, held, {});
  QApplication::sendEvent(&widget, &event);
}

// Runs through every gesture in this view and prints a row each.
void gestures(const char* network, const char* view, CanvasView& canvas, Document& document, int frames) {
  const auto row = [&](const char* what, const Figures& figures) {
    std::printf("| %s | %s | %s | %.2f | %.2f | %.2f | %.2f | %.2f |\n", network, view, what, figures.least,
                figures.median, figures.p99, figures.most, figures.wallMedian);
    std::fflush(stdout);
  };
  const QPointF middle(canvas.width() / 2.0, canvas.height() / 2.0);
  const double zoom = canvas.zoom();
  row("full repaint", measure(frames, [&](int) {
        canvas.setZoom(canvas.zoom(), middle);
        canvas.repaint();
      }));
  mouse(canvas, QEvent::MouseButtonPress, middle, Qt::MiddleButton, Qt::MiddleButton);
  row("pan 10 px", measure(frames, [&](int index) {
        const QPointF at = middle + QPointF(index % 20 < 10 ? 10 * (index % 10) : 100 - 10 * (index % 10), 0);
        mouse(canvas, QEvent::MouseMove, at, Qt::NoButton, Qt::MiddleButton);
        canvas.repaint();
      }));
  mouse(canvas, QEvent::MouseButtonRelease, middle, Qt::MiddleButton, Qt::NoButton);
  row("zoom step", measure(frames, [&](int index) {
        canvas.setZoom(zoom * (index % 2 == 0 ? 1.02 : 1), middle);
        canvas.repaint();
      }));
  canvas.setZoom(zoom, middle);
  row("hover", measure(frames, [&](int index) {
        mouse(canvas, QEvent::MouseMove, middle + QPointF(index % 200 - 100, index % 90 - 45), Qt::NoButton,
              Qt::NoButton);
        canvas.repaint();
      }));
  // The card nearest to the middle, then fifty around it.
  std::vector<std::pair<double, NodeId>> nearest;
  for (const auto& node : canvas.scene().nodes)
    nearest.emplace_back(QLineF(canvas.toWidget(node.box.center()), middle).length(), node.id);
  std::sort(nearest.begin(), nearest.end());
  for (const std::size_t count : {std::size_t(1), std::size_t(50)}) {
    std::set<NodeId> chosen;
    for (std::size_t index = 0; index < std::min(count, nearest.size()); ++index)
      chosen.insert(nearest[index].second);
    document.select(chosen, nearest[0].second);
    const QPointF from = canvas.toWidget(canvas.scene().node(nearest[0].second)->box.center());
    if (!QRectF(canvas.rect()).contains(from)) continue;
    mouse(canvas, QEvent::MouseButtonPress, from, Qt::LeftButton, Qt::LeftButton);
    mouse(canvas, QEvent::MouseMove, from + QPointF(12, 12), Qt::NoButton, Qt::LeftButton);
    row(count == 1 ? "drag 1" : "drag 50", measure(frames, [&](int index) {
          mouse(canvas, QEvent::MouseMove, from + QPointF(12 + index % 60, 12 + index % 40), Qt::NoButton,
                Qt::LeftButton);
          canvas.repaint();
        }));
    QKeyEvent escape(QEvent::KeyPress, Qt::Key_Escape, {});
    QApplication::sendEvent(&canvas, &escape);
    mouse(canvas, QEvent::MouseButtonRelease, from, Qt::LeftButton, Qt::NoButton);
  }
  document.select({}, 0);
}

} // namespace

int main(int argc, char** argv) {
  if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen");
  QApplication application(argc, argv);
  LoomStyle::install(application, {});
  std::printf("Device pixels a unit: %.0f. Canvas 1000×800. CPU ms of the GUI thread a frame.\n\n",
              qApp->devicePixelRatio());
  std::printf("| network | view | frame | min | median | p99 | max | wall median "
              "|\n|---|---|---|---:|---:|---:|---:|---:|\n");
  struct Row {
    const char* name;
    Network network;
  };
  for (const Row& row :
       {Row{"LeNet-5", templateNetwork("cnn")}, Row{"Small ResNet", templateNetwork("resnet")},
        Row{"500 nodes", chain(500)}, Row{"2,000 nodes", chain(2000)}}) {
    Document document;
    CanvasView canvas(document);
    canvas.resize(1000, 800);
    canvas.show();
    const double before = cpuNow();
    document.open(row.network);
    canvas.repaint();
    const int nodes = static_cast<int>(row.network.nodes.size());
    std::printf("| %s | whole | open | %.2f | | | | |\n", row.name, cpuNow() - before);
    const int frames = nodes > 1000 ? 100 : 200;
    canvas.fit();
    gestures(row.name, "whole", canvas, document, frames);
    const QPointF centre(500, 400);
    for (const auto& [view, zoom] : {std::pair{"mid 0.35", 0.35}, std::pair{"zoomed 1.0", 1.0}}) {
      if (nodes < 100 && zoom < 1) continue;
      canvas.setZoom(zoom, centre);
      gestures(row.name, view, canvas, document, frames);
    }
  }
  return 0;
}
