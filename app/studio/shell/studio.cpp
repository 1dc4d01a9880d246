// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/shell/studio.h"
#include "app/studio/model/run_words.h"
#include "app/studio/widgets/message_bar.h"
#include "core/base/format.h"
#include <QAction>
#include <algorithm>

namespace loom {

Studio::Studio(Settings& settings, std::filesystem::path loomProgram, bool systemDark)
    : bridge_(std::move(loomProgram)), session_(bridge_), shell_(settings, &session_, systemDark) {
  const auto setRecent = [this, &settings] {
    QStringList folders;
    for (const auto& project : settings.recent()) folders << project.folder;
    bridge_.setRecentProjects(folders);
  };
  connect(&settings, &Settings::recentChanged, this, setRecent);
  setRecent();
  connect(&session_, &Session::projectOpened, this, &Studio::startPages);
  connect(&session_, &Session::projectClosed, this, [this] {
    away_ = false;
    aboutRuns_.clear();
    window().untell();
    if (const auto* row = window().context().findPage(window().currentPage());
        row != nullptr && row->needsProject)
      window().show(to::Welcome{});
  });
  connect(&window(), &MainWindow::closing, &session_, &Session::leaving);
  // What no page takes as its own is shown above whatever page is shown.
  connect(&session_, &Session::openFailed, this, [this](const Error& error) { window().tell(error); });
  connect(&session_, &Session::troubled, this, [this](const Error& error) {
    if (!away_) window().tell(error); // else the one message about that stays
  });
  connect(&bridge_, &Bridge::projectGone, this, &Studio::tellGone);
  connect(&bridge_, &Bridge::projectFound, this, [this] {
    away_ = false;
    window().untell();
  });
  connect(&bridge_, &Bridge::runVanished, this, [this](const QString&, const Error& error) {
    window().tell(error, {{"New run", [this] {
                             window().untell();
                             window().show(to::Train{to::Train::setup});
                           }}});
  });
  connect(&session_, &Session::runBrokeOff, this, &Studio::tellBrokenOff);
  connect(&session_, &Session::sameTrainingWaits, this, &Studio::tellSameWaits);
  connect(&session_, &Session::runsChanged, this, [this] {
    withdraw();
    askAboutHeld();
  });
  session_.askDevices();
}

void Studio::tellGone(const Error& error, const QString& now) {
  away_ = true;
  auto& context = window().context();
  MainWindow::Offer find{"Find it…", [&context] { context.actions["file.open"]->trigger(); }};
  if (!now.isEmpty()) find = {"Open it there", [&context, now] { Q_EMIT context.openProjectRequested(now); }};
  window().tell(error, {find, {"Close project", [&context] { Q_EMIT context.closeProjectRequested(); }}});
}

// On Train the run says it itself, where it is shown.
void Studio::tellBrokenOff(const QString& run) {
  const auto* view = session_.run(run);
  if (view == nullptr || (window().currentPage() == PageId::train &&
                          window().page(PageId::train)->documentName() == text(view->row.name)))
    return;
  const QString words =
      QString("The trainer of “%1” ended unexpectedly at step %2. Everything up to its last checkpoint "
              "is kept.")
          .arg(text(view->row.name), text(formatCount(view->row.step)));
  aboutRuns_.push_back({words, [this, run] {
                          const auto* now = session_.run(run);
                          return now != nullptr && now->row.state == RunState::killed && !underWay(*now);
                        }});
  window().tell(MessageKind::warn, words, {{"Show it on Train", [this, run] {
                                              window().untell();
                                              window().show(to::Train{.run = run});
                                            }}});
}

void Studio::tellSameWaits(const QString& run, const std::function<void()>& another) {
  const auto* view = session_.run(run);
  const QString name = view != nullptr ? text(view->row.name) : QString(),
                place = view != nullptr ? queueText(*view) : QString();
  QString words = "The same training waits already";
  if (!name.isEmpty()) words += QString(": “%1”").arg(name);
  if (!place.isEmpty()) words += ", " + place;
  words += ".";
  aboutRuns_.push_back({words, [this, run] {
                          const auto* now = session_.run(run);
                          return now != nullptr && now->waiting && !now->impossible;
                        }});
  window().tell(MessageKind::info, words, {{"Start another", [this, another] {
                                              window().untell();
                                              another();
                                            }}});
}

void Studio::withdraw() {
  std::erase_if(aboutRuns_, [this](const AboutRuns& one) {
    if (one.holds()) return false;
    window().untell(one.words);
    return true;
  });
}

void Studio::askAboutHeld() {
  const auto heldNow = [this] {
    return std::count_if(session_.runs().begin(), session_.runs().end(),
                         [](const RunView& view) { return view.held; });
  };
  const auto held = heldNow();
  if (held == 0 || askedHeld_) return;
  askedHeld_ = true;
  const auto decide = [this](bool start) {
    window().untell();
    bridge_.ask(DecideHeldRuns{start}, this, [this](Result<Done> done) {
      if (!done) window().tell(done.error());
    });
  };
  const QString words =
      held == 1 ? QString("A run was waiting when this computer was restarted. Start it?")
                : QString("%1 runs were waiting when this computer was restarted. Start them?").arg(held);
  aboutRuns_.push_back({words, [heldNow] { return heldNow() > 0; }}); // it may be decided in a terminal
  window().tell(MessageKind::info, words,
                {{"Start", [decide] { decide(true); }}, {"Remove", [decide] { decide(false); }}});
}

void Studio::open(const QString& project) {
  if (!project.isEmpty()) Q_EMIT window().context().openProjectRequested(project);
}

// Pages are made when a project is there, so that each hears everything from the first answer on.
void Studio::startPages() {
  away_ = askedHeld_ = false;
  aboutRuns_.clear();
  window().untell();
  for (const auto page : {PageId::design, PageId::train, PageId::evaluate, PageId::history})
    window().page(page);
  // A run that goes on from before is what a person wants to see.
  if (session_.project() && session_.project()->living)
    window().show(to::Train{to::Train::newest});
  else
    window().show(to::Design{});
}

} // namespace loom
