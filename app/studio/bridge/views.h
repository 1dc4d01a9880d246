// SPDX-License-Identifier: GPL-3.0-or-later
// What the window sees of projects, runs, data and this computer: values that the bridge hands over.
#pragma once
#include "core/data/dataset.h"
#include "core/run/project.h"
#include "core/store/store.h"
#include <QImage>
#include <QPair>
#include <QString>
#include <QStringList>
#include <QVector>
#include <array>
#include <memory>

namespace loom {

struct DamagedNetwork { // its file is there and cannot be read
  QString name;
  Error error;
};

struct ProjectView {
  Project project;
  QVector<Network> networks;
  QVector<DamagedNetwork> damaged;
  bool writable = true;
  bool living = false; // a run of it trains at this moment
};

struct LivingProject {
  QString name, folder;
};

struct BusyProject { // one with runs that train on this computer or wait for it
  QString folder, name;
  QStringList training, waiting; // ids of the runs
};

struct MachineLoad {
  double cpu = 0; // 0..1
  std::uint64_t memoryUsed = 0, memoryTotal = 0;
  int cores = 0;
  // Of the user's trainings on this computer, in all projects.
  int coresInUse = 0, training = 0, waiting = 0;
  QStringList devicesInUse;
  QVector<BusyProject> projects; // of these; those that train first
};

struct DeviceView {
  QString id, name, note;
};

// A live or finished run as the store has it; `waiting` means that it is in the queue, and `waitsFor` why. A
// run that was asked for and whose trainer has written nothing yet is `starting`: its row contains what was
// asked for.
struct RunView {
  RunRow row;
  bool waiting = false, starting = false;
  bool held = false;        // waiting: since before the computer was restarted; the person is asked first
  bool impossible = false;  // waiting: it cannot start as things are
  bool failed = false;      // impossible: its start failed; a person may start it again
  bool unreachable = false; // waiting: for its project, and starts by itself when that can be reached
  QString waitsFor;
  int place = 0;            // in the queue, over all projects, from 1; 0: it does not wait to be started
  std::int64_t queued = 0;  // microseconds since 1970; 0: not in the queue
  std::int64_t version = 0; // another value: its series or events may have grown
  double stepsPerSecond = 0, samplesPerSecond = 0, secondsLeft = -1; // of a living run
};

struct EstimateView { // of `loom estimate --json`
  std::int64_t parameters = 0, multiplyAdds = 0, memoryBytes = 0, largestBatch = 0, steps = 0;
  double secondsPerStep = 0, seconds = 0;
  bool measured = true; // false: computed from the network's size
  QString device;
  int threads = 0;
};

struct PredictionView {
  QString name;                           // of the file
  QVector<QPair<QString, double>> scores; // best first
};

struct SamplePictures {
  QVector<QImage> pictures; // null for a sample that is no picture
  QStringList captions;
};

struct HistoryReport {
  bool good = true;
  QStringList findings;
};

struct DataColumn {
  ColumnReport report;
  QVector<qint64> bars; // its distribution, see TablePreview
};

// A data set as the Data page shows it: what was read, how it is split, the first pictures or rows.
struct DataView {
  enum Part : char { train, validation, test };
  DatasetSpec spec;
  std::int64_t samples = 0, ownTest = 0; // ownTest: samples that the data itself keeps for the test
  std::vector<std::int64_t> sampleShape;
  QByteArray parts;       // a Part for each sample
  QVector<qint32> labels; // classification: one per sample
  QStringList classes, features, notes;
  std::array<qint64, 3> counts{};             // by Part
  QVector<std::array<qint64, 3>> classCounts; // by class and Part
  Normalisation normalisation;
  QVector<QImage> pictures;    // of the first samples; empty for what is no picture
  QVector<DataColumn> columns; // tables, from here on
  QVector<QStringList> cells;  // the first rows; a missing cell is empty
  std::int64_t rows = 0;
  QString separator;
  bool header = false;
};

} // namespace loom
