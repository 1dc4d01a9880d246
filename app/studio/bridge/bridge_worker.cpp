// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/bridge/bridge_worker.h"

namespace loom {

void BridgeWorker::begin() { machine_ = std::make_unique<MachineDesk>(hub_); }

void BridgeWorker::end() {
  machine_.reset();
  hub_.waitForPool();
  open_.reset();
}

void BridgeWorker::take(AnyQuestion& question) {
  std::visit([this](auto& asked) { dispatch(asked); }, question);
}

template<class Q> void BridgeWorker::dispatch(Asked<Q>& asked) {
  if constexpr (Q::traits.scope != Scope::machine) {
    // The window asked it of a project that has been replaced meanwhile, and will drop it as well.
    if (!open_ || open_->number() != asked.project) return;
    if constexpr (Q::traits.scope == Scope::inPlace)
      if (auto good = open_->inPlace(); !good) return asked.reply(good.error());
  }
  answer(asked.question, asked.reply);
}

template<class Q> void BridgeWorker::answer(const Q& question, const Reply<typename Q::Answer>& reply) {
  if constexpr (Q::traits.scope == Scope::machine)
    loom::answer(hub_, question, reply);
  else if constexpr (requires { open_->runs().answer(question, reply); })
    open_->runs().answer(question, reply);
  else if constexpr (requires { open_->data().answer(question, reply); })
    open_->data().answer(question, reply);
  else if constexpr (requires { open_->engine().answer(question, reply); })
    open_->engine().answer(question, reply);
  else if constexpr (requires { open_->recovery().answer(question, reply); })
    open_->recovery().answer(question, reply);
  else
    open_->answer(question, reply);
}

void BridgeWorker::answer(const OpenFolder& question, const Reply<Done>& reply) {
  opened(loom::openProject(question.folder.toStdString()), reply);
}

void BridgeWorker::answer(const CreateFromTemplate& question, const Reply<Done>& reply) {
  opened(loom::createFromTemplate(question.folder.toStdString(), question.templateId.toStdString()), reply);
}

void BridgeWorker::answer(const CreateFromSpec& question, const Reply<Done>& reply) {
  opened(loom::createFromSpec(question.folder.toStdString(), question.spec), reply);
}

void BridgeWorker::answer(const CloseProject&, const Reply<Done>& reply) {
  close();
  reply(Done{});
}

void BridgeWorker::opened(Result<Project> project, const Reply<Done>& reply) {
  if (!project) return reply(project.error());
  close(); // first: it may be the same project, and its history has one owner
  auto open = OpenProject::open(hub_, ++lastNumber_, std::move(*project));
  if (!open) return reply(open.error());
  open_ = std::move(*open);
  machine_->setProjectOpen(true);
  hub_.tell([number = lastNumber_, view = open_->view()](Bridge& bridge) { bridge.opened(number, view); });
  open_->begin();
  reply(Done{});
}

void BridgeWorker::close() {
  if (!open_) return;
  open_.reset();
  machine_->setProjectOpen(false);
  hub_.tell([](Bridge& bridge) { bridge.closed(); });
}

} // namespace loom
