// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/frame/page.h"
#include "app/studio/theme/roles.h"

namespace loom {

PageContext::PageContext(std::span<const PageRow> pages, Settings& settings, Actions& actions,
                         QObject* parent)
    : QObject(parent), pages(pages), settings(settings), actions(actions) {}

const PageRow* PageContext::findPage(PageId id) const {
  for (const PageRow& row : pages)
    if (row.id == id) return &row;
  return nullptr;
}

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

void PageContext::setDot(PageId page, bool on) {
  if (on == hasDot(page)) return;
  if (on)
    dots_.insert(page);
  else
    dots_.erase(page);
  Q_EMIT dotChanged(page, on);
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
  context.actions.addPage(this);
  connect(&context, &PageContext::projectChanged, this, [this] { setDocument({}); });
}

void Page::setDocument(const QString& name) {
  if (name == document_) return;
  document_ = name;
  Q_EMIT context_.documentChanged();
}

} // namespace loom
