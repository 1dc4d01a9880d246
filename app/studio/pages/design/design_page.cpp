// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/pages/design/design_page.h"
#include "app/studio/canvas/canvas_view.h"
#include "app/studio/model/session.h"
#include "app/studio/pages/design/code_view.h"
#include "app/studio/pages/design/family_column.h"
#include "app/studio/pages/design/inspector.h"
#include "app/studio/pages/design/node_table.h"
#include "app/studio/pages/design/palette.h"
#include "app/studio/pages/design/problems.h"
#include "app/studio/widgets/empty_state.h"
#include "app/studio/widgets/message_bar.h"
#include "app/studio/widgets/panels.h"
#include "app/studio/widgets/segments.h"
#include "app/studio/widgets/text.h"
#include "app/studio/widgets/tool_bar.h"
#include "core/base/format.h"
#include "core/network/templates.h"
#include <QComboBox>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QPushButton>
#include <QStackedWidget>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>

namespace loom {

constexpr int recoveryDelay = 1500;

DesignPage::DesignPage(PageContext& context, Session* session)
    : Page(context), session_(session), own_(session == nullptr ? std::make_unique<Document>() : nullptr),
      document_(session != nullptr ? session->document() : *own_) {
  build();
  bindActions();
  bindWidgets();
  bindDocument();
  if (session_ != nullptr) bindSession();
  refresh();
}

void DesignPage::bindSession() {
  connect(session_, &Session::projectOpened, this, &DesignPage::showProject);
  connect(session_, &Session::projectClosed, this, &DesignPage::showProject);
  connect(session_, &Session::leaving, this, &DesignPage::keepUnsaved);
  connect(session_, &Session::networkSaved, this, [this](const QString& name) {
    if (open_.restoredFrom.isEmpty() || name != open_.restoredAs) return;
    session_->carryOut(DiscardRecovery{open_.restoredFrom}); // it is in a file of its own now
    open_.restoredFrom.clear();
  });
  connect(&session_->bridge(), &Bridge::recoveryFound, this, [this](const Network& kept) {
    open_.recovered = kept;
    message_->setMessage(MessageKind::warn, offerWords());
    offerActions();
    message_->show();
  });
  connect(session_, &Session::saveFailed, this, &DesignPage::showError);
  connect(session_, &Session::startFailed, this,
          [this](const QString&, const Error& error) { showError(error); });
  if (session_->project()) showProject();
}

void DesignPage::showError(const Error& error) {
  message_->setError(error);
  offerActions();
  message_->show();
}

void DesignPage::bindActions() {
  auto& actions = context().actions;
  const auto bindEdit = [&](const char* id, void (CanvasView::*what)()) {
    actions.bind(id, this, [view = canvas_, what] { (view->*what)(); });
  };
  bindEdit("edit.cut", &CanvasView::cut);
  actions.bind("edit.copy", this, [this] { canvas_->copy(); });
  bindEdit("edit.paste", &CanvasView::paste);
  bindEdit("edit.duplicate", &CanvasView::duplicate);
  bindEdit("edit.delete", &CanvasView::removeChosen);
  bindEdit("edit.selectAll", &CanvasView::selectAll);
  actions.bind("network.fix", this, [this] { applyFix(); });
  actions.bind("edit.undo", this, [this] { document_.undo(); });
  actions.bind("edit.redo", this, [this] { document_.redo(); });
  actions.bind("network.layout", this, [this] {
    document_.layOut(false, std::max(400, canvas_->width() - 64), std::max(300, canvas_->height() - 64));
    canvas_->fit();
  });
  actions.bind("network.layoutRow", this, [this] {
    document_.layOut(true);
    canvas_->fit();
  });
  actions.bind("network.fit", this, [this] { canvas_->fit(); });
  actions.bind("network.addLayer", this,
               [this] { canvas_->openSearch(QPointF(canvas_->width() / 2.0, canvas_->height() / 3.0)); });
  actions.bind("network.nextProblem", this, [this] { problems_->next(1); });
  actions.bind("network.previousProblem", this, [this] { problems_->next(-1); });
  actions.bind("view.canvas", this, [this] { setView(canvas); });
  actions.bind("view.table", this, [this] { setView(table); });
  actions.bind("view.code", this, [this] { setView(code); });
  actions.bind("view.docks", this, [this] {
    docks_ = !docks_;
    setView(View(views_->current()));
  });
  actions.bind("edit.find", this, [this] { Q_EMIT context().findRequested(u'@'); });
  if (session_ == nullptr) return;
  actions.bind("file.save", this, [this] { save(); });
  actions.bind("network.new", this, [this] { newNetwork(); });
  actions.bind("file.export.torch", this, [this] { saveCode(); });
  actions.bind("run.start", this, [this] { run(); });
}

void DesignPage::bindWidgets() {
  connect(bar_->primary(), &QPushButton::clicked, this, [this] { run(); });
  connect(views_, &Segments::chosen, this, [this](int index) { setView(View(index)); });
  connect(names_, &QComboBox::textActivated, this, &DesignPage::openNetwork);
  connect(palette_, &Palette::dragged, canvas_, &CanvasView::hoverLayer);
  connect(palette_, &Palette::dropped, this,
          [this](const QString& type, const QPoint& at) { canvas_->dropLayer(type, at); });
  connect(palette_, &Palette::dragCancelled, canvas_, &CanvasView::leaveLayer);
  connect(palette_, &Palette::picked, this, [this](const QString& type) {
    if (narrow_) focusView(); // the palette has done what it was opened for
    addPicked(type);
  });
  connect(palette_, &Palette::closeWanted, this, &DesignPage::focusView);
  connect(families_, &FamilyColumn::searchWanted, this, [this] { openPalette(std::nullopt); });
  connect(families_, &FamilyColumn::familyWanted, this, [this](Family family) { openPalette(family); });
  canvas_->installEventFilter(this);
  connect(canvas_, &CanvasView::parametersWanted, inspector_, &Inspector::focusFirst);
  connect(canvas_, &CanvasView::renameWanted, inspector_, &Inspector::focusName);
  connect(canvas_, &CanvasView::paletteWanted, this, [this] { openPalette(std::nullopt); });
  connect(canvas_, &CanvasView::edgeChosen, this, &DesignPage::refreshChosen);
  connect(canvas_, &CanvasView::refused, this, [this](const QString& reason) { say(reason, true); });
  connect(canvas_, &CanvasView::zoomChanged, this,
          [this](double zoom) { zoom_->setText(QString("%1 %").arg(qRound(zoom * 100))); });
  connect(problems_, &Problems::nodeWanted, this, [this](NodeId node) {
    if (node == 0) return;
    canvas_->goTo(node);
    document_.select({node}, node);
  });
  connect(code_, &CodeView::saveWanted, this, &DesignPage::saveCode);
}

void DesignPage::bindDocument() {
  recovery_ = new QTimer(this);
  recovery_->setSingleShot(true);
  recovery_->setInterval(recoveryDelay);
  connect(recovery_, &QTimer::timeout, this, [this] { keepUnsaved(); });
  connect(&document_, &Document::selectionChanged, this, &DesignPage::refreshChosen);
  connect(&document_, &Document::refused, this, [this](const QString& reason) { say(reason, true); });
  connect(&document_, &Document::changed, this, [this] {
    if (!recovery_->isActive()) recovery_->start();
    if (!open_.recovered) message_->hide(); // an offer stays until it is taken or the drawing is saved
    refresh();
  });
  connect(&document_, &Document::reset, this, &DesignPage::refresh);
  connect(&document_, &Document::modifiedChanged, this, &DesignPage::refresh);
  connect(&document_, &Document::dataChanged, this, &DesignPage::refresh);
  context().addProvider(this, u'@', [this](const QString& words) { return findNodes(words); });
}

QVector<Found> DesignPage::findNodes(const QString& words) {
  QVector<Found> found;
  for (const auto& [id, node] : document_.network().nodes) {
    const QString name = QString::fromStdString(node.name);
    if (found.size() < 12 && (words.isEmpty() || name.contains(words, Qt::CaseInsensitive)))
      found.push_back({"Nodes", "design", name, QString::fromStdString(node.type), [this, id = id] {
                         Q_EMIT context().pageRequested(to::Design{});
                         canvas_->goTo(id);
                       }});
  }
  return found;
}

void DesignPage::opened(const PageTarget&) { focusView(); }

// Where keys of the drawing go: Ctrl+Z must not fall to a field.
void DesignPage::focusView() {
  QWidget* shown = stack_->currentIndex() == 1 ? static_cast<QWidget*>(table_) : canvas_;
  shown->setFocus(Qt::OtherFocusReason);
  closePalette();
}

bool DesignPage::eventFilter(QObject* watched, QEvent* event) {
  if (watched == canvas_ && (event->type() == QEvent::FocusIn || event->type() == QEvent::MouseButtonPress))
    closePalette();
  return Page::eventFilter(watched, event);
}

void DesignPage::keepUnsaved() {
  recovery_->stop();
  if (session_ == nullptr || session_->drawn().isEmpty()) return;
  if (document_.modified())
    keepDrawing();
  else if (!open_.recovered)
    session_->carryOut(DiscardRecovery{session_->drawn()});
}

void DesignPage::keepDrawing() {
  session_->carryOut(SaveRecovery{std::make_shared<const Network>(document_.network())});
}

void DesignPage::restore() {
  if (!open_.recovered) return;
  const Network kept = *std::exchange(open_.recovered, std::nullopt);
  const QString name = QString::fromStdString(kept.name);
  message_->hide();
  if (damaged(name) != nullptr) {
    // The file that cannot be read stays as it is: what was drawn becomes a network of its own, saved at
    // once.
    Network own = kept;
    own.name = freeName(kept.name + "-recovered");
    open_.restoredFrom = name;
    open_.restoredAs = QString::fromStdString(own.name);
    addNetwork(own);
  } else {
    if (session_->drawn() != name) openNetwork(name);
    document_.restore(kept);
    // Taken: it is this window's unsaved edit from now on.
    session_->carryOut(DiscardRecovery{name});
    keepDrawing();
    canvas_->fit();
  }
  focusView();
}

void DesignPage::discard() {
  if (open_.recovered) session_->carryOut(DiscardRecovery{QString::fromStdString(open_.recovered->name)});
  open_.recovered.reset();
  message_->hide();
  focusView();
}

// A name that no network of the project has, one that cannot be read included.
std::string DesignPage::freeName(const std::string& wanted) const {
  const auto taken = [this](const std::string& name) {
    const QString word = QString::fromStdString(name);
    return damaged(word) != nullptr || session_->network(word) != nullptr;
  };
  std::string name = wanted;
  for (int number = 2; taken(name); ++number) name = wanted + "-" + std::to_string(number);
  return name;
}

const DamagedNetwork* DesignPage::damaged(const QString& name) const {
  if (session_ == nullptr || !session_->project()) return nullptr;
  const auto& all = session_->project()->damaged;
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const DamagedNetwork& one) { return one.name == name; });
  return found != all.end() ? &*found : nullptr;
}

