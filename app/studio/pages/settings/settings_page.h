// SPDX-License-Identifier: GPL-3.0-or-later
// Every row of the settings table as a line: title and help left, the control right. Changes apply at once
// and can be undone. And every key, read only.
#pragma once
#include "app/studio/frame/page.h"
#include <QHash>

class QLineEdit;
class QListWidget;
class QPushButton;
class QStackedWidget;

namespace loom {

class SettingsPage : public Page {
  Q_OBJECT
 public:
  explicit SettingsPage(PageContext& context);
  void opened(const PageTarget& target) override;
  QWidget* control(const QString& key) const { return controls_.value(key); }

 protected:
  void resizeEvent(QResizeEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  QWidget* buildGroup(const QString& group);
  QWidget* buildKeys();
  QWidget* buildAbout();
  QWidget* buildControl(const SettingRow& row);
  void find(const QString& words);
  QHash<QString, QWidget*> controls_, lines_;
  void measure();
  QList<QWidget*> insides_; // of the groups
  QList<QWidget*> words_;   // of the settings, left of their controls
  QListWidget* groups_;
  QStackedWidget* stack_;
  QPushButton* undo_;
  QLineEdit* search_;
};

} // namespace loom
