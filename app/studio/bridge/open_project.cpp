// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/bridge/open_project.h"
#include "core/base/file_name.h"
#include "core/interop/torch_code.h"

namespace loom {

Result<std::unique_ptr<OpenProject>> OpenProject::open(Hub& hub, quint64 number, Project project) {
  // Scratch projects and other processes must find it from any folder.
  std::error_code error;
  if (auto whole = std::filesystem::absolute(project.folder, error); !error)
    project.folder = whole.lexically_normal();
  auto store = Store::open(project.folder, Store::Access::automatic);
  if (!store) return store.error();
  return std::make_unique<OpenProject>(hub, number, std::move(project), std::move(*store));
}

OpenProject::OpenProject(Hub& hub, quint64 number, Project project, std::unique_ptr<Store> store)
    : hub_(hub), number_(number), project_(std::move(project)), place_(project_.folder),
      access_(std::make_shared<RunAccess>(project_.folder)),
      runs_(hub, project_.folder, access_, std::move(store), [this] { return inPlace().ok(); }),
      data_(hub, project_, access_), engine_(hub, project_, access_),
      recovery_(
          hub, project_, [this] { return !runs_.ownsHistory(); }, [this] { return inPlace(); }) {
  view_.project = project_;
  view_.writable = std::filesystem::status(project_.folder).permissions() != std::filesystem::perms::none &&
                   runs_.ownsHistory();
  view_.living = access_->sites().anyRunning();
  readNetworks();
}

void OpenProject::readNetworks() {
  for (const auto& name : networkNames(project_)) {
    auto network = loadNetwork(project_, name);
    // One damaged network must not keep the others from opening.
    if (network)
      view_.networks.push_back(std::move(*network));
    else
      view_.damaged.push_back({QString::fromStdString(name), network.error()});
  }
}

void OpenProject::begin() {
  // The one that opens first is reported by the page that shows it.
  for (const auto& one : view_.damaged)
    if (one.name.toStdString() != project_.network)
      hub_.tell([error = one.error](Bridge& bridge) { Q_EMIT bridge.troubled(error); });
  recovery_.begin(view_.networks, view_.damaged);
  view_ = {}; // the window has it
  runs_.begin();
}

Status OpenProject::inPlace() {
  const bool there = place_.inPlace();
  if (there != away_) return there ? Status() : Status(goneError());
  away_ = !there;
  if (there) {
    hub_.tell([](Bridge& bridge) { Q_EMIT bridge.projectFound(); });
    return {};
  }
  const auto now = place_.whereNow();
  std::error_code error;
  QString moved;
  if (now && std::filesystem::exists(*now / "project.json", error))
    moved = QString::fromStdString(now->string());
  else if (std::filesystem::exists(project_.folder / "project.json", error))
    moved = QString::fromStdString(project_.folder.string()); // another folder took its place
  hub_.tell([gone = goneError(), moved](Bridge& bridge) { Q_EMIT bridge.projectGone(gone, moved); });
  return goneError();
}

Error OpenProject::goneError() const {
  const auto now = place_.whereNow();
  return {
      ErrorKind::input, project_.folder.string(),
      now ? say("The project's folder was moved to {}", *now)
          : say("The project's folder is not there any more"),
      say("Nothing is written until it is opened where it is now; unsaved edits are kept and offered there")};
}

void OpenProject::answer(const SaveProject& question, const Reply<Done>& reply) {
  if (auto saved = loom::saveProject(question.project); !saved) return reply(saved.error());
  project_ = question.project;
  reply(Done{});
}

void OpenProject::answer(const ExportTorch& question, const Reply<QStringList>& reply) {
  const auto weights =
      question.run.isEmpty() ? std::filesystem::path() : access_->place(question.run.toStdString());
  if (auto written = exportTorch(*question.network, question.folder.toStdString(), weights); !written)
    return reply(written.error());
  const auto file = [&](const char* extension) {
    return question.folder + "/" + QString::fromStdString(fileNameOf(question.network->name, extension));
  };
  QStringList files{file(".py")};
  if (!question.run.isEmpty()) files << file(".safetensors");
  reply(files);
}

} // namespace loom