void DesignPage::addNetwork(const Network& network) {
  const QString name = QString::fromStdString(network.name);
  names_->addItem(name);
  showBroken(nullptr);
  names_->setCurrentText(name);
  session_->addNetwork(network);
  setView(View(views_->current()));
}

void DesignPage::newNetwork() {
  if (session_ == nullptr || !session_->project()) return;
  const auto& facts = session_->facts();
  Network fresh = emptyNetwork(facts ? facts->sampleShape : std::vector<std::int64_t>{});
  fresh.name = freeName("network");
  addNetwork(fresh);
  focusView();
}

void DesignPage::applyFix() {
  const auto& all = document_.analysis().diagnostics;
  const Diagnostic* chosen = document_.diagnosticOf(document_.current());
  if (chosen == nullptr || chosen->fix.kind == Fix::Kind::none) {
    const auto found = std::find_if(all.begin(), all.end(),
                                    [](const Diagnostic& one) { return one.fix.kind != Fix::Kind::none; });
    chosen = found != all.end() ? &*found : nullptr;
  }
  if (chosen != nullptr) document_.applyFix(Diagnostic(*chosen));
}

// Another project, or none: what was unsaved in the one before was kept when it was left.
void DesignPage::showProject() {
  recovery_->stop();
  open_ = {};
  names_->clear();
  message_->hide();
  if (!session_->project()) return openNetwork({});
  for (const auto& one : session_->project()->networks) names_->addItem(one.name);
  for (const auto& one : session_->project()->damaged) names_->addItem(icon("st-error"), one.name);
  openNetwork(QString::fromStdString(session_->project()->project.network));
}

