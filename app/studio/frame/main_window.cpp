// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/frame/main_window.h"
#include "app/studio/frame/rail.h"
#include "app/studio/frame/top_bar.h"
#include "app/studio/theme/icons.h"
#include "app/studio/theme/loom_style.h"
#include "app/studio/theme/visible_text.h"
#include "app/studio/widgets/message_bar.h"
#include <QCloseEvent>
#include <QFileDialog>
#include <QGridLayout>
#include <QScreen>
#include <QToolTip>

namespace loom {

MainWindow::MainWindow(Settings& settings, std::span<const PageRow> pages, bool systemDark)
    : settings_(settings), systemDark_(systemDark), actions_(new Actions(this)),
      context_(new PageContext(pages, settings, *actions_, this)), current_(pages.front().id) {
  setWindowTitle(QStringLiteral("Neuroloom"));
  setMinimumSize(1024, 640);
  top_ = new TopBar(*actions_, this);
  rail_ = new Rail(pages, this);
  stack_ = new QStackedWidget(this);
  strip_ = new Strip(this);
  auto* grid = new QGridLayout(this);
  grid->setContentsMargins(0, 0, 0, 0);
  grid->setSpacing(0);
  grid->addWidget(top_, 0, 0, 1, 2);
  message_ = new MessageBar;
  message_->setObjectName(QStringLiteral("windowMessage"));
  message_->hide();
  grid->addWidget(rail_, 1, 0, 2, 1);
  grid->addWidget(message_, 1, 1);
  grid->addWidget(stack_, 2, 1);
  grid->addWidget(strip_, 3, 0, 1, 2);
  grid->setColumnStretch(1, 1);
  grid->setRowStretch(2, 1);

  for (const PageRow& row : pages) {
    auto* action = new QAction(icon(QString::fromLatin1(row.icon)), tr(row.title), this);
    action->setShortcut(QKeySequence(QString::fromLatin1(row.keys), QKeySequence::PortableText));
    connect(action, &QAction::triggered, this, [this, id = row.id] { show(targetOf(id)); });
    addAction(action);
    pageActions_ << action;
  }
  for (const ActionRow& row : actionTable()) addAction((*actions_)[QString::fromLatin1(row.id)]);
  top_->addPages(pageActions_);
  palette_ = new CommandPalette(*context_, pageActions_, this);
  bindActions();

  connect(rail_, &Rail::pageWanted, this, [this](PageId id) { show(targetOf(id)); });
  connect(top_->commandField(), &QAbstractButton::clicked, palette_, [this] { palette_->open(); });
  connect(context_, &PageContext::pageRequested, this, qOverload<const PageTarget&>(&MainWindow::show));
  const auto title = [this] {
    top_->setTitle(context_->projectName(), context_->documentName());
    setWindowTitle(context_->projectName().isEmpty()
                       ? QStringLiteral("Neuroloom")
                       : visible(context_->projectName()) + QStringLiteral(" – Neuroloom"));
  };
  const auto project = [this, title] {
    const bool open = !context_->projectName().isEmpty();
    rail_->setProjectOpen(open);
    actions_->setEnabled(QStringLiteral("file.close"), this, open, tr("No project is open"));
    for (qsizetype i = 0; i < pageActions_.size(); ++i)
      pageActions_[i]->setEnabled(open || !context_->pages[std::size_t(i)].needsProject);
    title();
  };
  connect(context_, &PageContext::projectChanged, this, project);
  connect(context_, &PageContext::documentChanged, this, title);
  connect(context_, &PageContext::findRequested, this, [this](QChar prefix) { palette_->open(prefix); });
  connect(context_, &PageContext::stripChanged, this, [this] { strip_->setState(context_->strip()); });
  connect(context_, &PageContext::dotChanged, rail_, &Rail::setDot);
  connect(&settings_, &Settings::changed, this, &MainWindow::applyLook);
  project();
  applyLook();
  show(targetOf(pages.front().id));
  if (!restoreGeometry(settings_.state(QStringLiteral("window")).toByteArray())) resize(1440, 900);
  fitIntoScreen();
}

MainWindow::~MainWindow() {
  // Pages use the context in their destructors, so they go before it.
  delete stack_;
}

// A window larger than its screen has its strip out of sight. The frame is not known before it is shown.
void MainWindow::fitIntoScreen() {
  const QScreen* on = screen();
  if (on == nullptr || isMaximized() || isFullScreen()) return;
  constexpr int title = 36, side = 4;
  const QRect room = on->availableGeometry().adjusted(side, title, -side, -side);
  if (room.width() < minimumWidth() || room.height() < minimumHeight()) return;
  QRect wanted(geometry().topLeft(), size().boundedTo(room.size()));
  if (wanted.size() == size() && room.contains(wanted)) return;
  wanted.moveLeft(std::clamp(wanted.left(), room.left(), room.right() + 1 - wanted.width()));
  wanted.moveTop(std::clamp(wanted.top(), room.top(), room.bottom() + 1 - wanted.height()));
  setGeometry(wanted);
}

void MainWindow::bindActions() {
  const auto bind = [this](const char* id, auto run) { actions_->bind(QString::fromLatin1(id), this, run); };
  bind("view.palette", [this] { palette_->open(); });
  bind("view.fullScreen", [this] { setWindowState(windowState() ^ Qt::WindowFullScreen); });
  bind("view.larger", [this] { changeTextSize(1); });
  bind("view.smaller", [this] { changeTextSize(-1); });
  bind("view.standardSize", [this] { changeTextSize(0); });
  bind("view.theme", [this] {
    const bool dark = settings_.look(systemDark_).dark;
    settings_.set(QStringLiteral("look/theme"), dark ? QStringLiteral("light") : QStringLiteral("dark"));
  });
  bind("file.open", [this] { // the dialog is answered later; nothing waits for it
    auto* dialog = new QFileDialog(this, tr("Open project: choose its folder"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::Directory);
    dialog->setOption(QFileDialog::ShowDirsOnly);
    connect(dialog, &QFileDialog::fileSelected, context_, &PageContext::openProjectRequested);
    dialog->open();
  });
  bind("file.close", [this] { Q_EMIT context_->closeProjectRequested(); });
  bind("file.quit", [this] { close(); });
  bind("help.focused", [this] {
    // What a control says under the pointer, for those who use the keyboard.
    QWidget* focused = QApplication::focusWidget();
    while (focused && focused->toolTip().isEmpty() && !focused->isWindow()) focused = focused->parentWidget();
    if (!focused || focused->toolTip().isEmpty()) return (*actions_)[QStringLiteral("help.keys")]->trigger();
    QToolTip::showText(focused->mapToGlobal(QPoint(8, focused->height())), focused->toolTip(), focused);
  });
}

void MainWindow::changeTextSize(int step) {
  const SettingRow* row = findSetting(QStringLiteral("look/text"));
  const QString key = QString::fromLatin1(row->key), now = settings_.value(key);
  int at = 0;
  while (now != QLatin1String(row->choices[std::size_t(at)].value)) ++at;
  const int next = std::clamp(at + step, 0, int(row->choices.size()) - 1);
  settings_.set(key, QString::fromLatin1(step == 0 ? row->standard : row->choices[std::size_t(next)].value));
}

void MainWindow::applyLook() {
  if (auto* style = qobject_cast<LoomStyle*>(QApplication::style()))
    style->apply(settings_.look(systemDark_));
}

Page* MainWindow::page(PageId id) {
  if (const auto known = pages_.find(id); known != pages_.end()) return known->second;
  const PageRow* row = context_->findPage(id);
  if (!row) return nullptr;
  Page* made = row->make(*context_);
  stack_->addWidget(made);
  pages_.emplace(id, made);
  actions_->setPageTitle(made, tr(row->title));
  return made;
}

void MainWindow::show(const PageTarget& target) {
  const PageId id = pageOf(target);
  const PageRow* row = context_->findPage(id);
  if (!row || (row->needsProject && context_->projectName().isEmpty())) return;
  Page* next = page(id);
  current_ = id;
  rail_->setCurrent(id);
  stack_->setCurrentWidget(next);
  actions_->setCurrentPage(next);
  context_->setShown(next);
  next->opened(target);
}

void MainWindow::tell(const Error& error, const QVector<Offer>& offers) {
  message_->setError(error);
  told_.clear();
  offer(offers);
}

void MainWindow::tell(MessageKind kind, const QString& words, const QVector<Offer>& offers) {
  message_->setMessage(kind, words);
  told_ = words;
  offer(offers);
}

void MainWindow::offer(QVector<Offer> offers) {
  if (offers.size() < 2)
    offers.push_back({offers.isEmpty() ? tr("Close") : tr("Dismiss"), [this] { untell(); }});
  message_->setAction(offers[0].text, offers[0].run);
  if (offers.size() > 1) message_->setSecond(offers[1].text, offers[1].run);
  message_->show();
}

void MainWindow::untell() {
  told_.clear();
  message_->hide();
}

void MainWindow::untell(const QString& words) {
  if (!words.isEmpty() && told_ == words) untell();
}

void MainWindow::closeEvent(QCloseEvent* event) {
  Q_EMIT closing();
  settings_.setState(QStringLiteral("window"), saveGeometry());
  QWidget::closeEvent(event);
}

} // namespace loom
