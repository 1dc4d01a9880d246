// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/model/reach_bar.h"

namespace loom {

ReachBar::ReachBar(Session* session, QWidget* parent) : MessageBar(MessageKind::error, QString(), parent) {
  setObjectName("runsOutOfReach");
  hide();
  if (session == nullptr) return;
  for (const auto signal : {&Session::reachChanged, &Session::projectOpened, &Session::projectClosed})
    connect(session, signal, this, [this, session] { refresh(*session); });
  refresh(*session);
}

void ReachBar::refresh(const Session& session) {
  const auto& why = session.unreachable();
  if (why) setError(*why);
  setVisible(why.has_value());
}

} // namespace loom
