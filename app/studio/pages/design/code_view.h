// SPDX-License-Identifier: GPL-3.0-or-later
// The network as torch.nn Python, read only: it follows the canvas line by line. The gutter carries the
// family of the node that a line belongs to; a click on a line chooses its node.
#pragma once
#include "app/studio/drawing/document.h"
#include "core/interop/torch_code.h"
#include <QPlainTextEdit>

namespace loom {

class DockTitle;
class Text;

class CodeEdit : public QPlainTextEdit {
  Q_OBJECT
 public:
  explicit CodeEdit(QWidget* parent = nullptr);
  void setLines(const std::vector<CodeLine>& lines, const Document& document);
  void mark(NodeId node);
  int linesOf(NodeId node) const;
  void paintGutter(QPaintEvent* event);
  int gutterWidth() const;

 Q_SIGNALS:
  void lineChosen(loom::NodeId node);

 protected:
  void resizeEvent(QResizeEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  QWidget* gutter_;
  std::vector<NodeId> nodes_;
  std::vector<int> families_; // -1: none
  NodeId marked_ = 0;
};

class CodeView : public QWidget {
  Q_OBJECT
 public:
  explicit CodeView(Document& document, QWidget* parent = nullptr);
  QString text() const;
  CodeEdit* edit() const { return edit_; }

 Q_SIGNALS:
  void saveWanted();

 private:
  void refresh();
  Document& document_;
  DockTitle* title_;
  CodeEdit* edit_;
  Text *foot_, *count_;
};

} // namespace loom
