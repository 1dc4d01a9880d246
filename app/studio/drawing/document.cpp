// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/drawing/document.h"
#include <algorithm>

namespace loom {

void Document::open(Network network) {
  const bool unplaced = !network.nodes.empty() &&
                        std::all_of(network.nodes.begin(), network.nodes.end(),
                                    [](const auto& entry) { return entry.second.position == Point{}; });
  if (unplaced)
    for (const auto& [id, point] : layout(network, fittingLayout(network, 930, 600)))
      network.nodes[id].position = point;
  history_ = loom::History(std::move(network));
  readOnly_.clear();
  held_.clear();
  analyseNow();
  selection_.clear();
  current_ = 0;
  Q_EMIT reset();
  Q_EMIT selectionChanged();
  Q_EMIT modifiedChanged(false);
}

void Document::setData(std::optional<DataFacts> data) {
  if (data_ == data) return;
  data_ = std::move(data);
  analyseNow();
  Q_EMIT dataChanged();
}

void Document::analyseNow() {
  analysis_ = analyse(network());
  if (data_) addFit(analysis_, network(), *data_);
}

void Document::markSaved() {
  const bool was = modified();
  history_.markClean();
  if (was) Q_EMIT modifiedChanged(false);
}

bool Document::perform(const Result<Edit>& edit) {
  if (!edit) {
    Q_EMIT refused(QString::fromStdString(edit.error().cause.text() +
                                          (edit.error().fix.empty() ? "" : ". " + edit.error().fix.text())));
    return false;
  }
  if (edit->empty()) return true;
  if (refuses(held_) || refuses(readOnly_)) return false;
  const bool was = modified();
  Touched touched;
  if (auto done = history_.perform(*edit, &touched); !done) {
    Q_EMIT refused(QString::fromStdString(done.error().cause.text()));
    return false;
  }
  after(touched, was);
  return true;
}

bool Document::refuses(const QString& reason) {
  if (reason.isEmpty()) return false;
  Q_EMIT refused(reason);
  return true;
}

void Document::undo() {
  if (refuses(held_)) return;
  const bool was = modified();
  Touched touched;
  if (history_.undo(&touched)) after(touched, was);
}

void Document::redo() {
  if (refuses(held_)) return;
  const bool was = modified();
  Touched touched;
  if (history_.redo(&touched)) after(touched, was);
}

bool Document::applyFix(const Diagnostic& diagnostic) { return perform(fixEdit(network(), diagnostic)); }

void Document::layOut(bool oneRow, double viewWidth, double viewHeight) {
  LayoutOptions options = fittingLayout(network(), viewWidth, viewHeight);
  options.oneRow = oneRow;
  options.keepPlaced = false;
  auto edit = moveNodes(network(), layout(network(), options), false);
  if (edit) edit->text = say("Lay out");
  perform(edit);
}

void Document::select(std::set<NodeId> nodes, NodeId current) {
  if (!nodes.contains(current)) current = nodes.empty() ? 0 : *nodes.begin();
  if (nodes == selection_ && current == current_) return;
  selection_ = std::move(nodes);
  current_ = current;
  Q_EMIT selectionChanged();
}

const Diagnostic* Document::diagnosticOf(NodeId node) const {
  const auto& all = analysis_.diagnostics;
  const auto found =
      std::find_if(all.begin(), all.end(), [node](const Diagnostic& one) { return one.node == node; });
  return found == all.end() ? nullptr : &*found;
}

void Document::after(const Touched& touched, bool wasModified) {
  analyseNow();
  std::set<NodeId> kept;
  for (const NodeId id : selection_)
    if (network().node(id) != nullptr) kept.insert(id);
  Q_EMIT changed(touched);
  if (kept != selection_) select(kept, current_);
  if (wasModified != modified()) Q_EMIT modifiedChanged(modified());
}

} // namespace loom
