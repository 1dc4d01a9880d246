// SPDX-License-Identifier: GPL-3.0-or-later
// What the Welcome page is put together from and no other page uses: the sign of the loom, a recent project,
// the place to drop data on, the five words that lead through the work.
#pragma once
#include "app/studio/frame/settings.h"
#include <QAbstractButton>

class QPushButton;

namespace loom {

QString tellDate(qint64 when, qint64 now); // "today 14:28", "yesterday", "19 Nov", "19 Nov 2024"

class Logo : public QWidget {
 public:
  explicit Logo(QWidget* parent = nullptr);

 protected:
  void paintEvent(QPaintEvent* event) override;
};

class RecentRow : public QAbstractButton {
  Q_OBJECT
 public:
  RecentRow(const RecentProject& project, const QString& when, bool newest, QWidget* parent = nullptr);
  QSize sizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  RecentProject project_;
  QString when_;
  bool newest_;
};

class DropField : public QWidget {
  Q_OBJECT
 public:
  explicit DropField(QWidget* parent = nullptr);
  QPushButton* fileButton() const { return file_; }
  QPushButton* folderButton() const { return folder_; }

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  QPushButton *file_, *folder_;
};

class WayThrough : public QWidget {
 public:
  explicit WayThrough(QWidget* parent = nullptr);
};

} // namespace loom
