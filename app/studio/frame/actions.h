// SPDX-License-Identifier: GPL-3.0-or-later
// Every command of the window as a row of one table: menu, words, icon, keys. A row does nothing by itself;
// whoever can do it binds a handler. Without any handler an action is in no menu ("what is not there yet has
// no button"). A handler bound by a page is live while that page is shown; several pages may bind the same
// row (Undo). GUI thread only.
#pragma once
#include <QAction>
#include <QHash>
#include <QObject>
#include <QPointer>
#include <QSet>
#include <functional>
#include <vector>

namespace loom {

struct ActionRow {
  const char* id;   // "run.start"
  const char* menu; // "File", "Edit", "View", "Network", "Run", "History", "Help"
  int group;        // rows of one menu with other groups are parted by a line
  const char* text;
  const char* icon; // "" for none
  const char* keys; // "Ctrl+Shift+Z", several parted by "; "; "" for none
  const char* help; // one sentence for the command palette; may be ""
};
const std::vector<ActionRow>& actionTable();

class Actions : public QObject {
  Q_OBJECT
 public:
  explicit Actions(QObject* parent);

  QAction* operator[](const QString& id) const; // null when the table has no such row
  // `owner` is a page (or a widget in one) for a command of that page, anything else for one that always
  // works. The handler ends with its owner.
  void bind(const QString& id, QObject* owner, std::function<void()> handler);
  // For the handler of `owner`: whether it can work now, else why not (shown as the tool tip); other words
  // ("Undo: move Conv2d"), the row's own when empty; on or off, for one that switches.
  void setEnabled(const QString& id, QObject* owner, bool enabled, const QString& reason = {});
  void setText(const QString& id, QObject* owner, const QString& text);
  void setChecked(const QString& id, QObject* owner, bool on);

  void addPage(QObject* page); // before it binds anything; each page says it of itself
  void setPageTitle(QObject* page, const QString& title); // where its commands work, for the tool tips
  void setCurrentPage(QObject* page);                     // the frame calls it
  bool isBound(const QString& id) const;                  // has any handler

 Q_SIGNALS:
  void changed(); // enabled, words or handlers

 private:
  struct Handler {
    QPointer<QObject> owner;
    std::function<void()> run;
    bool enabled = true, checkable = false, checked = false;
    QString reason, text;
  };
  struct Entry {
    const ActionRow* row = nullptr;
    QAction* action = nullptr;
    std::vector<Handler> handlers;
  };
  Handler* find(const QString& id, QObject* owner);
  const Handler* live(const Entry& entry) const;
  void refresh(Entry& entry);
  QString whyOff(const Entry& entry, const Handler* handler) const;
  const QObject* pageOf(const QObject* object) const; // null: in none
  QHash<QString, Entry> entries_;
  QPointer<QObject> page_;
  QHash<const QObject*, QString> pages_; // each with its title
};

} // namespace loom
