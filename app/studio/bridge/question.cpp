// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/bridge/question.h"
#include "core/base/message.h"
#include <QMetaObject>
#include <vector>

namespace loom {
namespace {

constexpr std::chrono::milliseconds lookAtDeadlines{1000};

std::chrono::milliseconds steadyNow() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now().time_since_epoch());
}

} // namespace

ReplyState::~ReplyState() {
  if (!answered_) board_.unanswered(number_);
}

QuestionBoard::QuestionBoard(Now now) : now_(now ? std::move(now) : Now(&steadyNow)) {
  deadlines_.setInterval(lookAtDeadlines);
  QObject::connect(&deadlines_, &QTimer::timeout, this, &QuestionBoard::checkDeadlines);
}

QuestionBoard::~QuestionBoard() { dropAll(); }

std::shared_ptr<ReplyState> QuestionBoard::add(QObject* context, quint64 project,
                                               const QuestionTraits& traits, const Asking& how,
                                               std::unique_ptr<Receiver> receiver) {
  if (!how.slot.isEmpty())
    dropWhere([&](quint64, const Pending& one) { return one.context == context && one.slot == how.slot; });
  const quint64 number = ++last_;
  auto state = std::make_shared<ReplyState>(*this, number);
  const std::chrono::milliseconds limit = how.limit.count() > 0 ? how.limit : traits.limit;
  pending_.emplace(
      number,
      Pending{context, QObject::connect(context, &QObject::destroyed, this, [this, number] { drop(number); }),
              how.slot, project, now_() + limit, limit, traits.name, state, std::move(receiver)});
  if (!deadlines_.isActive()) deadlines_.start();
  return state;
}

std::unique_ptr<QuestionBoard::Receiver> QuestionBoard::take(quint64 number) {
  const auto found = pending_.find(number);
  if (found == pending_.end()) return nullptr;
  QObject::disconnect(found->second.whenDestroyed);
  auto receiver = std::move(found->second.receiver);
  pending_.erase(found);
  if (pending_.empty()) deadlines_.stop();
  return receiver;
}

void QuestionBoard::drop(quint64 number) {
  const auto found = pending_.find(number);
  if (found == pending_.end()) return;
  if (const auto state = found->second.state.lock()) state->dropped = true;
  take(number);
}

template<class Which> void QuestionBoard::dropWhere(const Which& is) {
  std::vector<quint64> numbers;
  for (const auto& [number, one] : pending_)
    if (is(number, one)) numbers.push_back(number);
  for (const quint64 number : numbers) drop(number);
}

void QuestionBoard::cancel(Ticket ticket) { drop(ticket.number); }

void QuestionBoard::dropOtherProjects(quint64 open) {
  dropWhere([open](quint64, const Pending& one) { return one.project != 0 && one.project != open; });
}

void QuestionBoard::dropAll() {
  dropWhere([](quint64, const Pending&) { return true; });
}

void QuestionBoard::checkDeadlines() {
  const auto now = now_();
  std::vector<quint64> late;
  for (const auto& [number, one] : pending_)
    if (one.deadline <= now) late.push_back(number);
  for (const quint64 number : late) {
    const auto found = pending_.find(number);
    if (found == pending_.end()) continue; // an answer of another one dropped it
    if (const auto state = found->second.state.lock()) state->dropped = true;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(found->second.limit).count();
    const Error error{ErrorKind::other, found->second.name, say("No answer within {} s", seconds),
                      say("Try again; other work of this computer may have delayed it")};
    if (const auto receiver = take(number)) receiver->refuse(error);
  }
}

void QuestionBoard::unanswered(quint64 number) {
  post([this, number] {
    if (const auto receiver = take(number))
      receiver->refuse({ErrorKind::other, "Neuroloom", say("The question was dropped without an answer"),
                        say("Try again")});
  });
}

void QuestionBoard::post(std::function<void()> work) {
  QMetaObject::invokeMethod(this, std::move(work), Qt::QueuedConnection);
}

} // namespace loom
