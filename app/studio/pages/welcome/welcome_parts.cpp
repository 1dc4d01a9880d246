// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/pages/welcome/welcome_parts.h"
#include "app/studio/theme/paint.h"
#include "app/studio/theme/visible_text.h"
#include "app/studio/widgets/measures.h"
#include "app/studio/widgets/panels.h"
#include "app/studio/widgets/text.h"
#include <QDateTime>
#include <QDir>
#include <QHBoxLayout>
#include <QLocale>
#include <QPainterPath>
#include <QPushButton>
#include <QVBoxLayout>

namespace loom {

QString tellDate(qint64 when, qint64 now) {
  const QDateTime then = QDateTime::fromSecsSinceEpoch(when), today = QDateTime::fromSecsSinceEpoch(now);
  const qint64 days = then.date().daysTo(today.date());
  const QLocale english(QLocale::English);
  if (days == 0) return QObject::tr("today %1").arg(english.toString(then.time(), QStringLiteral("HH:mm")));
  if (days == 1) return QObject::tr("yesterday");
  const bool sameYear = then.date().year() == today.date().year();
  return english.toString(then.date(), sameYear ? QStringLiteral("d MMM") : QStringLiteral("d MMM yyyy"));
}

Logo::Logo(QWidget* parent) : QWidget(parent) { setFixedSize(lookOf(this).px(48), lookOf(this).px(48)); }

void Logo::paintEvent(QPaintEvent*) {
  const Look& look = lookOf(this);
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.scale(width() / 48.0, height() / 48.0);
  painter.setPen(QPen(look[Token::lineStrong], 2, Qt::SolidLine, Qt::FlatCap));
  for (const int x : {10, 17, 24, 31, 38}) painter.drawLine(QPointF(x, 4), QPointF(x, 44));
  const auto thread = [](double radius) {
    QPainterPath path(QPointF(4, 12));
    path.lineTo(38, 12);
    path.arcTo(QRectF(38 - radius, 12, 2 * radius, 12), 90, -180);
    path.lineTo(10, 24);
    path.arcTo(QRectF(10 - radius, 24, 2 * radius, 12), 90, 180);
    path.lineTo(44, 36);
    return path;
  };
  painter.strokePath(thread(5), QPen(look[Token::surface], 8, Qt::SolidLine, Qt::FlatCap));
  painter.strokePath(thread(6), QPen(look[Token::accent], 3.5, Qt::SolidLine, Qt::RoundCap));
}

RecentRow::RecentRow(const RecentProject& project, const QString& when, bool newest, QWidget* parent)
    : QAbstractButton(parent), project_(project), when_(when), newest_(newest) {
  setText(toLabel(project.name));
  setAccessibleDescription(project.folder);
  setAttribute(Qt::WA_Hover);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

QSize RecentRow::sizeHint() const { return {lookOf(this).px(240), lookOf(this).px(52)}; }

void RecentRow::paintEvent(QPaintEvent*) {
  const Look& look = lookOf(this);
  QPainter painter(this);
  if (newest_)
    paintBox(painter, rect(), {.ground = look[Token::accentSoft]});
  else if (underMouse())
    paintBox(painter, rect(), {.ground = look[Token::hover]});
  const int side = look.px(12), line = look.px(18);
  const double top = height() / 2.0 - line;
  const int date = QFontMetrics(look.fonts[Type::small]).horizontalAdvance(when_) + 2;
  const double right = width() - side;
  paintText(painter, QRectF(right - date, top, date, line), when_, look.fonts[Type::small],
            look[Token::text2], Qt::AlignRight);
  paintText(painter, QRectF(side, top, right - date - 2 * side, line), project_.name,
            look.fonts[Type::bodyMedium], look[Token::text]);
  QString folder = project_.folder;
  if (const QString home = QDir::homePath(); folder.startsWith(home + u'/'))
    folder.replace(0, home.size(), QStringLiteral("~"));
  paintText(painter, QRectF(side, top + line, right - side, line), folder, look.fonts[Type::small],
            look[Token::text2]);
}

DropField::DropField(QWidget* parent) : QWidget(parent) {
  fixHeight(this, 104);
  auto* row = rowOf(this, 0, 24);
  row->setContentsMargins(24, 0, 24, 0);
  auto* words = new QVBoxLayout;
  words->setSpacing(0);
  words->addStretch(1);
  words->addWidget(new Text(tr("Drop a file or a folder here"), Type::bodyMedium));
  auto* formats = new Text(tr("A table (CSV), a folder of images, IDX files. Neuroloom proposes the rest."),
                           Type::body, Token::text2);
  formats->setWrap(true);
  words->addWidget(formats);
  words->addStretch(1);
  file_ = makeButton(tr("Choose a file"), QStringLiteral("import"));
  folder_ = makeButton(tr("Choose a folder"), QStringLiteral("folder"));
  row->addWidget(new IconLabel(QStringLiteral("import"), 24));
  row->addLayout(words, 1);
  auto* buttons = new QHBoxLayout;
  buttons->setSpacing(8);
  buttons->addWidget(file_);
  buttons->addWidget(folder_);
  row->addLayout(buttons);
}

void DropField::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  paintBox(painter, rect(), {.border = lookOf(this)[Token::lineStrong], .radius = 6, .dashed = true});
}

namespace {

struct Stage {
  const char *icon, *title, *second;
};
constexpr Stage stages[] = {{"data", "Data", "Bring samples in"},
                            {"design", "Design", "Draw the network"},
                            {"train", "Train", "Watch it learn"},
                            {"evaluate", "Evaluate", "See where it errs"},
                            {"history", "History", "Compare and keep"}};

} // namespace

WayThrough::WayThrough(QWidget* parent) : QWidget(parent) {
  auto* row = rowOf(this, 0, 0);
  for (const Stage& stage : stages) {
    auto* one = new QHBoxLayout;
    one->setSpacing(8);
    auto* words = new QVBoxLayout;
    words->setSpacing(0);
    words->addWidget(new Text(QObject::tr(stage.title), Type::bodyMedium, Token::text2));
    words->addWidget(new Text(QObject::tr(stage.second), Type::small, Token::text2));
    one->addWidget(new IconLabel(QString::fromLatin1(stage.icon), 20, Token::text2));
    one->addLayout(words);
    one->addStretch(1);
    row->addLayout(one, 1);
  }
}

} // namespace loom
