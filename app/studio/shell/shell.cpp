// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/shell/shell.h"
#include "app/studio/frame/rail.h"
#include "app/studio/model/data_dialog.h"
#include "app/studio/model/run_words.h"
#include "app/studio/shell/pages.h"
#include "app/studio/widgets/message_bar.h"
#include "core/base/format.h"
#include <QDateTime>
#include <QFileDialog>
#include <algorithm>

namespace loom {

Shell::Shell(Settings& settings, Session* session, bool systemDark)
    : session_(session), pages_(pageTable(session)), window_(settings, pages_, systemDark) {
  bindActions();
  if (session_ != nullptr) follow();
}

void Shell::bindActions() {
  Actions& actions = window_.context().actions;
  actions.bind("file.new", &window_, [this] { window_.show(to::Welcome{.beginNew = true}); });
  for (const auto& [id, kind] :
       {std::pair("file.data", PathKind::file), std::pair("file.dataFolder", PathKind::folder)})
    actions.bind(id, &window_, [this, kind = kind] {
      auto* dialog = dataDialog(kind, &window_);
      connect(dialog, &QFileDialog::fileSelected, &window_.context(), &PageContext::newFromDataRequested);
      dialog->open();
    });
  actions.bind("help.about", &window_, [this] { window_.show(to::Settings{"About"}); });
  actions.bind("help.keys", &window_, [this] { window_.show(to::Settings{"Keyboard"}); });
}

void Shell::follow() {
  PageContext& context = window_.context();
  connect(&context, &PageContext::openProjectRequested, session_, &Session::openProject);
  connect(&context, &PageContext::newProjectRequested, session_, &Session::newProject);
  connect(&context, &PageContext::closeProjectRequested, session_, &Session::closeProject);
  connect(&context, &PageContext::newFromDataRequested, this,
          [this](const QString& fileOrFolder) { window_.show(to::Data{fileOrFolder}); });
  connect(window_.strip(), &Strip::runClicked, this,
          [this](const QString& run) { window_.show(to::Train{.run = run}); });
  connect(window_.strip(), &Strip::linkClicked, this, &Shell::openOther);
  connect(session_, &Session::projectOpened, this, [this, &context] {
    const Project& project = session_->project()->project;
    context.setProject(text(project.name));
    context.settings.remember(
        {text(project.name), text(project.folder.string()), QDateTime::currentSecsSinceEpoch()});
  });
  connect(session_, &Session::projectClosed, this, [this, &context] {
    context.setProject({});
    showStrip();
  });
  for (const auto signal : {&Session::runsChanged, &Session::loadChanged, &Session::livingChanged})
    connect(session_, signal, this, &Shell::showStrip);
  context.addProvider(this, u'#', [this](const QString& words) { return findRuns(words); });
  showStrip();
}

void Shell::openOther(const QString& folder) {
  if (!session_->project()) return session_->openProject(folder);
  const auto others = otherProjects();
  const auto found = std::find_if(others.begin(), others.end(),
                                  [&](const BusyProject& one) { return one.folder == folder; });
  const QString name = found != others.end() ? found->name : folder;
  window_.tell(MessageKind::info,
               QString("Open the project “%1”? This one is closed; its runs continue.").arg(name),
               {{"Open project", [this, folder] {
                   window_.untell();
                   session_->openProject(folder);
                 }}});
}

// Of the user's trainings on this computer, those that are not of the open project.
QVector<BusyProject> Shell::otherProjects() {
  QVector<BusyProject> others;
  const auto& open = session_->project();
  const auto known = [this](const QString& run) { return session_->run(run) != nullptr; };
  for (BusyProject one : session_->load().projects) {
    const bool own = open && one.folder == text(open->project.folder.string());
    if (own || std::any_of(one.training.begin(), one.training.end(), known) ||
        std::any_of(one.waiting.begin(), one.waiting.end(), known))
      continue;
    for (const auto& recent : window_.context().settings.recent())
      if (recent.folder == one.folder) one.name = recent.name;
    others << one;
  }
  return others;
}

QVector<Found> Shell::findRuns(const QString& words) {
  QVector<Found> found;
  for (const auto& view : session_->runs()) {
    const QString name = text(view.row.name);
    if (found.size() >= 12) break;
    if (!words.isEmpty() && !name.contains(words, Qt::CaseInsensitive)) continue;
    const auto& mark = markOf(view);
    found.push_back({"Runs", mark.icon, name, mark.word,
                     [this, id = text(view.row.id)] { window_.show(to::Train{.run = id}); }});
  }
  return found;
}

namespace {

StripRun stripOf(const RunView& view) {
  const RunRow& row = view.row;
  StripRun run;
  run.id = text(row.id);
  run.name = text(row.name);
  run.progress.share = row.totalSteps > 0 ? double(row.step) / double(row.totalSteps) : 0;
  run.progress.epochs = static_cast<int>(row.epochs);
  run.progress.state =
      row.state == RunState::paused ? ClothProgress::State::paused : ClothProgress::State::running;
  if (view.stepsPerSecond > 0 && row.state == RunState::running)
    run.speed = speedText(view.stepsPerSecond) + " steps/s";
  if (view.secondsLeft >= 0) run.left = text(formatDuration(view.secondsLeft)) + " left";
  if (row.state == RunState::paused) run.left = "Paused";
  return run;
}

} // namespace

void Shell::showOthers(StripState& strip) {
  const auto others = otherProjects();
  if (others.isEmpty()) return;
  const BusyProject& first = others.front();
  QStringList parts;
  if (!first.training.isEmpty()) parts << QString("%1 training").arg(first.training.size());
  if (!first.waiting.isEmpty()) parts << QString("%1 waiting").arg(first.waiting.size());
  strip.others = QString("“%1”: %2").arg(first.name, parts.join(", "));
  if (others.size() > 1) strip.others += ", and " + plural(others.size() - 1, "more project");
  strip.othersLink = first.folder;
}

void Shell::showStrip() {
  StripState strip;
  const MachineLoad& load = session_->load();
  strip.cpu = load.cores > 0 ? load.cpu : -1;
  strip.memoryUsed = load.memoryTotal > 0 ? double(load.memoryUsed) : -1;
  strip.memoryTotal = double(load.memoryTotal);
  const auto underWay = session_->underWay();
  const RunView* live = nullptr; // the newest that works; a waiting one is said behind it
  const RunView* cannot = nullptr;
  int waiting = 0, impossible = 0;
  for (const auto* view : underWay) {
    if (view->waiting) ++(view->impossible ? impossible : waiting);
    if (cannot == nullptr && view->impossible) cannot = view;
    if (live == nullptr && !view->waiting && !view->starting) live = view;
  }
  QStringList queued;
  if (waiting > 0) queued << plural(waiting, "run") + " waiting";
  if (impossible > 0 && (waiting > 0 || live != nullptr))
    queued << QString("%1 cannot start").arg(impossible);
  strip.waiting = queued.join(", ");
  const bool open = session_->project().has_value();
  if (open || session_->living().isEmpty()) showOthers(strip); // else the message is about them
  if (live != nullptr) {
    strip.run = stripOf(*live);
  } else if (const auto* broken = session_->brokenOff(); open && broken != nullptr) {
    strip.message = QString("%1 ended unexpectedly at step %2: resume it on Train")
                        .arg(text(broken->row.name), text(formatCount(broken->row.step)));
    strip.endedRun = text(broken->row.id);
  } else if (open && cannot != nullptr && waiting == 0) {
    strip.message = impossible == 1 ? QString("%1 cannot start").arg(text(cannot->row.name))
                                    : QString("%1 runs cannot start").arg(impossible);
    strip.endedRun = text(cannot->row.id);
  } else if (open) {
    strip.message = strip.others.isEmpty() ? "No run is active. Press F5 on Design or Train to start one."
                                           : "No run of this project is active.";
  } else if (const auto& living = session_->living(); !living.isEmpty()) {
    strip.message = living.front().name + " is training: open";
    strip.link = living.front().folder;
  } else {
    strip.message = "Choose a network that works, or drop your data. Nothing leaves this computer.";
  }
  window_.context().setStrip(strip);
  window_.context().setDot(PageId::train, session_->liveRun() != nullptr);
}

} // namespace loom
