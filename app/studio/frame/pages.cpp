// SPDX-License-Identifier: GPL-3.0-or-later
// The pages of the window. A new page is one class and one row here.
#include "app/studio/frame/page.h"
#include "app/studio/frame/settings_page.h"
#include "app/studio/frame/welcome_page.h"
#include "app/studio/pages/data/data_page.h"
#include "app/studio/pages/design/design_page.h"
#include "app/studio/pages/evaluate/evaluate_page.h"
#include "app/studio/pages/history/history_page.h"
#include "app/studio/pages/train/train_page.h"

namespace loom {
namespace {

template<class P> Page* make(PageContext& context) { return new P(context); }

} // namespace

const std::vector<PageRow>& pageTable() {
  static const std::vector<PageRow> table = {
      {"welcome", "welcome", "Welcome", "Alt+1", false, false, &make<WelcomePage>},
      {"data", "data", "Data", "Alt+2", false, false, &make<DataPage>},
      {"design", "design", "Design", "Alt+3", false, true, &make<DesignPage>},
      {"train", "train", "Train", "Alt+4", false, true, &make<TrainPage>},
      {"evaluate", "evaluate", "Evaluate", "Alt+5", false, true, &make<EvaluatePage>},
      {"history", "history", "History", "Alt+6", false, true, &make<HistoryPage>},
      {"settings", "settings", "Settings", "Ctrl+,", true, false, &make<SettingsPage>},
  };
  return table;
}

} // namespace loom
