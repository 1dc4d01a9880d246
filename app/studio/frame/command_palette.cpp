// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/frame/command_palette.h"
#include "app/studio/theme/keys.h"
#include <algorithm>

namespace loom {

int fitOf(const QString& text, const QString& words) {
  if (words.isEmpty()) return 1;
  const qsizetype at = text.indexOf(words, 0, Qt::CaseInsensitive);
  if (at == 0) return 4;
  if (at > 0) return text[at - 1].isLetterOrNumber() ? 2 : 3;
  qsizetype next = 0;
  for (const QChar letter : words) {
    if (letter.isSpace()) continue;
    next = text.indexOf(letter, next, Qt::CaseInsensitive);
    if (next < 0) return 0;
    ++next;
  }
  return 1;
}

CommandPalette::CommandPalette(PageContext& context, const QList<QAction*>& pages, QWidget* window)
    : QObject(window), context_(context), pages_(pages), window_(window) {
  popup_ = new SearchPopup(SearchPopup::Form::large, tr("Search or run a command"), window);
  popup_->setHint(tr("Type > for commands, # for runs, @ for nodes"));
  popup_->setFoot({tr("↑ ↓ choose"), tr("Enter run")}, tr("Esc close"));
  connect(popup_, &SearchPopup::queryChanged, this, &CommandPalette::search);
  connect(popup_, &SearchPopup::chosen, this, [this](int id) {
    const auto run = runs_[std::size_t(id)]; // it may search again
    run();
  });
}

void CommandPalette::open(QChar prefix) {
  const double scale = lookOf(window_).scale;
  const int width = qRound(640 * scale);
  popup_->popup(window_->mapToGlobal(
      QPoint((window_->width() - width) / 2, std::min(qRound(88 * scale), window_->height() / 6))));
  if (!prefix.isNull()) popup_->line()->setText(prefix);
}

void CommandPalette::addCommands(const QString& words, QVector<SearchEntry>& entries) {
  struct Hit {
    int fit;
    SearchEntry entry;
  };
  std::vector<Hit> hits;
  const auto consider = [&](QAction* action, const QString& detail) {
    const int fit = std::max(fitOf(action->text(), words), words.size() > 2 ? fitOf(detail, words) / 2 : 0);
    if (fit == 0 || !action->isVisible() || !action->isEnabled()) return;
    SearchEntry entry;
    entry.group = tr("Commands");
    entry.icon = action->icon().name();
    entry.text = action->text();
    entry.detail = detail;
    entry.keys = keyParts(action->shortcut().toString(QKeySequence::NativeText));
    entry.id = int(runs_.size());
    runs_.push_back([action] { action->trigger(); });
    hits.push_back({fit, entry});
  };
  for (QAction* page : pages_) consider(page, tr("page"));
  for (const ActionRow& row : actionTable())
    if (qstrcmp(row.id, "view.palette") != 0)
      consider(context_.actions[QString::fromLatin1(row.id)], tr(row.help));
  std::stable_sort(hits.begin(), hits.end(), [](const Hit& a, const Hit& b) { return a.fit > b.fit; });
  for (const Hit& hit : hits) entries.append(hit.entry);
}

void CommandPalette::search(const QString& typed) {
  runs_.clear();
  QVector<SearchEntry> entries;
  const QChar first = typed.isEmpty() ? QChar() : typed[0];
  const bool limited = first == u'>' || first == u'#' || first == u'@';
  const QString words = (limited ? typed.mid(1) : typed).trimmed();
  if (!limited || first == u'>') addCommands(words, entries);
  if (first != u'>' && (limited || !words.isEmpty())) {
    for (const Found& found : context_.find(limited ? first : QChar(), words)) {
      SearchEntry entry;
      entry.group = found.group;
      entry.icon = found.icon;
      entry.text = found.text;
      entry.detail = found.detail;
      entry.id = int(runs_.size());
      runs_.push_back(found.run);
      entries.append(entry);
    }
  }
  if (entries.isEmpty()) {
    SearchEntry none;
    none.text = tr("Nothing fits “%1”").arg(words);
    none.icon = QStringLiteral("st-info");
    none.enabled = false;
    entries.append(none);
    runs_.push_back([] {});
  }
  popup_->setEntries(entries);
}

} // namespace loom
