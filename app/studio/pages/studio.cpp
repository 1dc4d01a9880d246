// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/pages/studio.h"

namespace loom {

Studio::Studio(Settings& settings, std::filesystem::path loomProgram, bool systemDark)
    : bridge_(std::move(loomProgram)), window_(settings, &bridge_, systemDark),
      session_(bridge_, window_.context(), window_.context().parent()) {
  connect(&session_, &Session::projectOpened, this, &Studio::startPages);
  connect(&session_, &Session::projectClosed, this, [this] {
    if (const auto* row = findPage(window_.currentPage()); row != nullptr && row->needsProject)
      window_.show("welcome");
  });
  connect(&window_, &MainWindow::closing, &session_, &Session::leaving);
  connect(&window_.context(), &PageContext::newFromDataRequested, this,
          [this](const QString& fileOrFolder) { window_.show("data", fileOrFolder); });
  connect(&window_.context(), &PageContext::closeProjectRequested, this, [this] {
    Q_EMIT session_.leaving();
    bridge_.closeProject();
  });
  // What no page takes as its own is said above whatever page is shown.
  connect(&session_, &Session::failed, this, [this](const QString& what, const Error& error) {
    if (what == "open" || what == "recovery" || what == "history") window_.tell(error);
  });
  bridge_.devices();
}

void Studio::open(const QString& project) {
  if (!project.isEmpty()) Q_EMIT window_.context().openProjectRequested(project);
}

// Pages are made when a project is there, so that each hears everything from the first answer on.
void Studio::startPages() {
  window_.untell();
  for (const char* page : {"design", "train", "evaluate", "history"}) window_.page(page);
  // A run that goes on from before is what a person wants to see.
  if (session_.project() && session_.project()->living)
    window_.show("train", "live");
  else
    window_.show("design");
}

} // namespace loom
