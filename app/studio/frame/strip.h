// SPDX-License-Identifier: GPL-3.0-or-later
// The strip below every page: left the live run and what waits, or one sentence, and what other projects
// train; right the load of this computer. A click on the run opens it. Where not everything fits, parts are left
// out whole, in a fixed order. What it shows comes as a plain value.
#pragma once
#include "app/studio/theme/look.h"
#include "app/studio/widgets/cloth.h"
#include <QString>
#include <QWidget>
#include <optional>

namespace loom {

struct StripRun {
  QString id, name; // "resnet-small · 42"
  ClothProgress progress;
  QString speed; // "38.2 steps/s"
  QString left;  // "00:01:58 left"
};

struct StripState {
  std::optional<StripRun> run;
  QString waiting;                         // "1 waiting on lab-gpu"
  QString message;                         // when there is no run; the standard sentence when empty
  QString link;                            // what a click on the message opens; empty: nothing
  QString others;                          // "“mnist”: 1 training", of other projects
  QString othersLink;                      // what a click on that opens
  QString endedRun;                        // the message is of this run, which broke off; a click shows it
  double cpu = -1;                         // 0–1; less than 0: not known yet
  double memoryUsed = -1, memoryTotal = 0; // bytes
};

class Strip : public QWidget {
  Q_OBJECT
 public:
  explicit Strip(QWidget* parent = nullptr);
  void setState(const StripState& state);
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override { return {0, sizeHint().height()}; }
  const QStringList& painted() const { return painted_; } // the texts at the left, as they were painted last

 Q_SIGNALS:
  void runClicked(const QString& id);
  void linkClicked(const QString& link);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void changeEvent(QEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;

 private:
  struct Part {
    enum class Kind { icon, words, cloth, line };
    enum class Click { none, run, link, others };
    Kind kind = Kind::words;
    QString text; // the words, or the icon's name
    Type type = Type::small;
    Token colour = Token::text2;
    double width = 0;
    Click click = Click::none;
  };
  struct Room;
  void addRun(QVector<Part>& parts, const StripRun& run, const Room& room, const Look& look) const;
  void addMessage(QVector<Part>& parts) const;
  QVector<Part> partsIn(const Room& room, const Look& look) const;
  void arrange(); // which parts fit: when the state, the width or the look changes, never in paint
  void paintLeft(QPainter& painter, const Look& look);
  // Its left edge; without a painter nothing is painted.
  double paintLoad(QPainter* painter, const Look& look) const;
  StripState state_;
  QVector<Part> parts_;        // the left ones that fit
  int load_ = 0;               // how much of the load does; see Room
  double right_ = 0;           // where the left ones end
  QRectF run_, link_, others_; // where they are
  QStringList painted_;
};

} // namespace loom
