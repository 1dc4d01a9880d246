// SPDX-License-Identifier: GPL-3.0-or-later
// Two or more runs side by side: their validation curves over each other, the values at the crosshair, the
// settings that differ, the results with the best of each row in bold, and the networks of two of them node
// by node.
#pragma once
#include "app/studio/board/board.h"
#include "app/studio/pages/history/compare_table.h"
#include <QHash>
#include <QWidget>
#include <array>

class QCheckBox;
class QComboBox;
class QScrollArea;
class QVBoxLayout;

namespace loom {

class Chip;
class NetworkPair;
struct NamedNetwork;
class PageToolBar;
class Segments;
class Splitter;

class CompareView : public QWidget {
  Q_OBJECT
 public:
  explicit CompareView(Session* session, QWidget* parent = nullptr);
  void setRuns(const QStringList& runs);
  const QStringList& runs() const { return runs_; }
  void forget(); // everything of the project
  Board& board() { return *board_; }
  CompareTable& table() { return *table_; }
  NetworkPair& networks() { return *pair_; }

 Q_SIGNALS:
  void backWanted();
  void runsChanged(const QStringList& runs); // one was taken out

 protected:
  void resizeEvent(QResizeEvent* event) override;
  void showEvent(QShowEvent* event) override;

 private:
  QWidget* buildCurves();
  QWidget* buildNetworks();
  void bind();
  bool takeSide(std::size_t side, NamedNetwork& into); // false: it says why there is none
  void refresh();
  void showTable();
  void askNetworks();
  void showCounts();
  void chooseNetworks();
  void showNetworks();
  void placeNetworks();
  Session* session_;
  QStringList runs_;
  PageToolBar* bar_;
  QWidget* chips_;
  Board* board_;
  Segments* unit_;
  QCheckBox* only_;
  CompareTable* table_;
  QWidget *networks_, *choosers_;
  QVBoxLayout* inside_;
  Splitter* split_;
  NetworkPair* pair_;
  std::array<QComboBox*, 2> chosen_{};
  std::array<Chip*, 3> counts_{};
  QHash<QString, Network> known_; // by run
  struct Pair {                   // of networks, as it is shown
    QString left, right;
    bool named = false; // by the boxes above, since there are more than two
    bool operator==(const Pair&) const = default;
  };
  std::optional<Pair> shownPair_;
  bool beneath_ = false; // narrow: under the table
  std::optional<double> x_;
};

} // namespace loom
