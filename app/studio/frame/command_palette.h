// SPDX-License-Identifier: GPL-3.0-or-later
// Ctrl K: pages, every command that can run now, and what the pages' providers find (runs, nodes, layers).
// ">" limits it to commands, "#" and "@" to a provider.
#pragma once
#include "app/studio/frame/page.h"
#include "app/studio/widgets/search_popup.h"

namespace loom {

// How well `words` fit `text`: 0 not at all; the beginning counts more than the beginning of a word, than the
// middle, than letters in order.
int fitOf(const QString& text, const QString& words);

class CommandPalette : public QObject {
  Q_OBJECT
 public:
  CommandPalette(PageContext& context, const QList<QAction*>& pages, QWidget* window);
  void open(QChar prefix = {}); // a prefix stands in the line already
  SearchPopup* popup() const { return popup_; }

 private:
  void search(const QString& typed);
  void addCommands(const QString& words, QVector<SearchEntry>& entries);
  PageContext& context_;
  QList<QAction*> pages_;
  QWidget* window_;
  SearchPopup* popup_;
  std::vector<std::function<void()>> runs_; // by SearchEntry::id
};

} // namespace loom
