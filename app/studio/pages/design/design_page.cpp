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

DesignPage::DesignPage(PageContext& context, Session* session) : Page(context), session_(session) {
  build();
  bind();
  if (session_ != nullptr) {
    connect(session_, &Session::projectOpened, this, [this] {
      const auto& view = *session_->project();
      showNetworks(view.networks, QString::fromStdString(view.project.network), view.damaged);
    });
    connect(session_, &Session::projectClosed, this, [this] {
      if (!session_->project()) showNetworks({}, {});
    });
    connect(session_, &Session::leaving, this, &DesignPage::keepUnsaved);
    connect(session_, &Session::networkSaved, this, [this](const Network& asWritten) {
      // What was drawn while the file was written is not saved yet.
      if (asWritten == document_.network()) document_.markSaved();
      for (auto& network : networks_)
        if (network.name == asWritten.name) network = asWritten;
      if (!restoredFrom_.isEmpty() && asWritten.name == restoredAs_) {
        session_->bridge().discardRecovery(restoredFrom_); // it is in a file of its own now
        restoredFrom_.clear();
      }
    });
    connect(&session_->bridge(), &Bridge::recoveryFound, this, [this](const Network& kept) {
      recovered_ = kept;
      message_->setMessage(MessageKind::warn, offerWords());
      offerActions();
      message_->show();
    });
    connect(&session_->bridge(), &Bridge::exported, this,
            [this](const QStringList& files) { say("Written: " + files.join(", "), false); });
    connect(session_, &Session::failed, this, [this](const QString& what, const Error& error) {
      if (what != "save" && what != "export" && what != "start") return;
      message_->setError(error);
      offerActions();
      message_->show();
    });
    connect(session_, &Session::factsChanged, this, [this] { document_.setData(session_->facts()); });
    document_.setData(session_->facts());
    if (session_->project())
      showNetworks(session_->project()->networks,
                   QString::fromStdString(session_->project()->project.network),
                   session_->project()->damaged);
  }
  refresh();
}

void DesignPage::bind() {
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
  if (session_ != nullptr) {
    actions.bind("file.save", this, [this] { save(); });
    actions.bind("network.new", this, [this] { newNetwork(); });
    actions.bind("file.export.torch", this, [this] { saveCode(); });
    actions.bind("run.start", this, [this] { run(); });
  }
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
  connect(&document_, &Document::selectionChanged, this, &DesignPage::refreshChosen);
  connect(canvas_, &CanvasView::refused, this, [this](const QString& reason) { say(reason, true); });
  connect(canvas_, &CanvasView::zoomChanged, this,
          [this](double zoom) { zoom_->setText(QString("%1 %").arg(qRound(zoom * 100))); });
  connect(problems_, &Problems::nodeWanted, this, [this](NodeId node) {
    if (node == 0) return;
    canvas_->goTo(node);
    document_.select({node}, node);
  });
  connect(code_, &CodeView::saveWanted, this, &DesignPage::saveCode);
  connect(&document_, &Document::refused, this, [this](const QString& reason) { say(reason, true); });
  recovery_ = new QTimer(this);
  recovery_->setSingleShot(true);
  recovery_->setInterval(recoveryDelay);
  connect(recovery_, &QTimer::timeout, this, [this] { keepUnsaved(); });
  connect(&document_, &Document::changed, this, [this] {
    draw();
    if (!recovery_->isActive()) recovery_->start();
    if (!recovered_) message_->hide(); // an offer stays until it is taken or the drawing is saved
    refresh();
  });
  connect(&document_, &Document::reset, this, [this] {
    draw();
    refresh();
  });
  connect(&document_, &Document::modifiedChanged, this, &DesignPage::refresh);
  connect(&document_, &Document::dataChanged, this, &DesignPage::refresh);
  context().addProvider(this, u'@', [this](const QString& words) {
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
  });
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
  if (session_ == nullptr || document_.network().name.empty()) return;
  if (document_.modified())
    session_->bridge().saveRecovery(document_.network());
  else if (!recovered_)
    session_->bridge().discardRecovery(QString::fromStdString(document_.network().name));
}

void DesignPage::restore() {
  if (!recovered_) return;
  const Network kept = *recovered_;
  const QString name = QString::fromStdString(kept.name);
  recovered_.reset();
  message_->hide();
  if (damaged(name) != nullptr) {
    // The file that cannot be read stays as it is: what was drawn becomes a network of its own, saved at
    // once.
    restoredFrom_ = name;
    Network own = kept;
    own.name = restoredAs_ = freeName(kept.name + "-recovered");
    addNetwork(own);
  } else {
    if (document_.network().name != kept.name) openNetwork(name);
    document_.restore(kept);
    // Taken: it is this window's unsaved edit from now on.
    session_->bridge().discardRecovery(name);
    session_->bridge().saveRecovery(document_.network());
    canvas_->fit();
  }
  focusView();
}

void DesignPage::discard() {
  if (recovered_) session_->bridge().discardRecovery(QString::fromStdString(recovered_->name));
  recovered_.reset();
  message_->hide();
  focusView();
}

