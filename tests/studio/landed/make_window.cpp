// SPDX-License-Identifier: GPL-3.0-or-later
// The window's part of make.sh, compiled against the landed version alone: what a person writes on runs, a
// run that the window starts, settings, recent projects, and drawings that are not saved.
//
//   make_window ROOT    ROOT holds what make_projects.py made; HOME and the XDG folders are set by make.sh.
#include "app/studio/pages/design/design_page.h"
#include "app/studio/pages/train/train_page.h"
#include "core/base/atomic_file.h"
#include "core/base/json.h"
#include "tests/studio/studio_fixture.h"
#include <QLineEdit>

using namespace loom;
using namespace loom::test;

namespace {

QString root;
Json runs; // runs.json: by project and role

QString idOf(const char* project, const char* role) {
  return QString::fromStdString(runs.at(project).at(role).get<std::string>());
}

void must(bool done, const char* what) {
  if (!done) qFatal("%s", what);
}

const RunRow* rowOf(Desk& desk, const QString& run) {
  const auto* view = desk.studio->session().run(run);
  return view != nullptr ? &view->row : nullptr;
}

void open(Desk& desk, const QString& name) {
  const std::filesystem::path folder = (root + "/projects/" + name).toStdString();
  desk.studio->open(QString::fromStdString(folder.string()));
  const auto there = [&] {
    const auto& project = desk.studio->session().project();
    return project && project->project.folder == folder && !desk.studio->session().runs().isEmpty();
  };
  must(QTest::qWaitFor(there, patience), "a project does not open");
}

void write(Desk& desk, const QString& run, const QStringList& tags, const QString& note,
           const QString& name = {}, bool archived = false) {
  Bridge& bridge = desk.studio->bridge();
  if (!tags.isEmpty()) bridge.setTags(run, tags);
  if (!note.isEmpty()) bridge.setNote(run, note);
  if (!name.isEmpty()) bridge.setName(run, name);
  if (archived) bridge.setArchived(run, true);
  const auto written = [&] {
    const RunRow* row = rowOf(desk, run);
    return row != nullptr && (tags.isEmpty() || int(row->tags.size()) == tags.size()) &&
           (note.isEmpty() || row->note == note.toStdString()) &&
           (name.isEmpty() || row->name == name.toStdString()) && row->archived == archived;
  };
  must(QTest::qWaitFor(written, patience), "a label is not written");
}

// Another width of the first Linear, or another place of the first node; nothing is saved.
void drawUnsaved(Desk& desk, std::int64_t width) {
  desk.window().show("design");
  auto& document = desk.page<DesignPage>("design").document();
  for (const auto& [id, node] : document.network().nodes)
    if (node.type == "Linear") {
      document.perform(setParam(document.network(), id, "out_features", width));
      return;
    }
}

QString trained(Desk& desk, const QString& epochs) {
  desk.window().show("train", "setup");
  auto& page = desk.page<TrainPage>("train");
  typeInto(page.findChild<QLineEdit*>("setup_epochs"), epochs);
  QTest::keyClick(&desk.window(), Qt::Key_F5);
  const auto finished = [&] {
    const RunRow* row = rowOf(desk, page.run());
    return row != nullptr && row->state == RunState::finished;
  };
  must(QTest::qWaitFor(finished, patience), "a run does not finish");
  return page.run();
}

} // namespace

int main(int argc, char** argv) {
  QApplication application(argc, argv);
  must(argc == 2, "make_window ROOT");
  root = QString::fromLocal8Bit(argv[1]);
  runs = *readJsonFile((root + "/runs.json").toStdString());
  Desk desk;
  desk.settings.set("look/theme", "dark");
  desk.settings.set("look/text", "14");
  desk.settings.set("look/rows", "32");

  for (const char* name : {"shoes.loom", "rebuilt.loom", "digits.loom"}) open(desk, name);
  write(desk, idOf("digits", "whole"), {"%1 %2", "{} {0}", "100 %"}, "tab\there, \\ and \"quotes\"");

  open(desk, "houses.loom");
  write(desk, idOf("houses", "good"), {"Preise"}, "R² is fine; MAE 47 k€.", "Häuser: the good one");
  write(desk, idOf("houses", "failed"), {}, "The disk was full.", {}, true);

  open(desk, "pictures.loom");
  write(desk, idOf("pictures", "paused"), {"<b>paused</b>", "&amp;", "😀 🧵"},
        "<script>alert(1)</script>\n\nthird line");
  drawUnsaved(desk, 29);

  open(desk, "Blumen größer.loom");
  write(desk, idOf("flowers", "whole"), {"größer", "a b", "'; DROP TABLE tag;--"}, "line one\nline \"two\"",
        QString::fromUtf8("%1 {} “best” <i>run</i> 🧵 \u202Eabc"));
  write(desk, idOf("flowers", "old"), {"old"}, {}, {}, true);
  write(desk, idOf("flowers", "resumed"), {"größer"}, {});
  runs["flowers"]["window"] = trained(desk, "3").toStdString();
  drawUnsaved(desk, 23);
  must(bool(writeFileAtomically((root + "/runs.json").toStdString(), canonicalJson(runs))), "runs.json");
  desk.window().close(); // keeps what is unsaved
  return 0;
}
