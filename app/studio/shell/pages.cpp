// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/shell/pages.h"
#include "app/studio/pages/data/data_page.h"
#include "app/studio/pages/design/design_page.h"
#include "app/studio/pages/evaluate/evaluate_page.h"
#include "app/studio/pages/history/history_page.h"
#include "app/studio/pages/settings/settings_page.h"
#include "app/studio/pages/train/train_page.h"
#include "app/studio/pages/welcome/welcome_page.h"

namespace loom {
namespace {

template<class P> auto with(Session* session) {
  return [session](PageContext& context) -> Page* { return new P(context, session); };
}

Page* makeSettings(PageContext& context) { return new SettingsPage(context); }

} // namespace

std::vector<PageRow> pageTable(Session* session) {
  return {
      {PageId::welcome, "welcome", "welcome", "Welcome", "Alt+1", false, false, with<WelcomePage>(session)},
      {PageId::data, "data", "data", "Data", "Alt+2", false, false, with<DataPage>(session)},
      {PageId::design, "design", "design", "Design", "Alt+3", false, true, with<DesignPage>(session)},
      {PageId::train, "train", "train", "Train", "Alt+4", false, true, with<TrainPage>(session)},
      {PageId::evaluate, "evaluate", "evaluate", "Evaluate", "Alt+5", false, true,
       with<EvaluatePage>(session)},
      {PageId::history, "history", "history", "History", "Alt+6", false, true, with<HistoryPage>(session)},
      {PageId::settings, "settings", "settings", "Settings", "Ctrl+,", true, false, &makeSettings},
  };
}

} // namespace loom
