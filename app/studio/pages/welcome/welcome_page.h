// SPDX-License-Identifier: GPL-3.0-or-later
// Where one begins: recent projects left, six networks that work and the way to one's own data right. Asks
// for what it wants through the PageContext; opens nothing itself.
#pragma once
#include "app/studio/bridge/bridge.h"
#include "app/studio/frame/page.h"
#include "app/studio/pages/welcome/template_card.h"
#include <QHash>

class QScrollArea;
class QGridLayout;
class QPushButton;
class QVBoxLayout;

namespace loom {

class MessageBar;
class Session;
class Text;

// One line of the check of this computer.
struct ComputerFact {
  bool good = true; // else: to know, nothing wrong
  QString fact, note;
};

class WelcomePage : public Page {
  Q_OBJECT
 public:
  WelcomePage(PageContext& context, Session* session); // without one in shots: facts by hand
  void setComputer(const QList<ComputerFact>& facts);  // empty: nothing is said
  void setTemplateFacts(const QHash<QString, TemplateFact>& byId, const QString& whose);
  void setNow(qint64 secondsSince1970); // against which dates are told; shots
  void opened(const PageTarget& target) override;

 protected:
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dropEvent(QDropEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  QWidget* buildLeft();
  QWidget* buildRight();
  void refresh();
  void beginNew(); // says what a new project may begin with
  void arrange();  // by the width of the window and the text size
  void tellComputer();
  QWidget* left_;
  QGridLayout* grid_;
  QVBoxLayout *recent_, *computer_;
  MessageBar* hint_;
  QScrollArea* area_;
  Text *recentHint_, *whose_;
  QPushButton *new_, *firstChoice_;
  QList<TemplateCard*> cards_;
  qint64 now_ = 0;
  MachineLoad known_;
  QStringList gpus_;
  bool asked_ = false; // the devices have been told
};

} // namespace loom