void DesignPage::showDrawing(const Network& network) {
  names_->addItem(QString::fromStdString(network.name));
  document_.open(network);
  setView(View(views_->current()));
}

void DesignPage::openNetwork(const QString& name) {
  if (session_ == nullptr) return;
  const auto& project = session_->project();
  const auto* unread = damaged(name);
  if (unread == nullptr && project && project->networks.isEmpty() && !project->damaged.isEmpty())
    unread = &project->damaged.front();
  QString chosen;
  if (unread == nullptr && project && !project->networks.isEmpty())
    chosen = project->find(name) != nullptr ? name : project->networks.front().name;
  names_->setCurrentText(unread != nullptr ? unread->name : chosen);
  open_.broken = unread != nullptr ? unread->name : QString();
  session_->showNetwork(chosen);
  showBroken(unread);
  setView(View(views_->current()));
}

// Nothing is drawn where it could not be kept.
void DesignPage::showBroken(const DamagedNetwork* network) {
  open_.broken = network != nullptr ? network->name : QString();
  if (network == nullptr) return;
  const QString heading = QString("“%1” cannot be read").arg(network->name);
  unreadable_->setWords("st-error", Token::error, heading,
                        QString::fromStdString(network->error.message()) +
                            " The file stays as it is; nothing is written over it.");
  document_.setReadOnly(heading + " and stays as it is");
}

