// SPDX-License-Identifier: GPL-3.0-or-later
// Words in one of the roles of type, always plain text with hidden characters as escapes. Lines have the role's
// line height, as QLabel cannot do; follows
// theme and text size by itself. Wraps where asked, else one line that ends in "…" where room is short.
#pragma once
#include "app/studio/theme/look.h"
#include <QString>
#include <QWidget>

namespace loom {

class Text : public QWidget {
  Q_OBJECT
 public:
  explicit Text(const QString& text = {}, Type type = Type::body, Token colour = Token::text,
                QWidget* parent = nullptr);
  const QString& text() const { return text_; }
  void setText(const QString& text);
  void setType(Type type);
  void setColour(Token colour);
  void setWrap(bool wrap);
  void setAlignment(Qt::Alignment alignment); // horizontal
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;
  bool hasHeightForWidth() const override { return wrap_; }
  int heightForWidth(int width) const override;

 protected:
  void paintEvent(QPaintEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  int line() const;
  QString shown() const; // on one line, unless it wraps
  QString text_;
  Type type_;
  Token colour_;
  bool wrap_ = false;
  Qt::Alignment alignment_ = Qt::AlignLeft;
};

} // namespace loom
