// SPDX-License-Identifier: GPL-3.0-or-later
// The device cards of the set-up: what there is, and whether a run would start there at once.
#include "app/studio/model/run_words.h"
#include "app/studio/pages/train/run_setup.h"
#include "app/studio/widgets/choice_card.h"
#include "core/base/format.h"
#include "core/launch/leases.h"
#include <QLayout>
#include <algorithm>

namespace loom {

void RunSetup::showDevices() {
  for (auto* card : deviceCards_) delete card;
  deviceCards_.clear();
  const QString chosen = session_ != nullptr ? text(session_->settings().device) : QString();
  devices_.clear();
  if (session_ != nullptr)
    for (const auto& device : session_->devices())
      if (!device.id.startsWith("reference")) devices_.push_back(device);
  if (devices_.isEmpty()) devices_.push_back({"cpu", "This computer", {}});
  for (const auto& device : devices_) {
    const bool cpu = device.id == "cpu";
    auto* card =
        new ChoiceCard("chip", cpu ? QString("This computer") : device.name,
                       cpu ? device.name.contains("oneDNN") ? device.name : "CPU, oneDNN" : device.note);
    card->setObjectName("device_" + device.id);
    card->setChecked(device.id == chosen || (chosen == "auto" && (cpu || devices_.size() == 1)));
    connect(card, &QAbstractButton::clicked, this, &RunSetup::changed);
    cards_->addWidget(card);
    deviceCards_.push_back(card);
  }
  showNotes();
}

// The load of this computer is older than what this window started since: the larger number counts.
qsizetype RunSetup::runsAhead(const QString& device) const {
  const MachineLoad& load = session_->load();
  const auto underWay = session_->underWay();
  const auto own =
      std::count_if(underWay.begin(), underWay.end(), [](const RunView* view) { return willTrain(*view); });
  const qsizetype all = load.training + load.waiting;
  if (all < own) return own;
  const bool coresFree = load.coresInUse + coresOf(session_->settings().threads) <= load.cores;
  const bool free = load.waiting == 0 && coresFree && !load.devicesInUse.contains(device);
  return free ? 0 : all;
}

void RunSetup::showAhead() {
  const auto& estimate = session_->estimate();
  for (int index = 0; index < deviceCards_.size(); ++index) {
    const qsizetype ahead = runsAhead(devices_[index].id);
    deviceCards_[index]->setFact(estimate ? text(formatDuration(estimate->seconds)) : QString(),
                                 ahead == 0 ? QString("free now") : plural(ahead, "run") + " ahead",
                                 ahead == 0 ? Token::text2 : Token::warn);
  }
}

} // namespace loom
