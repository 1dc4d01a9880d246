// SPDX-License-Identifier: GPL-3.0-or-later
// What a page of the window is, and what it is given. A page is one row of the table that the window is made
// with; it is made when it is first shown, lives as long as the window, and reaches the rest of the window
// through its PageContext. GUI thread only.
#pragma once
#include "app/studio/frame/actions.h"
#include "app/studio/frame/page_target.h"
#include "app/studio/frame/settings.h"
#include "app/studio/frame/strip.h"
#include <QWidget>
#include <functional>
#include <set>
#include <span>
#include <vector>

namespace loom {

class Page;
class PageContext;

struct PageRow {
  PageId id;
  const char* name; // "design"
  const char* icon;
  const char* title;
  const char* keys;  // "Alt+3"
  bool atFoot;       // below in the rail (Settings)
  bool needsProject; // off, with a reason, until a project is open
  std::function<Page*(PageContext& context)> make;
};

// What the command palette finds besides commands.
struct Found {
  QString group; // "Runs", "Layers"
  QString icon, text, detail;
  std::function<void()> run;
};
// Answers at once from what it already has in memory, best first, at most a dozen.
using FindProvider = std::function<QVector<Found>(const QString& words)>;

// Shared by all pages; owned by the window. Outlives every page.
class PageContext : public QObject {
  Q_OBJECT
 public:
  PageContext(std::span<const PageRow> pages, Settings& settings, Actions& actions, QObject* parent);

  const std::span<const PageRow> pages; // in the rail's order; outlive the context
  Settings& settings;
  Actions& actions;
  const PageRow* findPage(PageId id) const;

  const QString& projectName() const { return project_; } // empty: no project is open
  void setProject(const QString& name);
  QString documentName() const; // of the page that is shown: behind the dash in the menu bar
  void setShown(Page* page);
  const StripState& strip() const { return strip_; }
  void setStrip(const StripState& state);
  bool hasDot(PageId page) const { return dots_.contains(page); }
  void setDot(PageId page, bool on); // on the page's button in the rail: something is under way there
  // `prefix` ('#', '@') limits a search to this provider; without one every provider is asked.
  void addProvider(QObject* owner, QChar prefix, FindProvider provider);
  QVector<Found> find(QChar prefix, const QString& words) const;

 Q_SIGNALS:
  void pageRequested(const loom::PageTarget& target); // to show it
  void projectChanged();
  void documentChanged();
  void stripChanged();
  void dotChanged(loom::PageId page, bool on);
  // What Welcome and the File menu ask for; whoever holds the project answers.
  void openProjectRequested(const QString& folder);
  void newProjectRequested(const QString& templateId, const QString& folder); // an empty folder: choose one
  void newFromDataRequested(const QString& fileOrFolder);
  void closeProjectRequested();
  void findRequested(QChar prefix); // the command palette, limited to what this prefix finds

 private:
  struct Provider {
    QPointer<QObject> owner;
    QChar prefix;
    FindProvider find;
  };
  QString project_;
  QPointer<Page> shown_;
  StripState strip_;
  std::set<PageId> dots_;
  std::vector<Provider> providers_;
};

class Page : public QWidget {
  Q_OBJECT
 public:
  explicit Page(PageContext& context, QWidget* parent = nullptr);
  PageContext& context() const { return context_; }
  const QString& documentName() const { return document_; }
  void setDocument(const QString& name); // what this page shows; told while the page is seen
  // Comes each time the page is asked for, with a place on this page.
  virtual void opened(const PageTarget& target) { Q_UNUSED(target); }

 private:
  PageContext& context_;
  QString document_;
};

} // namespace loom