void DesignPage::refreshChosen() {
  auto& actions = context().actions;
  const bool some = !document_.selection().empty();
  for (const char* id : {"edit.cut", "edit.copy", "edit.duplicate"})
    actions.setEnabled(id, this, some, "Choose a node first");
  actions.setEnabled("edit.delete", this, canvas_->canRemove(), "Choose a node or an edge first");
}

void DesignPage::refresh() {
  refreshChosen();
  const Analysis& analysis = document_.analysis();
  auto& actions = context().actions;
  actions.setEnabled("edit.undo", this, document_.canUndo(), "Nothing to undo");
  actions.setEnabled("edit.redo", this, document_.canRedo(), "Nothing to redo");
  actions.setText("edit.undo", this, document_.canUndo() ? "Undo: " + document_.undoText() : QString());
  actions.setText("edit.redo", this, document_.canRedo() ? "Redo: " + document_.redoText() : QString());
  const bool fixable = std::any_of(analysis.diagnostics.begin(), analysis.diagnostics.end(),
                                   [](const Diagnostic& one) { return one.fix.kind != Fix::Kind::none; });
  actions.setEnabled("network.fix", this, fixable, "Nothing here has a fix of its own");
  for (const char* id : {"network.nextProblem", "network.previousProblem"})
    actions.setEnabled(id, this, !analysis.diagnostics.empty(), "No problems");
  const auto errors =
      std::count_if(analysis.diagnostics.begin(), analysis.diagnostics.end(),
                    [](const Diagnostic& one) { return one.level == Diagnostic::Level::error; });
  QString reason;
  if (!open_.broken.isEmpty())
    reason = "The network cannot be read";
  else if (errors > 0)
    reason = errors == 1 ? QString("1 error blocks the run") : QString("%1 errors block the run").arg(errors);
  else if (document_.network().nodes.empty())
    reason = "The network is empty";
  bar_->primary()->setEnabled(reason.isEmpty());
  bar_->setReason(reason);
  if (session_ != nullptr) actions.setEnabled("run.start", this, reason.isEmpty(), reason);
  parameters_->setText(QString::fromStdString(formatCount(analysis.parameters)) + " parameters");
  costs_->setText(
      QString("·  %1 nodes  ·  %2 multiply-adds  ·  %3 of activations per sample")
          .arg(document_.network().nodes.size())
          .arg(QString::fromStdString(formatCountShort(analysis.multiplyAdds)),
               QString::fromStdString(formatBytes(std::uint64_t(analysis.activationElements) * 4))));
  const QString name = QString::fromStdString(document_.network().name);
  setDocument(!open_.broken.isEmpty() ? open_.broken : document_.modified() ? name + " *" : name);
}