// A name that no network of the project has, one that cannot be read included.
std::string DesignPage::freeName(const std::string& wanted) const {
  const auto taken = [this](const std::string& name) {
    return damaged(QString::fromStdString(name)) != nullptr ||
           std::any_of(networks_.begin(), networks_.end(),
                       [&](const Network& one) { return one.name == name; });
  };
  std::string name = wanted;
  for (int number = 2; taken(name); ++number) name = wanted + "-" + std::to_string(number);
  return name;
}

const DamagedNetwork* DesignPage::damaged(const QString& name) const {
  const auto found = std::find_if(damaged_.begin(), damaged_.end(),
                                  [&](const DamagedNetwork& one) { return one.name == name; });
  return found != damaged_.end() ? &*found : nullptr;
}

void DesignPage::addNetwork(const Network& network) {
  networks_ << network;
  const QString name = QString::fromStdString(network.name);
  names_->addItem(name);
  openNetwork(name);
  save(); // it is a file of the project from now on
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

void DesignPage::showNetworks(const QVector<Network>& networks, const QString& first,
                              const QVector<DamagedNetwork>& damaged) {
  // Another project: what was unsaved in the one before is kept there already.
  recovery_->stop();
  recovered_.reset();
  document_.open({});
  if (session_ != nullptr) document_.setData(session_->facts());
  networks_ = networks;
  damaged_ = damaged;
  names_->clear();
  for (const auto& network : networks) names_->addItem(QString::fromStdString(network.name));
  for (const auto& one : damaged) names_->addItem(icon("st-error"), one.name);
  message_->hide();
  openNetwork(first);
}

void DesignPage::openNetwork(const QString& name) {
  if (document_.modified() && session_ != nullptr && !document_.network().name.empty())
    save(); // nothing is lost by looking at another
  // What was drawn stays as it is when one comes back to it.
  for (auto& network : networks_)
    if (network.name == document_.network().name && !network.name.empty()) network = document_.network();
  const auto* unread = damaged(name);
  if (unread == nullptr && networks_.empty() && !damaged_.empty()) unread = &damaged_.front();
  broken_ = unread != nullptr ? unread->name : QString();
  if (unread != nullptr) {
    // Nothing is drawn where it could not be kept.
    names_->setCurrentText(unread->name);
    unreadable_->setWords("st-error", Token::error, QString("“%1” cannot be read").arg(unread->name),
                          QString::fromStdString(unread->error.message()) +
                              " The file stays as it is; nothing is written over it.");
    document_.open({});
  } else if (!networks_.empty()) {
    const auto found = std::find_if(networks_.begin(), networks_.end(),
                                    [&](const Network& one) { return one.name == name.toStdString(); });
    const Network& chosen = found != networks_.end() ? *found : networks_.front();
    names_->setCurrentText(QString::fromStdString(chosen.name));
    document_.open(chosen);
  } else {
    document_.open({});
  }
  document_.setReadOnly(
      unread != nullptr ? QString("“%1” cannot be read and stays as it is").arg(unread->name) : QString());
  setView(View(views_->current()));
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
  if (!broken_.isEmpty())
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
      QString("·  %1 nodes  ·  %2 multiply-adds  ·  %3 of activations a sample")
          .arg(document_.network().nodes.size())
          .arg(QString::fromStdString(formatCountShort(analysis.multiplyAdds)),
               QString::fromStdString(formatBytes(std::uint64_t(analysis.activationElements) * 4))));
  const QString name = QString::fromStdString(document_.network().name);
  setDocument(!broken_.isEmpty() ? broken_ : document_.modified() ? name + " *" : name);
}

// The session has what is drawn at each moment, so that no other page works with an older network.
void DesignPage::draw() {
  if (session_ != nullptr) session_->draw(document_.network(), document_.modified());
}

void DesignPage::save() {
  if (session_ == nullptr || document_.network().name.empty()) return;
  recovered_.reset();
  message_->hide();
  draw();
  session_->saveNetwork(QString::fromStdString(document_.network().name));
}

void DesignPage::run() {
  if (session_ == nullptr || !document_.analysis().runnable()) return;
  draw();
  session_->startRun(QString::fromStdString(document_.network().name));
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
  if (document_.perform(inOneStep(document_.network(), "Add " + wanted, steps))) canvas_->goTo(added);
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
    session_->bridge().exportTorch(document_.network(), folder, run);
  });
  dialog->open();
}

QString DesignPage::offerWords() const {
  return QString("“%1” has edits that were not saved when Neuroloom last ended.")
      .arg(QString::fromStdString(recovered_->name));
}

// An offer stays until it is taken, whatever else there is to say.
void DesignPage::offerActions() {
  if (!recovered_) return message_->setAction({}, {});
  message_->setAction("Restore", [this] { restore(); });
  message_->setSecond("Discard", [this] { discard(); });
}

void DesignPage::say(const QString& text, bool error) {
  const QString end = text.endsWith('.') ? " " : ". ";
  message_->setMessage(error || recovered_ ? MessageKind::warn : MessageKind::ok,
                       recovered_ ? text + end + offerWords() : text);
  offerActions();
  message_->show();
}

} // namespace loom
