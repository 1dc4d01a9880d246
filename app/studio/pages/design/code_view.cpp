// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/pages/design/code_view.h"
#include "app/studio/canvas/family_look.h"
#include "app/studio/theme/paint.h"
#include "app/studio/widgets/measures.h"
#include "app/studio/widgets/panels.h"
#include "app/studio/widgets/text.h"
#include "core/base/file_name.h"
#include <QApplication>
#include <QClipboard>
#include <QHBoxLayout>
#include <QPainter>
#include <QPushButton>
#include <QRegularExpression>
#include <QSyntaxHighlighter>
#include <QTextBlock>
#include <QVBoxLayout>

namespace loom {
namespace {

// Three tints, no more: keywords, texts, and what one reads past.
class Highlighter : public QSyntaxHighlighter {
 public:
  Highlighter(QTextDocument* document, QWidget* widget) : QSyntaxHighlighter(document), widget_(widget) {}

 protected:
  void highlightBlock(const QString& text) override {
    const Look& look = lookOf(widget_);
    static const QRegularExpression keywords(R"(\b(import|from|class|def|return|if|None|True|False)\b)");
    static const QRegularExpression quiet(R"(\bself\b)");
    static const QRegularExpression strings(R"("[^"]*"|'[^']*')");
    static const QRegularExpression comments(R"(#.*$)");
    paint(text, quiet, look[Token::text2]);
    paint(text, keywords, look[Token::accent]);
    paint(text, strings, look[Token::ok]);
    paint(text, comments, look[Token::text2]);
  }

 private:
  void paint(const QString& text, const QRegularExpression& what, const QColor& colour) {
    for (auto match = what.globalMatch(text); match.hasNext();) {
      const auto found = match.next();
      setFormat(static_cast<int>(found.capturedStart()), static_cast<int>(found.capturedLength()), colour);
    }
  }
  QWidget* widget_;
};

class Gutter : public QWidget {
 public:
  explicit Gutter(CodeEdit* edit) : QWidget(edit), edit_(edit) {}

 protected:
  void paintEvent(QPaintEvent* event) override { edit_->paintGutter(event); }

