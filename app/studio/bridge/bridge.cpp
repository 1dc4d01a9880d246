// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/bridge/bridge.h"
#include "app/studio/bridge/bridge_worker.h"
#include <QMetaObject>

namespace loom {

// Every function posts one closure to the worker; nothing here touches a file, a process or a database.
Bridge::Bridge(std::filesystem::path loomProgram, QObject* parent) : QObject(parent) {
  worker_ = std::make_unique<BridgeWorker>(*this, std::move(loomProgram));
  worker_->moveToThread(&thread_);
  thread_.setObjectName("bridge");
  thread_.start();
  QMetaObject::invokeMethod(worker_.get(), [worker = worker_.get()] { worker->begin(); });
}

Bridge::~Bridge() {
  worker_->interrupt();
  QMetaObject::invokeMethod(
      worker_.get(), [worker = worker_.get()] { worker->end(); }, Qt::BlockingQueuedConnection);
  thread_.quit();
  thread_.wait();
}

template<class Work> static void post(BridgeWorker* worker, Work work) {
  QMetaObject::invokeMethod(
      worker, [worker, work = std::move(work)]() mutable { work(*worker); }, Qt::QueuedConnection);
}

void Bridge::openProject(const QString& folder) {
  post(worker_.get(), [folder](BridgeWorker& worker) { worker.openProject(folder); });
}
void Bridge::createFromTemplate(const QString& folder, const QString& templateId) {
  post(worker_.get(), [=](BridgeWorker& worker) { worker.createFromTemplate(folder, templateId); });
}
void Bridge::createFromData(const QString& folder, const QString& data, const QString& target) {
  post(worker_.get(), [=](BridgeWorker& worker) { worker.createFromData(folder, data, target); });
}
void Bridge::createFromSpec(const QString& folder, const DatasetSpec& spec) {
  post(worker_.get(), [=](BridgeWorker& worker) { worker.createFromSpec(folder, spec); });
}
void Bridge::closeProject() {
  post(worker_.get(), [](BridgeWorker& worker) { worker.closeProject(); });
}
void Bridge::saveProject(const Project& project) {
  post(worker_.get(), [project](BridgeWorker& worker) { worker.saveProject(project); });
}
void Bridge::saveNetwork(const Network& network) {
  post(worker_.get(), [network](BridgeWorker& worker) { worker.saveNetwork(network); });
}
void Bridge::saveRecovery(const Network& network) {
  post(worker_.get(), [network](BridgeWorker& worker) { worker.saveRecovery(network); });
}
void Bridge::discardRecovery(const QString& network) {
  post(worker_.get(), [network](BridgeWorker& worker) { worker.discardRecovery(network); });
}
void Bridge::inspectData(const QString& fileOrFolder, const QString& target) {
  post(worker_.get(), [=](BridgeWorker& worker) { worker.inspectData(fileOrFolder, target); });
}
void Bridge::exportTorch(const Network& network, const QString& folder, const QString& run) {
  post(worker_.get(), [=](BridgeWorker& worker) { worker.exportTorch(network, folder, run); });
}
void Bridge::recentProjects() {
  post(worker_.get(), [](BridgeWorker& worker) { worker.recentProjects(); });
}
void Bridge::samples(const QString& run, const QVector<int>& numbers, int size) {
  post(worker_.get(), [=](BridgeWorker& worker) { worker.samples(run, numbers, size); });
}
void Bridge::dataOverview() {
  post(worker_.get(), [](BridgeWorker& worker) { worker.dataOverview(); });
}
void Bridge::dataFacts() {
  post(worker_.get(), [](BridgeWorker& worker) { worker.dataFacts(); });
}
void Bridge::previewData(const DatasetSpec& spec) {
  post(worker_.get(), [spec](BridgeWorker& worker) { worker.previewData(spec); });
}
void Bridge::estimate(const Network& network, const TrainSettings& settings) {
  post(worker_.get(), [=](BridgeWorker& worker) { worker.estimate(network, settings); });
}
void Bridge::evaluate(const QString& run, const QString& split) {
  post(worker_.get(), [=](BridgeWorker& worker) { worker.evaluate(run, split); });
}
void Bridge::readEvaluation(const QString& run, const QString& split) {
  post(worker_.get(), [=](BridgeWorker& worker) { worker.readEvaluation(run, split); });
}
void Bridge::predict(const QString& run, const QStringList& files) {
  post(worker_.get(), [=](BridgeWorker& worker) { worker.predict(run, files); });
}
void Bridge::devices() {
  post(worker_.get(), [](BridgeWorker& worker) { worker.devices(); });
}
void Bridge::start(const TrainRequest& request) {
  post(worker_.get(), [request](BridgeWorker& worker) { worker.start(request); });
}
void Bridge::control(const QString& run, RunControl::Verb verb, double value) {
  post(worker_.get(), [=](BridgeWorker& worker) { worker.control(run, verb, value); });
}
void Bridge::resume(const QString& run, std::int64_t epochs) {
  post(worker_.get(), [=](BridgeWorker& worker) { worker.resume(run, epochs); });
}
quint64 Bridge::series(const QString& run, const QString& key, std::int64_t first, std::int64_t last,
                       int pixels, const QString& slot) {
  const quint64 ticket = nextTicket_++;
  worker_->expect(slot, ticket);
  post(worker_.get(),
       [=](BridgeWorker& worker) { worker.series(ticket, run, key, first, last, pixels, slot); });
  return ticket;
}
void Bridge::events(const QString& run) {
  post(worker_.get(), [run](BridgeWorker& worker) { worker.events(run); });
}
void Bridge::runNetwork(const QString& run) {
  post(worker_.get(), [run](BridgeWorker& worker) { worker.runNetwork(run); });
}
void Bridge::setTags(const QString& run, const QStringList& tags) {
  post(worker_.get(), [=](BridgeWorker& worker) { worker.setTags(run, tags); });
}
void Bridge::setNote(const QString& run, const QString& text) {
  post(worker_.get(), [=](BridgeWorker& worker) { worker.setNote(run, text); });
}
void Bridge::setName(const QString& run, const QString& name) {
  post(worker_.get(), [=](BridgeWorker& worker) { worker.setName(run, name); });
}
void Bridge::setArchived(const QString& run, bool archived) {
  post(worker_.get(), [=](BridgeWorker& worker) { worker.setArchived(run, archived); });
}
void Bridge::rebuildHistory() {
  post(worker_.get(), [](BridgeWorker& worker) { worker.rebuildHistory(); });
}

} // namespace loom
