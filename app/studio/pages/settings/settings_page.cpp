// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/pages/settings/settings_page.h"
#include "app/studio/pages/settings/theme_choice.h"
#include "app/studio/theme/icons.h"
#include "app/studio/theme/keys.h"
#include "app/studio/widgets/chip.h"
#include "app/studio/widgets/measures.h"
#include "app/studio/widgets/panels.h"
#include "app/studio/widgets/row_delegate.h"
#include "app/studio/widgets/scroll_column.h"
#include "app/studio/widgets/segments.h"
#include "app/studio/widgets/text.h"
#include "app/studio/widgets/tool_bar.h"
#include <QCheckBox>
#include <QCoreApplication>
#include <QEvent>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QStackedWidget>
#include <QVBoxLayout>

namespace loom {
namespace {

struct GroupRow {
  const char *name, *icon;
};
constexpr GroupRow groupTable[] = {{"Appearance", "eye"}, {"Keyboard", "terminal"}, {"About", "welcome"}};

QVBoxLayout* groupColumn(QWidget* inside, const QString& title) {
  auto* column = columnOf(inside);
  column->setContentsMargins(40, 16, 40, 24);
  column->addWidget(new Text(title, Type::title));
  column->addSpacing(8);
  return column;
}

} // namespace

SettingsPage::SettingsPage(PageContext& context) : Page(context) {
  auto* bar = new PageToolBar(tr("Settings"));
  search_ = new QLineEdit;
  search_->setPlaceholderText(tr("Find a setting"));
  search_->setAccessibleName(tr("Find a setting"));
  search_->addAction(icon(QStringLiteral("search")), QLineEdit::LeadingPosition);
  fixWidth(search_, 264);
  connect(search_, &QLineEdit::textChanged, this, &SettingsPage::find);
  bar->addWidget(search_);
  bar->addRight(new Text(tr("Changes apply at once"), Type::small, Token::text2));
  undo_ = makeButton(tr("Undo change"), QStringLiteral("undo"), ButtonRole::ghost);
  connect(undo_, &QPushButton::clicked, this, [this] { this->context().settings.undo(); });
  bar->addRight(undo_);

  groups_ = new QListWidget;
  groups_->setAccessibleName(tr("Groups of settings"));
  fixWidth(groups_, 232);
  groups_->setItemDelegate(new RowDelegate(groups_));
  stack_ = new QStackedWidget;
  for (const GroupRow& row : groupTable) {
    auto* item = new QListWidgetItem(tr(row.name), groups_);
    item->setData(Qt::DecorationRole, QString::fromLatin1(row.icon));
    const QString name = QString::fromLatin1(row.name);
    stack_->addWidget(name == QLatin1String("Keyboard") ? buildKeys()
                      : name == QLatin1String("About")  ? buildAbout()
                                                        : buildGroup(name));
  }
  connect(groups_, &QListWidget::currentRowChanged, stack_, &QStackedWidget::setCurrentIndex);
  groups_->setCurrentRow(0);

  auto* column = columnOf(this);
  column->addWidget(bar);
  auto* body = new QHBoxLayout;
  body->setSpacing(0);
  auto* side = new QWidget;
  auto* sideColumn = columnOf(side);
  sideColumn->setContentsMargins(0, 8, 0, 0);
  sideColumn->addWidget(groups_);
  body->addWidget(side);
  body->addWidget(new HairLine(Qt::Vertical));
  body->addWidget(stack_, 1);
  column->addLayout(body, 1);

  const auto show = [this] { undo_->setEnabled(this->context().settings.canUndo()); };
  connect(&context.settings, &Settings::changed, this, show);
  show();
}

QWidget* SettingsPage::buildGroup(const QString& group) {
  auto* inside = new QWidget;
  insides_ << inside;
  auto* column = groupColumn(inside, tr(group.toLatin1()));
  for (const SettingRow& row : settingTable()) {
    if (group != QLatin1String(row.group)) continue;
    auto* line = new QWidget;
    leastHeight(line, 56);
    auto* cells = rowOf(line, 0, 24);
    cells->setContentsMargins(0, 8, 0, 8);
    auto* words = new QWidget;
    words_ << words;
    auto* lines = columnOf(words);
    lines->addStretch(1);
    auto* title = new Text(tr(row.title), Type::bodyMedium);
    title->setWrap(true);
    lines->addWidget(title);
    auto* help = new Text(tr(row.help), Type::small, Token::text2);
    help->setWrap(true);
    lines->addWidget(help);
    lines->addStretch(1);
    QWidget* control = buildControl(row);
    control->setAccessibleName(tr(row.title));
    cells->addWidget(words);
    cells->addWidget(control);
    cells->addStretch(1);
    column->addWidget(line);
    auto* rule = new HairLine(Qt::Horizontal, Token::hover);
    column->addWidget(rule);
    controls_.insert(QString::fromLatin1(row.key), control);
    lines_.insert(QString::fromLatin1(row.key), line);
  }
  column->addStretch(1);
  return new ScrollColumn(inside);
}

QWidget* SettingsPage::buildControl(const SettingRow& row) {
  Settings& settings = context().settings;
  const QString key = QString::fromLatin1(row.key);
  const auto indexNow = [&settings, key, &row] {
    const QString now = settings.value(key);
    for (std::size_t i = 0; i < row.choices.size(); ++i)
      if (now == QLatin1String(row.choices[i].value)) return int(i);
    return 0;
  };
  const auto choose = [&settings, key, &row](int index) {
    settings.set(key, QString::fromLatin1(row.choices[std::size_t(index)].value));
  };
  switch (row.kind) {
  case SettingKind::flag: {
    auto* box = new QCheckBox(tr(row.choices[0].text));
    const auto show = [box, &settings, key] { box->setChecked(settings.flag(key)); };
    show();
    connect(&settings, &Settings::changed, box, show);
    connect(box, &QCheckBox::toggled, this, [&settings, key](bool on) {
      settings.set(key, on ? QStringLiteral("true") : QStringLiteral("false"));
    });
    return box;
  }
  case SettingKind::theme: {
    auto* themes = new ThemeChoice(indexNow());
    connect(themes, &ThemeChoice::chosen, this, choose);
    connect(&settings, &Settings::changed, themes, [themes, indexNow] { themes->setCurrent(indexNow()); });
    return themes;
  }
  case SettingKind::segments:
    break;
  }
  QStringList texts;
  for (const SettingChoice& choice : row.choices) texts << tr(choice.text);
  auto* segments = new Segments(texts, indexNow());
  connect(segments, &Segments::chosen, this, choose);
  connect(&settings, &Settings::changed, segments,
          [segments, indexNow] { segments->setCurrent(indexNow()); });
  return segments;
}

QWidget* SettingsPage::buildAbout() {
  auto* inside = new QWidget;
  insides_ << inside;
  auto* column = groupColumn(inside, tr("Neuroloom %1").arg(QCoreApplication::applicationVersion()));
  for (const QString& line :
       {tr("Draw, train and keep neural networks. Nothing leaves this computer."),
        tr("The studio is free software under the GNU General Public License 3 or later; the engine and the "
           "command line stand under the Apache License 2.0. There is no warranty."),
        tr("Built with Qt, oneDNN, SQLite and QCustomPlot. Letters: Inter and JetBrains Mono (SIL Open Font "
           "License 1.1). Samples: Iris and digits, public data sets; Fashion-MNIST (MIT).")}) {
    auto* words = new Text(line, Type::body, Token::text2);
    words->setWrap(true);
    column->addWidget(words);
    column->addSpacing(8);
  }
  column->addStretch(1);
  return new ScrollColumn(inside);
}

QWidget* SettingsPage::buildKeys() {
  auto* inside = new QWidget;
  insides_ << inside;
  auto* column = groupColumn(inside, tr("Keyboard"));
  const auto add = [&](const QString& text, const QString& keys) {
    auto* line = new QWidget;
    leastHeight(line, 28);
    auto* cells = rowOf(line);
    cells->addWidget(new Text(text), 1);
    for (const QString& key : keyParts(keys.section(QStringLiteral("; "), 0, 0)))
      cells->addWidget(new KeyCap(key));
    column->addWidget(line);
    column->addWidget(new HairLine(Qt::Horizontal, Token::hover));
  };
  for (const PageRow& row : context().pages) add(tr(row.title), QString::fromLatin1(row.keys));
  QString menu;
  for (const ActionRow& row : actionTable()) {
    if (!*row.keys) continue;
    if (menu != QLatin1String(row.menu)) {
      menu = QString::fromLatin1(row.menu);
      auto* head = new Text(tr(row.menu), Type::caption, Token::text2);
      leastHeight(head, 36);
      column->addWidget(head);
    }
    add(tr(row.text), QString::fromLatin1(row.keys));
  }
  column->addStretch(1);
  return new ScrollColumn(inside);
}

// All words are equally wide, and leave the widest control its room.
void SettingsPage::resizeEvent(QResizeEvent* event) {
  Page::resizeEvent(event);
  measure();
}

void SettingsPage::changeEvent(QEvent* event) {
  Page::changeEvent(event);
  if (event->type() == QEvent::StyleChange) measure(); // here the text size is chosen
}

void SettingsPage::measure() {
  for (QWidget* inside : std::as_const(insides_)) inside->setMaximumWidth(lookOf(this).px(824));
  const bool narrow = width() < lookOf(this).px(1040);
  for (QWidget* words : std::as_const(words_)) words->setFixedWidth(lookOf(this).px(narrow ? 224 : 312));
}

void SettingsPage::opened(const PageTarget& target) {
  const QString& group = std::get<to::Settings>(target).group;
  for (int i = 0; i < int(std::size(groupTable)); ++i)
    if (group == QLatin1String(groupTable[i].name)) groups_->setCurrentRow(i);
}

void SettingsPage::find(const QString& words) {
  groups_->setCurrentRow(0);
  for (const SettingRow& row : settingTable()) {
    const QString all = tr(row.title) + u' ' + tr(row.help);
    lines_.value(QString::fromLatin1(row.key))->setVisible(all.contains(words, Qt::CaseInsensitive));
  }
}

} // namespace loom
