// SPDX-License-Identifier: Apache-2.0
// Projects that an earlier version of the programs left behind (tests/data/landed: commit b85fe8b) are opened
// in copies: today's `loom` gives the answers that the earlier one gave, also when journals, databases or
// labels were deleted, resumes with the same bits, predicts and evaluates with the same figures and writes
// the same code. The questions and their answers were recorded by that version; make.sh says how.
#include <QCryptographicHash>
#include <QDirIterator>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>
#include <cmath>

namespace {

constexpr int patience = 120'000; // ms; generous, never a measure
constexpr double equalEnough = 1e-12;

struct Answer {
  int exit = -1;
  QByteArray output, errors;
};

class Copy;
Answer ask(const QString& program, const QStringList& arguments, const QString& home) {
  QProcess process;
  auto environment = QProcessEnvironment::systemEnvironment();
  for (const char* name : {"HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"})
    environment.insert(name, home);
  process.setProcessEnvironment(environment);
  process.start(program, arguments);
  if (!process.waitForFinished(patience) || process.exitStatus() != QProcess::NormalExit) {
    process.kill();
    return {-1, process.readAllStandardOutput(),
            process.readAllStandardError() + process.errorString().toUtf8()};
  }
  return {process.exitCode(), process.readAllStandardOutput(), process.readAllStandardError()};
}

QJsonObject objectIn(const QByteArray& text) { return QJsonDocument::fromJson(text).object(); }

QJsonValue lastLine(const QByteArray& output) {
  const QList<QByteArray> lines = output.trimmed().split('\n');
  const auto document = QJsonDocument::fromJson(lines.last());
  return document.isArray() ? QJsonValue(document.array()) : QJsonValue(document.object());
}

// How two answers differ; empty: they do not. A later version may say more: members that only it has are not
// looked at. What was computed now took other times.
// A text of the landed version as this version words it.
QJsonValue reworded(const QJsonValue& value) {
  static const std::pair<QRegularExpression, QString> words[] = {
      {QRegularExpression(R"(it is shorter \((\d+) bytes\) than what was taken in \((\d+)\))"),
       R"(it has \1 bytes, but \2 were taken in before)"},
      {QRegularExpression(R"(the store has (\d+) bytes of it, the journal ends at (\d+))"),
       R"(the history has \1 bytes of it, but the journal ends at \2)"},
      {QRegularExpression(", rows, row (\\d+): the store says"), R"(, table 'run', row \1: the history has)"},
      {QRegularExpression(", settings, row (\\d+): the store says"),
       R"(, table 'setting', row \1: the history has)"},
      {QRegularExpression(", records, row (\\d+): the store says"),
       R"(, table 'event', row \1: the history has)"},
      {QRegularExpression(", series, row (\\d+): the store says"),
       R"(, table 'series', row \1: the history has)"},
      {QRegularExpression("the points from step (\\d+) on are not those of the journals"),
       R"(the points from step \1 on differ from the journals)"},
      {QRegularExpression("the store has (more|fewer) records than the journals"),
       R"(table 'event' has \1 rows than the journals)"},
      {QRegularExpression("the store has (more|fewer) series than the journals"),
       R"(table 'series' has \1 rows than the journals)"},
      {QRegularExpression("its folder is gone"), "its folder is missing"},
      {QRegularExpression("from a copy"), "from a backup"}};
  if (!value.isString()) return value;
  QString text = value.toString();
  for (const auto& [before, now] : words) text.replace(before, now);
  return text;
}

QString difference(const QJsonValue& expected, const QJsonValue& found, bool computed, const QString& place) {
  if (expected.isObject() && found.isObject()) {
    QJsonObject wanted = expected.toObject();
    const QJsonObject given = found.toObject();
    // The landed version's history kept the first number of epochs when a resume raised it: this one's is the
    // number that the run itself has.
    const QString raised = QString::number(wanted.value("epochs").toInt());
    QJsonObject settings = wanted.value("settings").toObject();
    if (settings.value("epochs").isString() && given["settings"].toObject()["epochs"] == raised) {
      settings["epochs"] = raised;
      wanted["settings"] = settings;
    }
    for (auto each = wanted.begin(); each != wanted.end(); ++each) {
      if (computed && (each.key() == "seconds" || each.key() == "train/samples_per_second")) continue;
      if (!given.contains(each.key())) return place + "." + each.key() + " is missing";
      const QString below = difference(each.value(), given[each.key()], computed, place + "." + each.key());
      if (!below.isEmpty()) return below;
    }
    return {};
  }
  if (expected.isArray() && found.isArray()) {
    const QJsonArray wanted = expected.toArray(), given = found.toArray();
    if (wanted.size() != given.size())
      return QString("%1: %2 entries instead of %3").arg(place).arg(given.size()).arg(wanted.size());
    // A point is [step, value, seconds].
    const auto compared =
        computed && place.contains(".points[") ? std::min<qsizetype>(2, wanted.size()) : wanted.size();
    for (qsizetype i = 0; i < compared; ++i) {
      const QString below = difference(wanted[i], given[i], computed, QString("%1[%2]").arg(place).arg(i));
      if (!below.isEmpty()) return below;
    }
    return {};
  }
  const bool close =
      expected.isDouble() && found.isDouble() && computed &&
      std::abs(expected.toDouble() - found.toDouble()) <= equalEnough * std::abs(expected.toDouble());
  if (close || expected == found || reworded(expected) == found) return {};
  const auto text = [](const QJsonValue& value) {
    return QString::fromUtf8(QJsonDocument(QJsonArray{value}).toJson(QJsonDocument::Compact));
  };
  return QString("%1: %2 instead of %3").arg(place, text(found), text(expected));
}

// The archive, unpacked once; nothing writes there.
class Archive {
 public:
  Archive() {
    const auto unpacked =
        ask("tar", {"xzf", LOOM_TEST_DATA "/landed/landed.tar.gz", "-C", dir_.path()}, dir_.path());
    if (unpacked.exit != 0) qFatal("landed.tar.gz cannot be unpacked: %s", unpacked.errors.constData());
    QFile file(dir_.filePath("expected.json"));
    if (!file.open(QIODevice::ReadOnly)) qFatal("expected.json cannot be read");
    recorded_ = objectIn(file.readAll());
  }
  const QJsonObject& recorded() const { return recorded_; }
  QString path() const { return dir_.path(); }