void DesignPage::save() {
  if (session_ == nullptr || session_->drawn().isEmpty()) return;
  open_.recovered.reset();
  message_->hide();
  session_->saveNetwork(session_->drawn());
}

void DesignPage::run() {
  if (session_ == nullptr || !document_.analysis().runnable()) return;
  session_->startRun(session_->drawn());
  Q_EMIT context().pageRequested(to::Train{to::Train::newest});
}

void DesignPage::addPicked(const QString& type) {
  const NodeId behind = document_.current();
  const Node* node = document_.network().node(behind);
  Point place{0, 0};
  if (node != nullptr) {
    place = {node->position.x + 192, node->position.y};
  } else {
    const QPointF centre = canvas_->toScene(QPointF(canvas_->width() / 2.0, canvas_->height() / 2.0));
    place = {std::round(centre.x() / 8) * 8, std::round(centre.y() / 8) * 8};
  }
  const NodeId added = document_.network().nextId;
  const std::string wanted = type.toStdString();
  const auto* layer = findLayer(wanted);
  const auto* before = node != nullptr ? findLayer(node->type) : nullptr;
  std::vector<EditBuilder> steps{[&](const Network& now) { return addNode(now, wanted, place); }};
  if (before != nullptr && before->hasOutput && layer != nullptr && !layer->inputs.empty() &&
      document_.network().outOf(behind).empty())
    steps.emplace_back([&](const Network& now) { return loom::connect(now, behind, added); });
  if (document_.perform(inOneStep(document_.network(), loom::say("Add {}", wanted), steps)))
    canvas_->goTo(added);
}

void DesignPage::saveCode() {
  if (session_ == nullptr) return;
  auto* dialog = new QFileDialog(this, "Export as PyTorch: choose a folder");
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(QFileDialog::Directory);
  dialog->setOption(QFileDialog::ShowDirsOnly);
  connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& folder) {
    QString run;
    for (const auto& view : session_->runs())
      if (view.row.network == document_.network().name && view.row.checkpoint >= 0) {
        run = QString::fromStdString(view.row.id);
        break;
      }
    session_->bridge().ask(ExportTorch{std::make_shared<const Network>(document_.network()), folder, run},
                           this, [this](const Result<QStringList>& files) {
                             if (!files) return showError(files.error());
                             say("Written: " + files->join(", "), false);
                           });
  });
  dialog->open();
}

QString DesignPage::offerWords() const {
  return QString("“%1” has edits that were not saved when Neuroloom last ended.")
      .arg(QString::fromStdString(open_.recovered->name));
}

// An offer stays until it is taken, whatever else there is to say.
void DesignPage::offerActions() {
  if (!open_.recovered) return message_->setAction({}, {});
  message_->setAction("Restore", [this] { restore(); });
  message_->setSecond("Discard", [this] { discard(); });
}

void DesignPage::say(const QString& text, bool error) {
  const QString end = text.endsWith('.') ? " " : ". ";
  message_->setMessage(error || open_.recovered ? MessageKind::warn : MessageKind::ok,
                       open_.recovered ? text + end + offerWords() : text);
  offerActions();
  message_->show();
}

} // namespace loom
