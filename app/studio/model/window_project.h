// SPDX-License-Identifier: GPL-3.0-or-later
// What the window knows of the open project, as one value: it is replaced when another project is opened, and
// gone when it is closed. The network that Design shows is in the session's Document and nowhere else; the
// others are here.
#pragma once
#include "app/studio/bridge/questions.h"
#include <QHash>
#include <QSet>
#include <optional>

namespace loom {

// What a person wrote for a run before it exists.
struct RunLabels {
  QString name;
  QStringList tags;
  QString note;
};

struct WindowProject {
  explicit WindowProject(ProjectView view);
  Project project;
  QVector<DamagedNetwork> damaged;
  bool writable = true;
  bool living = false; // a run of it trained when it was opened

  struct Drawn {
    QString name;
    NetworkSnapshot network; // null: the document has it
  };
  QVector<Drawn> networks;     // in the order of their names
  QSet<QString> unsaved;       // networks with edits that are in no file
  QHash<QString, int> writing; // how many times each is being saved now
  const Drawn* find(const QString& network) const;
  Drawn* find(const QString& network);

  QVector<RunView> runs;            // newest first
  std::optional<Error> unreachable; // why the runs cannot be reached
  TrainSettings settings;           // of the next run
  std::optional<DataFacts> facts;
  std::optional<EstimateView> estimate;
  QHash<QString, RunLabels> labels; // by run: to be written as soon as the history knows it
};

} // namespace loom
