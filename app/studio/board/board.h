// SPDX-License-Identifier: GPL-3.0-or-later
// The charts of one or more runs, sharing x axis and crosshair. Pulls series through the bridge when a run
// has something new, at most ten times a second, and only while it is shown; a later question about a
// curve replaces an earlier one.
#pragma once
#include "app/studio/charts/charts.h"
#include "app/studio/model/session.h"
#include "app/studio/theme/roles.h"
#include <QHash>
#include <QTimer>

namespace loom {

class Board : public QWidget {
  Q_OBJECT

 public:
  // Live: one run in the colours of what is measured, others laid over it. Compared: a colour a run.
  enum class Kind { live, compared };
  explicit Board(Kind kind, QWidget* parent = nullptr);
  void setSession(Session* session);
  void setRuns(const QStringList& runs, bool regression, const QStringList& laidOver = {});
  void setMarkers(const QVector<ChartMarker>& markers);
  void setSchedule(const QVector<Bucket>& ahead); // the learning rate that is still to come
  enum class Unit { step, epoch, time };
  void setUnit(Unit unit);           // of the x axis
  QString placeText(double x) const; // "epoch 12", "step 6,752", "1.5 min"
  void give(const QString& run, const QString& key, const QVector<Bucket>& buckets); // by hand: shots, tests
  const std::vector<Chart*>& charts() const { return charts_; }
  Chart* chart(const QString& id) const;
  struct Value {
    QString label, text;
    int colour = 0;
    QVector<qreal> dash;
    QString run;
  };
  QVector<Value> valuesAt(std::optional<double> x) const; // nothing: the last ones
  double stepOf(double x) const;                          // of the first run
  const QStringList& runs() const { return runs_; }
  void moveCrosshair(std::optional<double> x);

 Q_SIGNALS:
  void crosshairMoved(double x);
  void crosshairLeft();
  void answered(); // a series came

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  void makeCharts();
  void nameCurves();
  void tellEmpty(std::size_t index);
  void ask(const QString& run, const QString& key, std::int64_t first, std::int64_t last, int pixels);
  void refresh();
  double stepsPerUnit(const QString& run) const;
  XScale scaleOf(const QString& run) const;
  QString unitName() const;
  static QString idOf(const QString& run, const QString& key) { return run + "|" + key; }
  struct Asked { // of one curve
    std::int64_t version = -1, first = 0, last = 0;
    int pixels = 0;
    bool operator==(const Asked&) const = default;
  };
  struct Named { // what the curves of a run are named and ranged by
    QString name;
    bool known = false, living = false;
    std::int64_t stepsPerEpoch = 0;
    bool operator==(const Named&) const = default;
  };
  Kind kind_;
  Session* session_ = nullptr;
  std::vector<const ChartRow*> rows_;
  std::vector<Chart*> charts_;
  QStringList runs_, over_;
  bool regression_ = false, due_ = true;
  Unit unit_ = Unit::epoch;
  double timeUnit_ = 1; // seconds
  QHash<QString, Asked> asked_;
  QHash<QString, Named> names_; // by run, so that a change is seen
  QTimer* timer_;
};

} // namespace loom
