// SPDX-License-Identifier: GPL-3.0-or-later
// Design: palette, canvas (or table, or code), inspector, problems. Everything here is a view of one
// Document; unsaved edits are kept for recovery through the bridge.
#pragma once
#include "app/studio/bridge/bridge.h"
#include "app/studio/drawing/document.h"
#include "app/studio/frame/page.h"
#include <memory>
#include <optional>

class QComboBox;
class QStackedWidget;
class QTimer;
class QToolButton;

namespace loom {

class CanvasView;
class CodeView;
class EmptyState;
class FamilyColumn;
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
  DesignPage(PageContext& context, Session* session); // without one in shots: data by hand
  void opened(const PageTarget& target) override;
  Document& document() { return document_; }
  CanvasView& view() { return *canvas_; }
  Palette& palette() { return *palette_; }
  Inspector& inspector() { return *inspector_; }
  Problems& problems() { return *problems_; }
  NodeTable& nodes() { return *table_; }
  CodeView& codeView() { return *code_; }
  bool offersRestore() const { return open_.recovered.has_value(); }
  void showDrawing(const Network& network); // by hand, without a session: shots
  void setView(View view);
  void save();

 protected:
  void resizeEvent(QResizeEvent* event) override;
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void build();
  void buildBar();
  QWidget* buildLeft();
  QWidget* buildCentre();
  QWidget* buildCanvas();
  QWidget* buildUnreadable();
  void bindActions();
  void bindWidgets();
  void bindDocument();
  void bindSession();
  QVector<Found> findNodes(const QString& words);
  void showProject(); // of the session: from its beginning
  void openNetwork(const QString& name);
  void refresh(); // foot, run button, actions
  void refreshChosen();
  void showBroken(const DamagedNetwork* network); // null: none is
  void showError(const Error& error);
  void keepDrawing();
  void keepUnsaved(); // for after a crash, a close or another project
  void restore();
  void discard(); // what was offered
  void addNetwork(const Network& network);
  std::string freeName(const std::string& wanted) const;
  const DamagedNetwork* damaged(const QString& name) const; // null: not one of them
  void openPalette(std::optional<Family> family);
  void closePalette(); // where it stands over the canvas
  void setNarrow(bool narrow);
  void focusView();
  void newNetwork(); // Input and Output, in the project at once
  void applyFix();
  void run();
  void addPicked(const QString& type);
  void saveCode();
  void say(const QString& text, bool error);
  QString offerWords() const;
  void offerActions();

  Session* session_;
  std::unique_ptr<Document> own_; // without a session
  Document& document_;
  struct OpenProject {                // what belongs to the open project
    std::optional<Network> recovered; // offered and not taken yet
    QString broken;                   // the damaged network that is chosen; empty: a network is shown
    QString restoredFrom;             // a damaged network whose kept edits are being saved …
    QString restoredAs;               // … under this name
  };
  OpenProject open_;
  bool docks_ = true, low_ = false, narrow_ = false;
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
  EmptyState* unreadable_;
  FamilyColumn* families_;
  QWidget *foot_, *left_, *paletteOver_;
  Splitter *across_, *down_, *withCode_;
  QStackedWidget* stack_;
  Text *parameters_, *costs_, *zoom_;
  QTimer* recovery_;
};

} // namespace loom
