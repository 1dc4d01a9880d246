// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/widgets/message_bar.h"
#include "app/studio/theme/paint.h"
#include "app/studio/widgets/panels.h"
#include "app/studio/widgets/text.h"
#include <QHBoxLayout>
#include <QPushButton>

namespace loom {
namespace {

struct KindRow {
  const char* icon;
  Token colour, ground;
};
constexpr KindRow kinds[] = {{"st-info", Token::accent, Token::accentSoft},
                             {"st-ok", Token::ok, Token::okSoft},
                             {"st-warn", Token::warn, Token::warnSoft},
                             {"st-error", Token::error, Token::errorSoft},
                             {"st-unknown", Token::warn, Token::warnSoft}};

} // namespace

MessageBar::MessageBar(MessageKind kind, const QString& text, QWidget* parent) : QWidget(parent) {
  icon_ = new IconLabel(QString());
  text_ = new Text(QString(), Type::small);
  text_->setWrap(true);
  link_ = makeButton(QString(), {}, ButtonRole::link);
  setSize(link_, ControlSize::small);
  link_->hide();
  connect(link_, &QPushButton::clicked, this, [this] {
    if (const auto run = run_) run(); // it may set another action
  });
  second_ = makeButton(QString(), {}, ButtonRole::link);
  setSize(second_, ControlSize::small);
  second_->hide();
  connect(second_, &QPushButton::clicked, this, [this] {
    if (const auto run = runSecond_) run();
  });
  auto* row = rowOf(this);
  row->setContentsMargins(12, 8, 12, 8);
  row->addWidget(icon_, 0, Qt::AlignTop);
  row->addWidget(text_, 1);
  row->addWidget(link_, 0, Qt::AlignVCenter);
  row->addWidget(second_, 0, Qt::AlignVCenter);
  QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Fixed);
  policy.setHeightForWidth(true);
  setSizePolicy(policy);
  setMessage(kind, text);
}

void MessageBar::setMessage(MessageKind kind, const QString& text) {
  kind_ = kind;
  const KindRow& row = kinds[std::size_t(kind)];
  icon_->setIcon(QString::fromLatin1(row.icon), row.colour);
  text_->setText(text);
  setAccessibleName(text);
  update();
}

void MessageBar::setError(const Error& error) {
  QString text = QString::fromStdString(error.place.empty() ? error.cause.text()
                                                            : error.place.text() + ": " + error.cause.text());
  if (!text.endsWith(u'.')) text += u'.';
  if (!error.fix.empty()) text += u'\n' + QString::fromStdString(error.fix.text());
  setMessage(MessageKind::error, text);
}

void MessageBar::setAction(const QString& text, std::function<void()> run) {
  run_ = std::move(run);
  link_->setText(text);
  link_->setVisible(!text.isEmpty());
  setSecond({}, {});
}

void MessageBar::setSecond(const QString& text, std::function<void()> run) {
  runSecond_ = std::move(run);
  second_->setText(text);
  second_->setVisible(!text.isEmpty());
}

void MessageBar::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  paintBox(painter, rect(), {.ground = lookOf(this)[kinds[std::size_t(kind_)].ground]});
}

} // namespace loom
