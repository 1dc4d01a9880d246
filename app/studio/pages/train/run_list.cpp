// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/pages/train/run_list.h"
#include "app/studio/model/run_words.h"
#include "app/studio/theme/paint.h"
#include "app/studio/theme/roles.h"
#include "app/studio/widgets/cloth.h"
#include "app/studio/widgets/measures.h"
#include "core/base/format.h"
#include <QDateTime>
#include <QKeyEvent>
#include <QMouseEvent>
#include <cmath>

namespace loom {

RunList::RunList(QWidget* parent) : QWidget(parent) {
  setObjectName("runList");
  setAccessibleName("Runs under way");
  setFocusPolicy(Qt::StrongFocus);
  setGround(this, Ground::surface);
  fixWidth(this, 240);
}

QSize RunList::sizeHint() const { return {lookOf(this).px(240), lookOf(this).px(72) * std::max(1, count())}; }

void RunList::setRuns(const QVector<RunView>& runs, const QString& current) {
  runs_ = runs;
  current_ = current;
  update();
}

QRectF RunList::rowRect(int row) const {
  const int height = lookOf(this).px(72);
  return QRectF(0, double(row) * height, width(), height);
}

QStringList RunList::wordsAt(int row) const {
  const RunView& view = runs_[row];
  if (view.impossible) return {"Cannot start", view.waitsFor};
  if (view.waiting) {
    QStringList place{view.place > 0 ? ordinalText(view.place) : QString(), waitedText(view)};
    place.removeAll({});
    return {place.join(", waiting "), view.waitsFor.isEmpty() ? QString("Starts now") : view.waitsFor};
  }
  if (view.starting) return {"Starting"};
  const double share = view.row.totalSteps > 0 ? double(view.row.step) / double(view.row.totalSteps) : 0;
  const QString percent = QString("%1 %").arg(int(share * 100));
  if (view.row.state == RunState::paused) return {percent + ", paused"};
  return {percent +
          (view.secondsLeft >= 0 ? ", " + text(formatDuration(view.secondsLeft)) + " left" : QString())};
}

void RunList::paintEvent(QPaintEvent*) {
  const Look& look = lookOf(this);
  QPainter painter(this);
  const int side = look.px(16), gap = look.px(8), line = look.px(20);
  for (int row = 0; row < count(); ++row) {
    const RunView& view = runs_[row];
    const QRectF area = rowRect(row);
    const auto& mark = markOf(view);
    if (text(view.row.id) == current_) painter.fillRect(area, look[Token::accentSoft]);
    look.icons.paint(painter, QRectF(side, area.top() + gap, side, line), mark.icon, side, look[mark.colour]);
    const double left = side + side + gap, wide = width() - left - side;
    paintText(painter, QRectF(left, area.top() + gap, wide, line), text(view.row.name),
              look.fonts[Type::bodyMedium], look[Token::text]);
    const QStringList words = wordsAt(row);
    const auto write = [&](double top, const QString& sentence, Token colour) {
      paintText(painter, QRectF(left, top, wide, line), sentence, look.fonts[Type::small], look[colour]);
    };
    if (view.waiting) {
      write(area.top() + gap + line - 2, words.value(0), view.impossible ? Token::error : Token::text2);
      write(area.top() + gap + 2 * line - 4, words.value(1), Token::text2);
    } else {
      ClothProgress progress;
      progress.share = view.row.totalSteps > 0 ? double(view.row.step) / double(view.row.totalSteps) : 0;
      progress.epochs = static_cast<int>(view.row.epochs);
      if (view.row.state == RunState::paused) progress.state = ClothProgress::State::paused;
      paintCloth(painter, QRectF(left, area.top() + gap + line + 4, wide, 8), progress, look.theme());
      write(area.top() + gap + line + 14, words.value(0), Token::text2);
    }
    paintHorizontalLine(painter, 0, width(), area.bottom() - 1, look[Token::hover]);
  }
  const QRectF foot = rowRect(count()).adjusted(side, gap, -side, 0);
  painter.setPen(look[Token::text2]);
  painter.setFont(look.fonts[Type::small]);
  painter.drawText(QRectF(foot.left(), foot.top(), foot.width(), look.px(48)), Qt::TextWordWrap,
                   "F6 pauses, Shift F5 stops the chosen run.");
}

void RunList::mousePressEvent(QMouseEvent* event) {
  for (int row = 0; row < count(); ++row)
    if (rowRect(row).contains(event->position())) Q_EMIT chosen(text(runs_[row].row.id));
}

void RunList::keyPressEvent(QKeyEvent* event) {
  int at = -1;
  for (int row = 0; row < count(); ++row)
    if (text(runs_[row].row.id) == current_) at = row;
  if (event->key() == Qt::Key_Down)
    ++at;
  else if (event->key() == Qt::Key_Up)
    --at;
  else
    return QWidget::keyPressEvent(event);
  if (at >= 0 && at < count()) Q_EMIT chosen(text(runs_[at].row.id));
}

RunWaiting::RunWaiting(QWidget* parent) : QWidget(parent) {
  setObjectName("runWaiting");
  setGround(this, Ground::surface);
}

void RunWaiting::setRun(const RunView& view, const QVector<RunView>& ahead) {
  const auto clock = QDateTime::fromMSecsSinceEpoch(view.row.created / 1000).toString("HH:mm:ss");
  double left = 0;
  QStringList names;
  for (const auto& other : ahead)
    if (!other.waiting && underWay(other) && other.row.id != view.row.id) {
      names << text(other.row.name);
      left = std::max(left, other.secondsLeft);
    }
  // Behind the first in the queue nobody knows: how long those before it train is not known.
  const QDateTime now = QDateTime::currentDateTime(), then = now.addSecs(qint64(left));
  const bool known = left > 0 && view.place <= 1;
  const QString about =
      known ? "about " + then.toString(then.date() == now.date() ? "HH:mm" : "d MMM HH:mm") : QString();
  steps_ = {{"st-ok", "Asked for", text(view.row.network), view.row.created > 0 ? clock : QString(), 0}};
  if (view.impossible) {
    steps_.push_back({"st-error", "Cannot start", view.waitsFor, {}, 3});
  } else if (view.waiting) {
    const QString place = queueText(view);
    const QString title = view.held          ? "Waits for your confirmation"
                          : view.unreachable ? "Waits for the project"
                                             : "Waits for cores";
    steps_.push_back(
        {"st-queued", title + (place.isEmpty() ? QString() : ", " + place),
         (view.waitsFor.isEmpty() ? QString("Starts now") : view.waitsFor) +
             (names.isEmpty() || view.held || view.unreachable ? "" : ", by " + names.join(", ")),
         waitedText(view), 1});
    steps_.push_back({"st-queued", "Trains",
                      view.held          ? "after you started it"
                      : view.unreachable ? "when its files can be reached"
                                         : "as soon as they are free",
                      view.unreachable ? QString() : about, 2});
  } else {
    steps_.push_back({"st-running", "Starts", "the trainer reads the data and prepares the network", {}, 1});
    steps_.push_back({"st-queued", "Trains", plural(view.row.epochs, "epoch"), {}, 2});
  }
  note_ =
      view.failed       ? "Change what prevents it, then choose Start again; or remove it from the queue."
      : view.impossible ? "Remove it from the queue, and start a run with other settings."
      : view.unreachable
          ? "Mount the disk or restore the folder. The run keeps its place and starts by itself."
      : view.waiting
          ? "Two runs on the same cores slow each other several times, so that this one waits. You can close "
            "the studio: it keeps its place and starts by itself."
          : "You can close the studio: the run goes on, and is shown when the project is opened again.";
  setAccessibleName(steps_[1].title + ", " + steps_[1].second);
  update();
}

void RunWaiting::paintEvent(QPaintEvent*) {
  const Look& look = lookOf(this);
  QPainter painter(this);
  const int side = look.px(32), icon = look.px(16), line = look.px(18), step = look.px(52);
  const double wide = std::min<double>(width() - 2 * side, look.px(420));
  const auto wrapped = [&](QRectF area, const QString& words, const QFont& font, Token colour) {
    painter.setPen(look[colour]);
    painter.setFont(font);
    QRectF taken;
    painter.drawText(area, Qt::TextWordWrap, words, &taken);
    return taken.height();
  };
  double y = look.px(24);
  for (int index = 0; index < steps_.size(); ++index) {
    const Step& one = steps_[index];
    if (index + 1 < steps_.size())
      paintVerticalLine(painter, side + icon / 2, y + line + 4, y + step - 4, look[Token::line]);
    const Token colour = one.state == 0   ? Token::ok
                         : one.state == 1 ? Token::accent
                         : one.state == 3 ? Token::error
                                          : Token::text2;
    look.icons.paint(painter, QRectF(side, y, icon, line), one.icon, icon, look[colour]);
    const double left = side + icon + look.px(12);
    paintText(painter, QRectF(left, y, wide - left + side - look.px(96), line), one.title,
              look.fonts[one.state == 1 || one.state == 3 ? Type::bodyStrong : Type::body],
              look[one.state == 2 ? Token::text2 : Token::text]);
    const QRectF second(left, y + line, wide - left + side, one.state == 3 ? look.px(160) : line);
    if (one.state == 3)
      y += std::max(0.0, wrapped(second, one.second, look.fonts[Type::small], Token::text) - line);
    else
      paintText(painter, second, one.second, look.fonts[Type::small], look[Token::text2]);
    paintText(painter, QRectF(side + wide - look.px(96), y, look.px(96), line), one.when,
              look.fonts[Type::small], look[Token::text2], Qt::AlignRight);
    y += step;
  }
  wrapped(QRectF(side, y + look.px(8), wide, look.px(80)), note_, look.fonts[Type::body], Token::text2);
}

} // namespace loom
