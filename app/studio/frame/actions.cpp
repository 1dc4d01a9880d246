// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/frame/actions.h"
#include "app/studio/theme/icons.h"
#include "app/studio/theme/keys.h"
#include "app/studio/widgets/panels.h"
#include <algorithm>

namespace loom {

const std::vector<ActionRow>& actionTable() {
  static const std::vector<ActionRow> table = {
      {"file.new", "File", 0, "New project", "plus", "Ctrl+N",
       "Begin with a network that works, or with your own data"},
      {"file.open", "File", 0, "Open project", "folder", "Ctrl+O", ""},
      {"file.data", "File", 0, "New project from a data file", "import", "", "A table or an IDX file"},
      {"file.dataFolder", "File", 0, "New project from a data folder", "folder", "",
       "A folder of images or IDX files"},
      {"file.save", "File", 1, "Save", "save", "Ctrl+S", "The network as it is drawn now"},
      {"file.export.torch", "File", 1, "Export as PyTorch", "export", "Ctrl+Shift+E",
       "torch.nn code with its weights"},
      {"file.close", "File", 2, "Close project", "", "Ctrl+W", ""},
      {"file.quit", "File", 3, "Quit", "", "Ctrl+Q", "Runs that are training go on"},

      {"edit.undo", "Edit", 0, "Undo", "undo", "Ctrl+Z", ""},
      {"edit.redo", "Edit", 0, "Redo", "redo", "Ctrl+Shift+Z", ""},
      {"edit.cut", "Edit", 1, "Cut", "", "Ctrl+X", ""},
      {"edit.copy", "Edit", 1, "Copy", "", "Ctrl+C", ""},
      {"edit.paste", "Edit", 1, "Paste", "", "Ctrl+V", ""},
      {"edit.duplicate", "Edit", 1, "Duplicate", "duplicate", "Ctrl+D", ""},
      {"edit.delete", "Edit", 1, "Delete", "delete", "Del", "What was before and behind is joined again"},
      {"edit.selectAll", "Edit", 2, "Select all", "", "Ctrl+A", ""},
      {"edit.find", "Edit", 2, "Find", "search", "Ctrl+F", ""},

      {"view.palette", "View", 0, "Search or run a command", "search", "Ctrl+K", ""},
      {"view.canvas", "View", 1, "Show the canvas", "design", "Ctrl+1", ""},
      {"view.table", "View", 1, "Show the table", "table", "Ctrl+2", ""},
      {"view.code", "View", 1, "Show the code", "code", "Ctrl+3", "The network as torch.nn"},
      {"view.docks", "View", 2, "Hide side docks", "", "F4", ""},
      {"view.fullScreen", "View", 2, "Full screen", "", "F11", ""},
      {"view.larger", "View", 3, "Larger text", "plus", "Ctrl++; Ctrl+=", ""},
      {"view.smaller", "View", 3, "Smaller text", "minus", "Ctrl+-", ""},
      {"view.standardSize", "View", 3, "Standard text size", "", "Ctrl+0", ""},
      {"view.theme", "View", 3, "Switch between light and dark", "eye", "", ""},

      {"network.new", "Network", 0, "New network", "plus", "", "An Input and an Output in this project"},
      {"network.addLayer", "Network", 0, "Add a layer", "plus", "", "Tab on the canvas, or a double-click"},
      {"network.layout", "Network", 1, "Lay out", "layout", "Ctrl+L", ""},
      {"network.layoutRow", "Network", 1, "Lay out in one row", "layout", "Ctrl+Shift+L", ""},
      {"network.fit", "Network", 1, "Fit into the window", "fit", "", "Z on the canvas"},
      {"network.nextProblem", "Network", 3, "Next problem", "st-error", "F8", ""},
      {"network.previousProblem", "Network", 3, "Previous problem", "", "Shift+F8", ""},
      {"network.fix", "Network", 3, "Apply the fix", "wand", "Alt+Return", ""},

      {"run.start", "Run", 0, "Run", "run", "F5", "Trains the network with the settings of Train"},
      {"run.stop", "Run", 0, "Stop", "stop", "Shift+F5", "Saves a checkpoint and ends"},
      {"run.pause", "Run", 0, "Pause or resume", "pause", "F6", ""},
      {"run.checkpoint", "Run", 0, "Checkpoint now", "checkpoint", "F7", ""},
      {"run.new", "Run", 1, "New run", "plus", "", ""},
      {"run.resume", "Run", 1, "Resume from the last checkpoint", "resume", "", ""},

      {"history.open", "History", 0, "Open the run", "history", "", ""},
      {"history.compare", "History", 0, "Compare", "compare", "Ctrl+Return", ""},
      {"history.tag", "History", 1, "Tag", "tag", "Ctrl+T", ""},
      {"history.note", "History", 1, "Note on the run", "comment", "", ""},
      {"history.rename", "History", 1, "Rename", "", "F2", ""},
      {"history.rebuild", "History", 2, "Rebuild the history from the journals", "refresh", "", ""},

      {"help.keys", "Help", 0, "Keys", "terminal", "", "Every command with its key"},
      {"help.focused", "Help", 0, "Help on what is focused", "st-info", "F1", ""},
      {"help.about", "Help", 1, "About Neuroloom", "welcome", "", ""},
  };
  return table;
}

namespace {

QList<QKeySequence> keysOf(const ActionRow& row) {
  QList<QKeySequence> keys;
  for (const QString& part : QString::fromLatin1(row.keys).split(QStringLiteral("; "), Qt::SkipEmptyParts))
    keys << QKeySequence(part, QKeySequence::PortableText);
  return keys;
}

} // namespace

Actions::Actions(QObject* parent) : QObject(parent) {
  for (const ActionRow& row : actionTable()) {
    const QString id = QString::fromLatin1(row.id);
    auto* action = new QAction(icon(QString::fromLatin1(row.icon)), tr(row.text), this);
    action->setObjectName(id);
    action->setShortcuts(keysOf(row));
    connect(action, &QAction::triggered, this, [this, id] {
      if (const Handler* handler = live(entries_[id]); handler && handler->enabled) {
        const auto run = handler->run; // it may bind or unbind
        run();
      }
    });
    entries_.insert(id, {&row, action, {}});
    refresh(entries_[id]);
  }
}

void Actions::addPage(QObject* page) {
  pages_.insert(page, {});
  connect(page, &QObject::destroyed, this, [this, page] { pages_.remove(page); });
}

void Actions::setPageTitle(QObject* page, const QString& title) {
  pages_.insert(page, title);
  for (Entry& entry : entries_) refresh(entry);
}

const QObject* Actions::pageOf(const QObject* object) const {
  while (object != nullptr && !pages_.contains(object)) object = object->parent();
  return object;
}

QAction* Actions::operator[](const QString& id) const {
  const auto found = entries_.constFind(id);
  return found == entries_.constEnd() ? nullptr : found->action;
}

void Actions::bind(const QString& id, QObject* owner, std::function<void()> handler) {
  auto found = entries_.find(id);
  if (found == entries_.end() || !owner) return;
  if (Handler* known = find(id, owner))
    known->run = std::move(handler);
  else {
    found->handlers.push_back({owner, std::move(handler), true, false, false, {}, {}});
    connect(owner, &QObject::destroyed, this, [this, id] {
      Entry& entry = entries_[id];
      std::erase_if(entry.handlers, [](const Handler& row) { return row.owner.isNull(); });
      refresh(entry);
      Q_EMIT changed();
    });
  }
  refresh(*found);
  Q_EMIT changed();
}

Actions::Handler* Actions::find(const QString& id, QObject* owner) {
  auto found = entries_.find(id);
  if (found == entries_.end()) return nullptr;
  for (Handler& handler : found->handlers)
    if (handler.owner == owner) return &handler;
  return nullptr;
}

const Actions::Handler* Actions::live(const Entry& entry) const {
  const Handler* always = nullptr;
  for (const Handler& handler : entry.handlers) {
    if (handler.owner.isNull()) continue;
    const QObject* page = pageOf(handler.owner);
    if (page && page == page_) return &handler;
    if (!page) always = &handler;
  }
  return always;
}

QString Actions::whyOff(const Entry& entry, const Handler* handler) const {
  if (handler) return handler->reason;
  for (const Handler& other : entry.handlers) // of a page that is not shown
    if (const QObject* page = pageOf(other.owner)) return tr("On the page %1").arg(pages_.value(page));
  return {};
}

void Actions::refresh(Entry& entry) {
  const Handler* handler = live(entry);
  const QString text = handler && !handler->text.isEmpty() ? handler->text : tr(entry.row->text);
  const QString key = keyText(entry.action->shortcut().toString(QKeySequence::NativeText));
  const QString reason = whyOff(entry, handler);
  entry.action->setText(text);
  entry.action->setVisible(!entry.handlers.empty());
  entry.action->setEnabled(handler && handler->enabled);
  entry.action->setCheckable(handler && handler->checkable);
  if (handler && handler->checkable) entry.action->setChecked(handler->checked);
  entry.action->setToolTip(tipText(text, reason.isEmpty() ? key : reason));
}

void Actions::setEnabled(const QString& id, QObject* owner, bool enabled, const QString& reason) {
  Handler* handler = find(id, owner);
  if (!handler) return;
  handler->enabled = enabled;
  handler->reason = enabled ? QString() : reason;
  refresh(entries_[id]);
  Q_EMIT changed();
}

void Actions::setText(const QString& id, QObject* owner, const QString& text) {
  Handler* handler = find(id, owner);
  if (!handler) return;
  handler->text = text;
  refresh(entries_[id]);
  Q_EMIT changed();
}

void Actions::setChecked(const QString& id, QObject* owner, bool on) {
  Handler* handler = find(id, owner);
  if (!handler) return;
  handler->checkable = true;
  handler->checked = on;
  refresh(entries_[id]);
}

void Actions::setCurrentPage(QObject* page) {
  page_ = page;
  for (Entry& entry : entries_) refresh(entry);
  Q_EMIT changed();
}

bool Actions::isBound(const QString& id) const {
  const auto found = entries_.constFind(id);
  return found != entries_.constEnd() && !found->handlers.empty();
}

} // namespace loom
