// SPDX-License-Identifier: GPL-3.0-or-later
// Design: palette, canvas (or table, or code), inspector, problems. Everything here is a view of one
// Document; unsaved edits are kept for recovery through the bridge.
#pragma once
#include "app/studio/canvas/document.h"
#include "app/studio/frame/page.h"
#include <optional>

class QComboBox;
class QStackedWidget;
class QTimer;
class QToolButton;

namespace loom {

class CanvasView;
class CodeView;
class Inspector;
class MessageBar;
class NodeTable;
class PageToolBar;
class Palette;
class Problems;
class Segments;
class Session;
class Splitter;
class Text;

class DesignPage : public Page {
  Q_OBJECT

 public:
  enum View { canvas, table, code };
  explicit DesignPage(PageContext& context);
  void opened(const QVariant& what) override; // a network's name, or a node's name after "@"
  Document& document() { return document_; }
  CanvasView& view() { return *canvas_; }
  Palette& palette() { return *palette_; }
  Inspector& inspector() { return *inspector_; }
  Problems& problems() { return *problems_; }
  NodeTable& nodes() { return *table_; }
  CodeView& codeView() { return *code_; }
  bool offersRestore() const { return recovered_.has_value(); }
  void showNetworks(const QVector<Network>& networks,
                    const QString& first); // shots and tests give them by hand
  void setView(View view);
  void save();

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  void build();
  void bind();
  void openNetwork(const QString& name);
  void refresh(); // foot, run button, actions
  void refreshChosen();
  void draw();
  void keepUnsaved(); // for after a crash, a close or another project
  void restore();
  void discard();    // what was offered
  void newNetwork(); // Input and Output, in the project at once
  void applyFix();
  void run();
  void addPicked(const QString& type);
  void saveCode();
  void say(const QString& text, bool error);

  Session* session_;
  Document document_;
  QVector<Network> networks_;
  std::optional<Network> recovered_; // offered and not taken yet
  bool docks_ = true, low_ = false;
  PageToolBar* bar_;
  QComboBox* names_;
  Segments* views_;
  Palette* palette_;
  CanvasView* canvas_;
  NodeTable* table_;
  CodeView* code_;
  Inspector* inspector_;
  Problems* problems_;
  MessageBar* message_;
  QWidget *foot_, *left_, *right_, *problemBox_;
  Splitter *across_, *down_, *withCode_;
  QStackedWidget* stack_;
  Text *parameters_, *costs_, *zoom_;
  QTimer* recovery_;
};

} // namespace loom
