// SPDX-License-Identifier: GPL-3.0-or-later
// The open drawing: its history of edits, the analysis of what it is now, and which nodes are chosen. Canvas,
// table, code and inspector are views of this one object; they change it through perform() only. GUI thread;
// touches no file.
#pragma once
#include "core/network/layout.h"
#include "core/run/fit.h"
#include <QObject>
#include <QString>
#include <set>

namespace loom {

class Document : public QObject {
  Q_OBJECT

 public:
  explicit Document(QObject* parent = nullptr) : QObject(parent), history_(Network{}) {}

  // What was kept from before, as one edit over what is open: it counts as unsaved and can be undone.
  bool restore(const Network& kept) {
    return perform(replaceAll(network(), kept, say("Restore unsaved edits")));
  }
  void open(Network network); // forgets the history; lays out what has no position
  const Network& network() const { return history_.network(); }
  const Analysis& analysis() const { return analysis_; }
  bool modified() const { return !history_.clean(); }
  // What the drawing must fit; nothing: not known yet, and nothing is said about it.
  void setData(std::optional<DataFacts> data);
  void markSaved();

  // Edits are refused with this reason; empty: they are not. Holds until another network is opened.
  void setReadOnly(const QString& reason) { readOnly_ = reason; }
  // The same for edits, undo and redo while what happens to the drawing is being decided elsewhere.
  void hold(const QString& reason) { held_ = reason; }
  // Applies the edit; false and `refused` with the reason when it cannot be applied.
  bool perform(const Result<Edit>& edit);
  bool canUndo() const { return history_.canUndo(); }
  bool canRedo() const { return history_.canRedo(); }
  QString undoText() const { return QString::fromStdString(history_.undoText().text()); }
  QString redoText() const { return QString::fromStdString(history_.redoText().text()); }
  void undo();
  void redo();
  bool applyFix(const Diagnostic& diagnostic);
  void layOut(bool oneRow, double viewWidth = 930, double viewHeight = 600); // rows that fit such a view

  const std::set<NodeId>& selection() const { return selection_; }
  NodeId current() const { return current_; } // the last one chosen; 0: none
  void select(std::set<NodeId> nodes, NodeId current);
  // The first diagnostic of a node, errors before warnings; null when it has none.
  const Diagnostic* diagnosticOf(NodeId node) const;

 signals:
  void changed(const loom::Touched& touched); // the network and its analysis
  void dataChanged();                         // the analysis alone: other data is at hand
  void reset();                               // another network was opened
  void selectionChanged();
  void modifiedChanged(bool modified);
  void refused(const QString& reason);

 private:
  void analyseNow();
  bool refuses(const QString& reason);
  void after(const Touched& touched, bool wasModified);
  loom::History history_;
  Analysis analysis_;
  std::optional<DataFacts> data_;
  std::set<NodeId> selection_;
  NodeId current_ = 0;
  QString readOnly_, held_;
};

} // namespace loom
