// SPDX-License-Identifier: GPL-3.0-or-later
// The window: menu bar, rail, pages, strip, and who gets which key. What it holds comes from tables (the
// pages that it is given, actions.cpp, settings.cpp); it knows no page by name, and begins with the first.
#pragma once
#include "app/studio/frame/command_palette.h"
#include "app/studio/frame/page.h"
#include "core/base/result.h"
#include <QStackedWidget>
#include <map>

namespace loom {

class Rail;
class MessageBar;
enum class MessageKind;
class TopBar;

class MainWindow : public QWidget {
  Q_OBJECT
 public:
  // `settings` and `pages` outlive the window; there is at least one page.
  MainWindow(Settings& settings, std::span<const PageRow> pages, bool systemDark);
  ~MainWindow() override;

  PageContext& context() { return *context_; }
  Rail* rail() const { return rail_; }
  Strip* strip() const { return strip_; }
  CommandPalette* palette() const { return palette_; }
  PageId currentPage() const { return current_; }
  Page* page(PageId id);               // makes it when it is not there yet; null when the table has none
  void show(const PageTarget& target); // not while it needs a project and none is open
  using QWidget::show;
  // Says above the pages what belongs to none of them; stays until it is closed or untold. At most two things
  // to press; without any it can be closed.
  struct Offer {
    QString text;
    std::function<void()> run;
  };
  void tell(const Error& error, const QVector<Offer>& offers = {});
  void tell(MessageKind kind, const QString& words, const QVector<Offer>& offers = {});
  void untell();
  void untell(const QString& words); // only while these are the words shown

 Q_SIGNALS:
  void closing();

 protected:
  void closeEvent(QCloseEvent* event) override;

 private:
  void bindActions();
  void fitIntoScreen();
  void applyLook();
  void offer(QVector<Offer> offers);
  void changeTextSize(int step); // 0: the standard
  Settings& settings_;
  bool systemDark_;
  Actions* actions_;
  PageContext* context_;
  QList<QAction*> pageActions_;
  TopBar* top_;
  Rail* rail_;
  MessageBar* message_;
  QString told_; // the words that `message_` shows; empty: an error, or nothing
  QStackedWidget* stack_;
  Strip* strip_;
  CommandPalette* palette_;
  std::map<PageId, Page*> pages_;
  PageId current_;
};

} // namespace loom
