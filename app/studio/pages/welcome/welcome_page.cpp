// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/pages/welcome/welcome_page.h"
#include "app/studio/model/session.h"
#include "app/studio/pages/welcome/welcome_parts.h"
#include "app/studio/theme/paint.h"
#include "app/studio/widgets/fitting.h"
#include "app/studio/widgets/message_bar.h"
#include "app/studio/widgets/panels.h"
#include "app/studio/widgets/text.h"
#include <QDateTime>
#include <QDir>
#include <QDragEnterEvent>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QMimeData>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QStyle>
#include <QVBoxLayout>
#include <algorithm>

namespace loom {
namespace {

void clear(QLayout* layout) {
  while (QLayoutItem* item = layout->takeAt(0)) {
    if (QWidget* widget = item->widget()) {
      widget->hide();
      widget->deleteLater();
    }
    delete item;
  }
}

} // namespace

WelcomePage::WelcomePage(PageContext& context, Session* session) : Page(context) {
  auto* row = rowOf(this, 0, 0);
  row->addWidget(buildLeft());
  row->addWidget(new HairLine(Qt::Vertical));
  row->addWidget(buildRight(), 1);
  setAcceptDrops(true);
  connect(&context.settings, &Settings::recentChanged, this, &WelcomePage::refresh);
  setTemplateFacts(measuredTemplates(), tr("Times are for 2 cores"));
  if (session != nullptr) {
    // What this computer is, told once: the line must not jump about while one reads.
    connect(session, &Session::loadChanged, this, [this, session] {
      if (session->load().memoryTotal == 0 || known_.cores > 0) return;
      known_ = session->load();
      tellComputer();
    });
    connect(session, &Session::devicesChanged, this, [this, session] {
      gpus_.clear();
      for (const auto& device : session->devices())
        if (device.id.startsWith(QLatin1String("cuda"))) gpus_ << device.name;
      asked_ = true;
      tellComputer();
    });
  }
  refresh();
}

QWidget* WelcomePage::buildLeft() {
  auto* inside = new QWidget;
  auto* column = columnOf(inside, 40);
  auto* head = new QHBoxLayout;
  head->setSpacing(16);
  auto* words = new QVBoxLayout;
  words->setSpacing(0);
  words->addWidget(new Text(QStringLiteral("Neuroloom"), Type::display));
  auto* said = new Text(tr("Draw, train and keep neural networks"), Type::body, Token::text2);
  said->setWrap(true);
  words->addWidget(said);
  head->addWidget(new Logo);
  head->addLayout(words, 1);
  column->addLayout(head);
  column->addSpacing(32);

  auto* buttons = new QHBoxLayout;
  buttons->setSpacing(8);
  new_ = makeButton(tr("New project"), QStringLiteral("plus"), ButtonRole::primary);
  auto* open = makeButton(tr("Open"), QStringLiteral("folder"));
  setSize(new_, ControlSize::large);
  setSize(open, ControlSize::large);
  connect(new_, &QPushButton::clicked, this, [this] { beginNew(); });
  connect(open, &QPushButton::clicked, context().actions[QStringLiteral("file.open")], &QAction::trigger);
  buttons->addWidget(new_);
  buttons->addWidget(open);
  buttons->addStretch(1);
  column->addLayout(buttons);
  column->addSpacing(24);
  computer_ = new QVBoxLayout;
  computer_->setSpacing(0);
  column->addLayout(computer_);
  auto* title = new Text(tr("Recent"), Type::bodyStrong);
  title->setMinimumHeight(lookOf(this).px(32));
  column->addWidget(title);
  recent_ = new QVBoxLayout;
  recent_->setSpacing(0);
  column->addLayout(recent_);
  recentHint_ = new Text(
      tr("Nothing yet. Projects you open stay listed here. A project is one folder; it keeps networks, "
         "data and every run."),
      Type::small, Token::text2);
  recentHint_->setWrap(true);
  column->addWidget(recentHint_);
  column->addStretch(1);
  // Many projects in a low window: all rows are there, and as high as they are.
  auto* area = new QScrollArea;
  area->setWidgetResizable(true);
  area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  area->setWidget(inside);
  setGround(inside, Ground::surface);
  left_ = area;
  return left_;
}

QWidget* WelcomePage::buildRight() {
  auto* inside = new QWidget;
  auto* column = columnOf(inside, 40, 16);
  column->setContentsMargins(40, 40, 40, 24);
  auto* head = new QHBoxLayout;
  head->setSpacing(16);
  head->addWidget(new Text(tr("Start from a network that works"), Type::title));
  head->addStretch(1);
  whose_ = new Text({}, Type::body, Token::text2);
  head->addWidget(whose_);
  firstChoice_ = makeButton(tr("Open LeNet-5"), QStringLiteral("design"), ButtonRole::primary);
  connect(firstChoice_, &QPushButton::clicked, this,
          [this] { Q_EMIT context().newProjectRequested(QStringLiteral("cnn"), {}); });
  head->addWidget(firstChoice_);
  column->addLayout(head);
  hint_ = new MessageBar(MessageKind::info, tr("Choose what the new project begins with: one of these "
                                               "networks, an empty one, or your own data below."));
  hint_->hide();
  column->addWidget(hint_);

  grid_ = new QGridLayout;
  grid_->setSpacing(16);
  for (const TemplateRow& row : templateRows()) {
    auto* card = new TemplateCard(row);
    connect(card, &QAbstractButton::clicked, this,
            [this, &row] { Q_EMIT context().newProjectRequested(QString::fromLatin1(row.id), {}); });
    cards_.append(card);
  }
  column->addLayout(grid_);
  arrange();
  column->addSpacing(8);
  auto* empty = makeButton(tr("Empty network"), QStringLiteral("plus"));
  empty->setObjectName(QStringLiteral("emptyNetwork"));
  setTip(empty, tr("A new project with an Input and an Output"));
  connect(empty, &QPushButton::clicked, this,
          [this] { Q_EMIT context().newProjectRequested(QStringLiteral("empty"), {}); });
  auto* other = new QHBoxLayout;
  other->addWidget(new Text(tr("Or bring your own data"), Type::heading));
  other->addStretch(1);
  other->addWidget(empty);
  column->addLayout(other);
  auto* drop = new DropField;
  const auto& actions = context().actions;
  connect(drop->fileButton(), &QPushButton::clicked, actions[QStringLiteral("file.data")], &QAction::trigger);
  connect(drop->folderButton(), &QPushButton::clicked, actions[QStringLiteral("file.dataFolder")],
          &QAction::trigger);
  column->addWidget(drop);
  column->addStretch(1);
  column->addWidget(new Text(tr("How it goes on, once a project is open"), Type::caption, Token::text2));
  column->addWidget(new WayThrough);

  auto* area = area_ = new QScrollArea;
  area->setWidgetResizable(true);
  area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  area->setWidget(inside);
  setGround(inside, Ground::surface);
  return area;
}

void WelcomePage::refresh() {
  clear(recent_);
  const std::vector<RecentProject> list = context().settings.recent();
  const qint64 now = now_ > 0 ? now_ : QDateTime::currentSecsSinceEpoch();
  constexpr std::size_t shown = 8;
  for (std::size_t i = 0; i < std::min(list.size(), shown); ++i) {
    const RecentProject& project = list[i];
    auto* row = new RecentRow(project, tellDate(project.opened, now), i == 0);
    connect(row, &QAbstractButton::clicked, this,
            [this, folder = project.folder] { Q_EMIT context().openProjectRequested(folder); });
    recent_->addWidget(row);
  }
  const bool first = list.empty();
  recentHint_->setVisible(first);
  firstChoice_->setVisible(first);
  setRole(new_, first ? ButtonRole::plain : ButtonRole::primary); // one primary action a page
}

void WelcomePage::arrange() {
  const double width = window()->width() / lookOf(this).scale;
  left_->setFixedWidth(lookOf(this).px(width < 1152 ? 319 : 447));
  // As many cards side by side as have room for all of their words.
  constexpr int gap = 16, margins = 2 * 40;
  const int card = lookOf(this).px(240);
  const int bar = style()->pixelMetric(QStyle::PM_ScrollBarExtent);
  const int room = this->width() - left_->minimumWidth() - 1 - margins - bar;
  const int columns = std::clamp((room + gap) / (card + gap), 1, 3);
  whose_->setVisible(width >= 1152); // the heading comes first
  for (int i = 0; i < cards_.size(); ++i) grid_->addWidget(cards_[i], i / columns, i % columns);
}

void WelcomePage::resizeEvent(QResizeEvent* event) {
  arrange();
  Page::resizeEvent(event);
}

void WelcomePage::changeEvent(QEvent* event) {
  Page::changeEvent(event);
  if (event->type() == QEvent::StyleChange && !cards_.isEmpty()) arrange();
}

void WelcomePage::setComputer(const QList<ComputerFact>& facts) {
  clear(computer_);
  if (facts.isEmpty()) return;
  auto* title = new Text(tr("This computer"), Type::bodyStrong);
  title->setMinimumHeight(lookOf(this).px(32));
  computer_->addWidget(title);
  for (const ComputerFact& fact : facts) {
    auto* line = new FittingRow;
    line->setMinimumHeight(lookOf(this).px(36));
    auto* row = rowOf(line);
    row->addWidget(new IconLabel(fact.good ? QStringLiteral("st-ok") : QStringLiteral("st-info"), 16,
                                 fact.good ? Token::ok : Token::text2));
    row->addWidget(new Text(fact.fact, Type::small), 1);
    auto* note = new Text(fact.note, Type::small, Token::text2);
    row->addWidget(note);
    line->setLeaving({note}); // the fact is whole, what it means comes second
    setTip(line, fact.fact, fact.note);
    computer_->addWidget(line);
    computer_->addWidget(new HairLine(Qt::Horizontal, Token::hover));
  }
  computer_->addSpacing(24);
}

void WelcomePage::setTemplateFacts(const QHash<QString, TemplateFact>& byId, const QString& whose) {
  for (TemplateCard* card : std::as_const(cards_))
    card->setFact(byId.value(QString::fromLatin1(card->row().id)));
  whose_->setText(whose);
}

void WelcomePage::tellComputer() {
  QList<ComputerFact> facts;
  if (known_.cores > 0) {
    facts << ComputerFact{
        true,
        tr("%n CPU thread(s), oneDNN", nullptr, known_.cores)
            .replace(QLatin1String("(s)"), known_.cores == 1 ? QString() : QStringLiteral("s")),
        tr("all six networks run on them")};
    const auto free = known_.memoryTotal - known_.memoryUsed;
    constexpr double gigabyte = 1e9, enough = 2e9;
    facts << ComputerFact{double(free) > enough,
                          tr("%1 of %2 GB memory free")
                              .arg(double(free) / gigabyte, 0, 'f', 1)
                              .arg(double(known_.memoryTotal) / gigabyte, 0, 'f', 1),
                          double(free) > enough ? tr("more than enough to begin")
                                                : tr("close what you do not need")};
  }
  if (asked_) {
    if (gpus_.isEmpty())
      facts << ComputerFact{false, tr("No GPU found"), tr("fine for all six")};
    else
      facts << ComputerFact{true, gpus_.join(QStringLiteral(", ")),
                            tr("listed; this version trains on the CPU")};
  }
  setComputer(facts);
}

void WelcomePage::setNow(qint64 seconds) {
  now_ = seconds;
  refresh();
}

void WelcomePage::opened(const PageTarget& target) {
  hint_->hide();
  if (std::get<to::Welcome>(target).beginNew) beginNew();
}

void WelcomePage::beginNew() {
  hint_->show();
  area_->verticalScrollBar()->setValue(0);
  cards_.value(0)->setFocus(Qt::TabFocusReason);
}

void WelcomePage::dragEnterEvent(QDragEnterEvent* event) {
  if (event->mimeData()->hasUrls()) event->acceptProposedAction();
}

void WelcomePage::dropEvent(QDropEvent* event) {
  const QList<QUrl> urls = event->mimeData()->urls();
  if (urls.isEmpty() || !urls[0].isLocalFile()) return;
  const QString path = QDir::cleanPath(urls[0].toLocalFile());
  if (path.endsWith(QLatin1String(".loom")))
    Q_EMIT context().openProjectRequested(path);
  else
    Q_EMIT context().newFromDataRequested(path);
}

} // namespace loom
