// SPDX-License-Identifier: GPL-3.0-or-later
// The canvas: one widget that paints a flat scene in device pixels. A static layer (a picture of the
// viewport) is painted when the drawing, the zoom or the theme changes; what moves, and hover, selection,
// wires and rubber band, is drawn over it. Gestures never touch the network: each ends in one Edit given to
// the Document.
#pragma once
#include "app/studio/canvas/scene.h"
#include "app/studio/drawing/document.h"
#include <QImage>
#include <QWidget>
#include <memory>
#include <optional>

class QPushButton;

namespace loom {

class CanvasPainter;
class FixBubble;
class LayerSearch;

class CanvasView : public QWidget {
  Q_OBJECT

 public:
  explicit CanvasView(Document& document, QWidget* parent = nullptr);
  ~CanvasView() override;

  double zoom() const { return zoom_; }
  void setZoom(double zoom, QPointF anchor); // anchor in widget units stays where it is
  void zoomBy(double factor) { setZoom(zoom_ * factor, QPointF(width() / 2.0, height() / 2.0)); }
  void fit(); // everything, at most 100 %
  void fitSelection();
  void goTo(NodeId node); // selects it and scrolls it into view
  const Scene& scene() const { return scene_; }
  QPointF toScene(QPointF widget) const { return widget / scale() + origin_; }
  QPointF toWidget(QPointF scene) const { return (scene - origin_) * scale(); }
  // A layer held over the canvas by the palette: a ghost follows; `drop` places it (on an edge: into it).
  void hoverLayer(const QString& type, QPoint globalPosition);
  bool dropLayer(const QString& type, QPoint globalPosition);
  void leaveLayer();
  // The search pop-up at this place of the widget; what is chosen follows `from` (0: the chosen node, when
  // nothing follows it yet).
  void openSearch(QPointF at, NodeId from = 0);
  void cut();
  void copy() const;
  void paste(); // at the pointer, else in the middle
  void duplicate();
  void removeChosen(); // nodes heal; a chosen edge alone is cut
  void selectAll();
  bool canRemove() const { return !document_.selection().empty() || edge_ != 0; }
  EdgeId chosenEdge() const { return edge_; }
  LayerSearch* search() const { return search_; }
  FixBubble* bubble() const { return bubble_; }

 signals:
  void zoomChanged(double zoom);
  void parametersWanted();             // Enter on a node
  void refused(const QString& reason); // why a wire may not end here
  void renameWanted();                 // F2
  void paletteWanted();                // the key /
  void edgeChosen();

 protected:
  bool event(QEvent* event) override;
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void changeEvent(QEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void keyReleaseEvent(QKeyEvent* event) override;
  void leaveEvent(QEvent* event) override;
  void focusInEvent(QFocusEvent* event) override;
  void focusOutEvent(QFocusEvent* event) override;

 private:
  friend class CanvasAccessible;
  enum class Gesture { none, press, pan, moveNodes, wire, rubberBand };

  double scale() const; // widget units per scene unit: zoom times text size
  void rebuild();
  void stale(); // the static layer must be painted anew
  void renderLayer();
  void paintMiniMap(QPainter& painter) const;
  QRectF miniMapBox() const;
  QString hoverLabel(const EdgeItem& edge) const;
  void updateBubble();
  void updateHover(QPointF at);
  void beginMove();
  void finishMove();
  void finishWire(QPointF at);
  void finishRubberBand();
  void cancelGesture();
  // Each takes its keys, and says whether this was one of them.
  bool wireKey(const QKeyEvent& event);
  bool wayKey(const QKeyEvent& event);
  bool editKey(const QKeyEvent& event);
  bool viewKey(const QKeyEvent& event);
  QString wireObstacle(NodeId to) const; // why the wire under way may not end there; empty: it may
  void findLegal();                      // whose ports may take the wire under way
  void liftMoved();                      // takes what is dragged out of the static layer
  void placeLifted();
  void walk(int key, bool extend);
  void nudge(QPointF by);
  void pasteAt(QPointF scenePosition);
  void addFromSearch(const QString& type);
  std::optional<EdgeId> edgeUnder(QPointF widgetPosition) const;
  QPointF snapped(QPointF scene) const;
  QPointF freePlace(QPointF scene) const;

  Document& document_;
  Scene scene_;
  std::unique_ptr<CanvasPainter> painter_;
  QImage layer_;
  bool layerStale_ = true;
  double zoom_ = 1;
  QPointF origin_{-24, -24}; // scene point at the widget's top left
  bool fitted_ = true;

  Gesture gesture_ = Gesture::none;
  Hit pressed_, hovered_;
  QPointF pressedAt_, pointer_;
  bool spaceHeld_ = false, duplicating_ = false;
  std::map<NodeId, QPointF> moved_;
  std::set<NodeId> legal_;
  std::set<EdgeId> liftedEdges_;
  EdgeId edge_ = 0;                              // the chosen one; 0: none
  std::optional<NodeId> wireFrom_;               // a wire from an output …
  std::optional<std::pair<NodeId, int>> wireTo_; // … or backwards from an input
  bool keyboardWire_ = false;
  QString ghostType_;
  QPointF ghostAt_;

  FixBubble* bubble_ = nullptr;
  LayerSearch* search_ = nullptr;
  QPointF searchAt_;
  std::optional<NodeId> searchFrom_;
};

} // namespace loom