 private:
  QTemporaryDir dir_;
  QJsonObject recorded_;
};

Archive& archive() {
  static Archive one;
  return one;
}

QString folderOf(const QString& project) { return archive().recorded()["folders"][project].toString(); }

void copyInto(const QString& from, const QString& to) {
  QProcess process; // as a person copies: times, empty folders and links stay
  process.start("cp", {"-a", from, to});
  if (!process.waitForFinished(patience) || process.exitCode() != 0)
    qFatal("%s cannot be copied", qPrintable(from));
}

// One project in a folder of its own, with what the state deletes taken away.
class Copy {
 public:
  Copy(const QString& project, const QString& state) {
    QDir(dir_.path()).mkpath("projects");
    copyInto(archive().path() + "/inputs", dir_.path());
    copyInto(archive().path() + "/projects/" + folderOf(project), dir_.filePath("projects"));
    const QDir inside(dir_.filePath("projects/" + folderOf(project)));
    int deleted = 0;
    const auto patterns = archive().recorded()["deleted"][state].toArray();
    for (const auto& pattern : patterns) {
      const auto expression = QRegularExpression(QRegularExpression::wildcardToRegularExpression(
          pattern.toString(), QRegularExpression::DefaultWildcardConversion));
      QStringList found;
      for (QDirIterator each(inside.path(), QDir::AllEntries | QDir::NoDotAndDotDot | QDir::Hidden,
                             QDirIterator::Subdirectories);
           each.hasNext();)
        if (expression.match(inside.relativeFilePath(each.next())).hasMatch()) found << each.filePath();
      for (const QString& one : found)
        deleted += (QFileInfo(one).isDir() ? QDir(one).removeRecursively() : QFile::remove(one)) ? 1 : 0;
    }
    empty_ = !patterns.isEmpty() && deleted == 0;
  }
  QString path() const { return dir_.path(); }
  bool nothingDeleted() const { return empty_; }
  Answer ask(const QStringList& arguments) const {
    QStringList words = arguments;
    for (QString& word : words)
      if (word.startsWith('@')) word.replace(0, 1, dir_.path());
    return ::ask(LOOM_PROGRAM, words, dir_.filePath("home"));
  }

 private:
  QTemporaryDir dir_;
  bool empty_ = false;
};

QString filesDiffer(const QJsonObject& files, const Copy& copy) {
  for (auto each = files.begin(); each != files.end(); ++each) {
    QFile file(copy.path() + each.key().mid(1));
    if (!file.open(QIODevice::ReadOnly)) return each.key() + " is not there";
    const QByteArray bytes = file.readAll();
    const QString wanted = each.value().toString();
    if (each.key().endsWith(".json")) {
      const QString below = difference(objectIn(wanted.toUtf8()), objectIn(bytes), false, each.key());
      if (!below.isEmpty()) return below;
    } else if (each.key().endsWith(".py")
                   ? QString::fromUtf8(bytes) != wanted
                   : QCryptographicHash::hash(bytes, QCryptographicHash::Sha256).toHex() != wanted) {
      return each.key() + " has other bytes";
    }
  }
  return {};
}

// Results are the same to the bit where the same kernels compute them.
bool sameKernels() {
  static const bool same = [] {
    const QJsonObject maker = archive().recorded()["made_by"].toObject();
    QTemporaryDir home;
    QString kernels, oneDnn;
    for (const auto& each :
         objectIn(ask(LOOM_PROGRAM, {"doctor", "--json"}, home.path()).output)["checks"].toArray()) {
      const QString detail = each.toObject()["detail"].toString();
      if (each.toObject()["check"] == "device cpu") kernels = detail.section(": ", -1);
      if (each.toObject()["check"] == "oneDNN") oneDnn = detail.section(',', 0, 0);
    }
    return kernels == maker["kernels"].toString() && oneDnn == maker["oneDNN"].toString();
  }();
  return same;
}

bool fashionIsThere() {
  return QFile::exists("/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz");
}

} // namespace

