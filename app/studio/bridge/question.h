// SPDX-License-Identifier: GPL-3.0-or-later
// Questions between threads. A question gets a ticket and a deadline, and its answer is delivered to whoever
// asked, on the GUI thread, exactly once; or never, when the ticket was cancelled, the asking object is gone,
// a later question took its slot, or the project it was asked of is no longer open. Nothing else in the
// program sees that answer.
#pragma once
#include "core/base/result.h"
#include <QHash>
#include <QObject>
#include <QString>
#include <QTimer>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <unordered_map>
#include <utility>

namespace loom {

struct Ticket {
  quint64 number = 0; // 0: none
  bool operator==(const Ticket&) const = default;
};

// The answer of a question whose only result is that it was carried out.
struct Done {};

// What a question belongs to.
enum class Scope {
  machine, // no project
  project, // the open project: the answer is dropped when another one is opened or it is closed
  inPlace  // the same, and it is refused while the project's folder is not where it was
};

// Static properties of a type of question.
struct QuestionTraits {
  Scope scope;
  std::chrono::seconds limit; // how long an answer may take
  const char* name;           // for the message when it takes longer
};

struct Asking {
  QString slot = {};                  // replaces the same object's earlier question in this slot
  std::chrono::milliseconds limit{0}; // 0: as long as the question's traits allow
};

class QuestionBoard;

// Identifies a question on other threads and carries the answer back. Thread safe.
class ReplyState {
 public:
  ReplyState(QuestionBoard& board, quint64 number) : board_(board), number_(number) {}
  ~ReplyState(); // a question that nobody answered is answered with an Error
  ReplyState(const ReplyState&) = delete;
  ReplyState& operator=(const ReplyState&) = delete;
  std::atomic<bool> dropped{false}; // nobody waits for the answer any more

 private:
  template<class A> friend class Reply;
  QuestionBoard& board_;
  const quint64 number_;
  std::atomic<bool> answered_{false};
};

// Copyable; the first call answers, later ones do nothing. May outlive the question, never the board.
template<class A> class Reply {
 public:
  explicit Reply(std::shared_ptr<ReplyState> state) : state_(std::move(state)) {}
  void operator()(Result<A> answer) const;
  // False: work that only serves the answer can stop. What is to be written is written all the same.
  bool wanted() const { return !state_->dropped; }
  // For runCommand(): valid as long as this Reply.
  const std::atomic<bool>* dropped() const { return &state_->dropped; }

 private:
  std::shared_ptr<ReplyState> state_;
};

// The questions that wait for an answer. GUI thread, except where it says otherwise.
class QuestionBoard : public QObject {
 public:
  using Now = std::function<std::chrono::milliseconds()>; // since any fixed moment
  explicit QuestionBoard(Now now = {});                   // empty: the steady clock
  ~QuestionBoard() override;

  // `project`: number of the open project, 0 for a question that belongs to none. `answered` is called with a
  // Result<A>, never from within put().
  template<class A, class F>
  std::pair<Ticket, Reply<A>> put(QObject* context, quint64 project, const QuestionTraits& traits,
                                  const Asking& how, F answered);
  void cancel(Ticket ticket);
  void dropOtherProjects(quint64 open); // 0: none is open
  void dropAll();
  void checkDeadlines(); // by itself once a second
  qsizetype waiting() const { return qsizetype(pending_.size()); }

 private:
  template<class A> friend class Reply;
  friend class ReplyState;
  struct Receiver {
    virtual ~Receiver() = default;
    virtual void refuse(const Error& error) = 0;
  };
  template<class A> struct TypedReceiver : Receiver {
    std::function<void(Result<A>)> answered;
    void refuse(const Error& error) override { answered(error); }
  };
  struct Pending {
    QObject* context;
    QMetaObject::Connection whenDestroyed;
    QString slot;
    quint64 project;
    std::chrono::milliseconds deadline, limit;
    const char* name;
    std::weak_ptr<ReplyState> state;
    std::unique_ptr<Receiver> receiver;
  };
  std::shared_ptr<ReplyState> add(QObject* context, quint64 project, const QuestionTraits& traits,
                                  const Asking& how, std::unique_ptr<Receiver> receiver);
  std::unique_ptr<Receiver> take(quint64 number); // null: it was dropped
  void drop(quint64 number);
  void unanswered(quint64 number);                       // any thread
  void post(std::function<void()> work);                 // any thread
  template<class Which> void dropWhere(const Which& is); // of (number, Pending)

  Now now_;
  quint64 last_ = 0;
  std::unordered_map<quint64, Pending> pending_;
  QTimer deadlines_;
};

template<class A, class F>
std::pair<Ticket, Reply<A>> QuestionBoard::put(QObject* context, quint64 project,
                                               const QuestionTraits& traits, const Asking& how, F answered) {
  auto receiver = std::make_unique<TypedReceiver<A>>();
  receiver->answered = std::move(answered);
  auto state = add(context, project, traits, how, std::move(receiver));
  return {Ticket{last_}, Reply<A>(std::move(state))};
}

template<class A> void Reply<A>::operator()(Result<A> answer) const {
  if (state_->answered_.exchange(true)) return;
  auto& board = state_->board_;
  auto moved = std::make_shared<Result<A>>(std::move(answer));
  board.post([&board, number = state_->number_, moved] {
    if (auto receiver = board.take(number))
      static_cast<QuestionBoard::TypedReceiver<A>&>(*receiver).answered(std::move(*moved));
  });
}

} // namespace loom