 private:
  CodeEdit* edit_;
};

} // namespace

CodeEdit::CodeEdit(QWidget* parent) : QPlainTextEdit(parent), gutter_(new Gutter(this)) {
  setObjectName("codeEdit");
  setReadOnly(true);
  setFrameShape(QFrame::NoFrame);
  setLineWrapMode(QPlainTextEdit::NoWrap);
  setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  setAccessibleName("PyTorch code");
  setGround(this, Ground::surface);
  setFont(lookOf(this).fonts[Type::mono]);
  new Highlighter(document(), this);
  connect(this, &QPlainTextEdit::updateRequest, gutter_, [this] { gutter_->update(); });
  setViewportMargins(gutterWidth(), 0, 0, 0);
}

int CodeEdit::gutterWidth() const { return lookOf(this).px(52); }

void CodeEdit::setLines(const std::vector<CodeLine>& lines, const Document& source) {
  QStringList texts;
  nodes_.clear();
  families_.clear();
  for (const auto& line : lines) {
    texts << QString::fromStdString(line.text);
    nodes_.push_back(line.node);
    const Node* node = source.network().node(line.node);
    const auto* layer = node != nullptr ? findLayer(node->type) : nullptr;
    families_.push_back(layer != nullptr ? int(layer->family) : -1);
  }
  const QString text = texts.join('\n');
  if (text != toPlainText()) setPlainText(text);
  mark(marked_);
}

void CodeEdit::mark(NodeId node) {
  marked_ = node;
  QList<QTextEdit::ExtraSelection> marks;
  if (node != 0)
    for (std::size_t line = 0; line < nodes_.size(); ++line) {
      if (nodes_[line] != node) continue;
      QTextEdit::ExtraSelection one;
      one.cursor = QTextCursor(document()->findBlockByNumber(static_cast<int>(line)));
      one.format.setBackground(lookOf(this)[Token::accentSoft]);
      one.format.setProperty(QTextFormat::FullWidthSelection, true);
      marks << one;
    }
  setExtraSelections(marks);
  gutter_->update();
}

int CodeEdit::linesOf(NodeId node) const {
  return static_cast<int>(std::count(nodes_.begin(), nodes_.end(), node));
}

void CodeEdit::paintGutter(QPaintEvent* event) {
  const Look& look = lookOf(this);
  QPainter painter(gutter_);
  painter.fillRect(event->rect(), look[Token::surface]);
  QTextBlock block = firstVisibleBlock();
  double top = blockBoundingGeometry(block).translated(contentOffset()).top();
  while (block.isValid() && top <= event->rect().bottom()) {
    const double height = blockBoundingRect(block).height();
    const auto number = static_cast<std::size_t>(block.blockNumber());
    const QRectF row(0, top, gutter_->width(), height);
    if (number < nodes_.size() && nodes_[number] != 0 && nodes_[number] == marked_)
      painter.fillRect(row, look[Token::accentSoft]);
    paintText(painter, row.adjusted(0, 0, -look.px(20), 0), QString::number(number + 1),
              look.fonts[Type::mono], look[Token::text2], Qt::AlignRight);
    if (number < families_.size() && families_[number] >= 0)
      painter.fillRect(QRectF(gutter_->width() - look.px(12), top, 4, height),
                       familyColour(look.theme(), Family(families_[number])));
    top += height;
    block = block.next();
  }
}

void CodeEdit::resizeEvent(QResizeEvent* event) {
  QPlainTextEdit::resizeEvent(event);
  gutter_->setGeometry(contentsRect().left(), contentsRect().top(), gutterWidth(), contentsRect().height());
}

void CodeEdit::mouseReleaseEvent(QMouseEvent* event) {
  QPlainTextEdit::mouseReleaseEvent(event);
  if (textCursor().hasSelection()) return;
  const auto line = static_cast<std::size_t>(textCursor().blockNumber());
  if (line < nodes_.size() && nodes_[line] != 0) Q_EMIT lineChosen(nodes_[line]);
}

void CodeEdit::changeEvent(QEvent* event) {
  QPlainTextEdit::changeEvent(event);
  if (event->type() != QEvent::StyleChange) return;
  setFont(lookOf(this).fonts[Type::mono]);
  setViewportMargins(gutterWidth(), 0, 0, 0);
  mark(marked_);
}

CodeView::CodeView(Document& document, QWidget* parent) : QWidget(parent), document_(document) {
  setObjectName("codeView");
  setGround(this, Ground::surface);
  auto* column = columnOf(this);
  title_ = new DockTitle("network.py", "follows the canvas, read only");
  auto* save = makeButton("Save as", "save", ButtonRole::ghost);
  auto* copy = makeButton("Copy", "duplicate");
  title_->addRight(save);
  title_->addRight(copy);
  column->addWidget(title_);
  edit_ = new CodeEdit;
  column->addWidget(edit_, 1);
  column->addWidget(new HairLine);
  auto* foot = new QWidget;
  fixHeight(foot, 28);
  auto* row = rowOf(foot);
  row->setContentsMargins(12, 0, 12, 0);
  foot_ = new Text({}, Type::small, Token::text2);
  count_ = new Text({}, Type::small, Token::text2);
  row->addWidget(foot_, 1);
  row->addWidget(count_);
  column->addWidget(foot);
  connect(copy, &QPushButton::clicked, this, [this] {
    QApplication::clipboard()->setText(text());
    foot_->setText("Copied.");
  });
  connect(save, &QPushButton::clicked, this, &CodeView::saveWanted);
  connect(edit_, &CodeEdit::lineChosen, this, [this](NodeId node) { document_.select({node}, node); });
  connect(&document_, &Document::changed, this, &CodeView::refresh);
  connect(&document_, &Document::reset, this, &CodeView::refresh);
  connect(&document_, &Document::selectionChanged, this, [this] { edit_->mark(document_.current()); });
  refresh();
}

QString CodeView::text() const { return edit_->toPlainText() + "\n"; }

void CodeView::refresh() {
  const auto lines = torchCode(document_.network(), document_.analysis());
  edit_->setLines(lines, document_);
  edit_->mark(document_.current());
  title_->setTitle(QString::fromStdString(fileNameOf(document_.network().name, ".py")),
                   "follows the canvas, read only");
  count_->setText(QString("%1 lines").arg(lines.size()));
  foot_->setText(document_.analysis().runnable()
                     ? "Weights of a run are exported beside it, under the same names."
                     : "The code ends at the first error of the drawing.");
}

} // namespace loom