class TestLanded : public QObject {
  Q_OBJECT
 private slots:
  void answersAreThoseOfTheLandedVersion_data();
  void answersAreThoseOfTheLandedVersion();
  void aDifferenceIsFound();
};

void TestLanded::answersAreThoseOfTheLandedVersion_data() {
  QTest::addColumn<QString>("project");
  QTest::addColumn<QString>("state");
  const QJsonObject recorded = archive().recorded();
  const QStringList states = recorded["deleted"].toObject().keys(),
                    projects = recorded["folders"].toObject().keys();
  QCOMPARE(projects.size(), 6);
  for (const QString& project : projects)
    for (const QString& state : states)
      QTest::addRow("%s, %s", qPrintable(project), qPrintable(state)) << project << state;
}

void TestLanded::answersAreThoseOfTheLandedVersion() {
  QFETCH(QString, project);
  QFETCH(QString, state);
  const Copy copy(project, state);
  int asked = 0;
  for (const auto& each : archive().recorded()["questions"].toArray()) {
    const QJsonObject question = each.toObject();
    if (question["project"] != project || question["state"] != state) continue;
    const bool computed = question["computed"].toBool();
    if (computed && project == "shoes" && !fashionIsThere()) continue;
    QStringList arguments;
    for (const auto& word : question["arguments"].toArray()) arguments << word.toString();
    const QByteArray words = arguments.join(' ').toUtf8();
    const Answer answer = copy.ask(arguments);
    QVERIFY2(answer.exit == question["exit"].toInt(), words + ": " + answer.errors);
    ++asked;
    if (computed && !sameKernels()) continue;
    if (!question["answer"].isNull()) {
      QByteArray output = answer.output;
      const QString differs = difference(
          question["answer"], lastLine(output.replace(copy.path().toUtf8(), "@")), computed, "answer");
      QVERIFY2(differs.isEmpty(), words + ": " + differs.toUtf8());
    }
    const QString differs = filesDiffer(question["files"].toObject(), copy);
    QVERIFY2(differs.isEmpty(), words + ": " + differs.toUtf8());
  }
  if (asked == 0) QSKIP("Nothing was recorded for this state");
  QVERIFY(!copy.nothingDeleted() ||
          (state == "without labels.json" && project == "shoes")); // nobody wrote on it
  if (!sameKernels()) qInfo("Other kernels than those of the recording: computed figures are not compared");
}

// The comparison above notices what it is there for.
void TestLanded::aDifferenceIsFound() {
  const QJsonObject wanted =
      objectIn(R"({"a": [1, {"b": "x", "seconds": 1}], "answer": {"points": [[1, 0.5, 9]]}})");
  QVERIFY(difference(wanted, wanted, false, "").isEmpty());
  const auto differs = [&](const char* found, bool computed) {
    return !difference(wanted, objectIn(found), computed, "").isEmpty();
  };
  QVERIFY(!differs(R"({"more": 1, "a": [1, {"b": "x", "seconds": 1}], "answer": {"points": [[1, 0.5, 9]]}})",
                   false));
  QVERIFY(!differs(R"({"a": [1, {"b": "x", "seconds": 2}], "answer": {"points": [[1, 0.5, 8]]}})", true));
  QVERIFY(differs(R"({"a": [1, {"b": "x", "seconds": 2}], "answer": {"points": [[1, 0.5, 9]]}})", false));
  QVERIFY(differs(R"({"a": [1, {"b": "y", "seconds": 1}], "answer": {"points": [[1, 0.5, 9]]}})", true));
  QVERIFY(differs(R"({"a": [1], "answer": {"points": [[1, 0.5, 9]]}})", true));
  QVERIFY(differs(R"({"a": [1, {"b": "x", "seconds": 1}], "answer": {"points": [[1, 0.25, 9]]}})", true));
  QVERIFY(differs(R"({"a": [1, {"b": "x", "seconds": 1}]})", true));
}

QTEST_GUILESS_MAIN(TestLanded)
#include "tst_landed.moc"
