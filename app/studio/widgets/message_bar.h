// SPDX-License-Identifier: GPL-3.0-or-later
// One or two lines on soft ground at the place they speak of, with at most one thing to press. An error stays
// until what it says is no longer so.
#pragma once
#include "app/studio/theme/look.h"
#include "core/base/result.h"
#include <QWidget>
#include <functional>

class QPushButton;

namespace loom {

class IconLabel;
class Text;
enum class MessageKind { info, ok, warn, error, unknown };

class MessageBar : public QWidget {
  Q_OBJECT
 public:
  explicit MessageBar(MessageKind kind = MessageKind::info, const QString& text = {},
                      QWidget* parent = nullptr);
  void setMessage(MessageKind kind, const QString& text);
  void setError(const Error& error);                              // place and cause, then the fix
  void setAction(const QString& text, std::function<void()> run); // at the right; an empty text: none
  void setSecond(const QString& text, std::function<void()> run); // behind it; every setAction takes it away

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  MessageKind kind_ = MessageKind::info;
  IconLabel* icon_;
  Text* text_;
  QPushButton *link_, *second_;
  std::function<void()> run_, runSecond_;
};

} // namespace loom
