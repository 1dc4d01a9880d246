// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/frame/page.h"
#include "app/studio/theme/roles.h"

namespace loom {

PageContext::PageContext(Bridge* bridge, Settings& settings, Actions& actions, QObject* parent)
    : QObject(parent), bridge(bridge), settings(settings), actions(actions) {}

void PageContext::setProject(const QString& name) {
  project_ = name;
  Q_EMIT projectChanged();
  Q_EMIT documentChanged();
}

QString PageContext::documentName() const { return shown_ ? shown_->documentName() : QString(); }

void PageContext::setShown(Page* page) {
  shown_ = page;
  Q_EMIT documentChanged();
}

void PageContext::setStrip(const StripState& state) {
  strip_ = state;
  Q_EMIT stripChanged();
}

void PageContext::setRunLive(bool live) {
  if (live == live_) return;
  live_ = live;
  Q_EMIT runLiveChanged(live);
}

void PageContext::addProvider(QObject* owner, QChar prefix, FindProvider provider) {
  providers_.push_back({owner, prefix, std::move(provider)});
}

QVector<Found> PageContext::find(QChar prefix, const QString& words) const {
  QVector<Found> all;
  for (const Provider& provider : providers_)
    if (provider.owner && (prefix.isNull() || provider.prefix == prefix)) all += provider.find(words);
  return all;
}

Page::Page(PageContext& context, QWidget* parent) : QWidget(parent), context_(context) {
  setGround(this, Ground::surface);
  connect(&context, &PageContext::projectChanged, this, [this] { setDocument({}); });
}

void Page::setDocument(const QString& name) {
  if (name == document_) return;
  document_ = name;
  Q_EMIT context_.documentChanged();
}

const PageRow* findPage(const QString& id) {
  for (const PageRow& row : pageTable())
    if (id == QLatin1String(row.id)) return &row;
  return nullptr;
}

} // namespace loom
