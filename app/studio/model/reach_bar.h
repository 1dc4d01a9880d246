// SPDX-License-Identifier: GPL-3.0-or-later
// Why the runs of the open project cannot be reached, above what a page shows of them. Visible only while that
// is so.
#pragma once
#include "app/studio/model/session.h"
#include "app/studio/widgets/message_bar.h"

namespace loom {

class ReachBar : public MessageBar {
  Q_OBJECT
 public:
  explicit ReachBar(Session* session, QWidget* parent = nullptr); // null in shots: never visible

 private:
  void refresh(const Session& session);
};

} // namespace loom
