// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/bridge/bridge.h"
#include "app/studio/bridge/bridge_worker.h"
#include <QMetaObject>

namespace loom {

Bridge::Bridge(std::filesystem::path loomProgram, QObject* parent, QuestionBoard::Now now)
    : QObject(parent), questions_(std::move(now)) {
  worker_ = std::make_unique<BridgeWorker>(*this, std::move(loomProgram));
  worker_->moveToThread(&thread_);
  thread_.setObjectName("bridge");
  thread_.start();
  QMetaObject::invokeMethod(worker_.get(), [worker = worker_.get()] { worker->begin(); });
}

Bridge::~Bridge() {
  questions_.dropAll(); // processes that only serve an answer end
  worker_->interrupt();
  QMetaObject::invokeMethod(
      worker_.get(), [worker = worker_.get()] { worker->end(); }, Qt::BlockingQueuedConnection);
  thread_.quit();
  thread_.wait();
  worker_.reset();
}

void Bridge::send(AnyQuestion question) {
  QMetaObject::invokeMethod(
      worker_.get(),
      [worker = worker_.get(), question = std::make_shared<AnyQuestion>(std::move(question))] {
        worker->take(*question);
      },
      Qt::QueuedConnection);
}

void Bridge::setRecentProjects(const QStringList& folders) {
  QMetaObject::invokeMethod(
      worker_.get(), [worker = worker_.get(), folders] { worker->setRecent(folders); }, Qt::QueuedConnection);
}

void Bridge::opened(quint64 number, const ProjectView& view) {
  open_ = number;
  questions_.dropOtherProjects(number);
  Q_EMIT projectOpened(view);
}

void Bridge::closed() {
  open_ = 0;
  questions_.dropOtherProjects(0);
  Q_EMIT projectClosed();
}

Error Bridge::noProject(const char* place) {
  return {ErrorKind::usage, place, say("No project is open"), say("Open one first")};
}

} // namespace loom
