// SPDX-License-Identifier: GPL-3.0-or-later
// What a person can set: one row a setting gives the settings page, its default and its place in the file
// (studio.ini in the user's configuration folder). Also remembers what is no setting: recent projects, the
// places of splitters. GUI thread only.
#pragma once
#include "app/studio/theme/look.h"
#include <QHash>
#include <QObject>
#include <QSettings>
#include <QString>
#include <QVariant>
#include <memory>
#include <vector>

namespace loom {

enum class SettingKind { segments, flag, theme };

struct SettingChoice {
  const char* value;
  const char* text;
};

struct SettingRow {
  const char* key;   // "look/theme"
  const char* group; // "Appearance"
  const char* title;
  const char* help;
  SettingKind kind;
  const char* standard;               // as text: "system", "13", "true"
  std::vector<SettingChoice> choices; // of segments and theme; of a flag: the words beside the box
};
const std::vector<SettingRow>& settingTable();
const SettingRow* findSetting(const QString& key);

struct RecentProject {
  QString name, folder;
  qint64 opened = 0; // seconds since 1970
};

class Settings : public QObject {
  Q_OBJECT
 public:
  static QString userFile();                                         // studio.ini
  explicit Settings(const QString& file, QObject* parent = nullptr); // empty: in memory only (tests, shots)
  ~Settings() override;

  QString value(const QString& key) const; // a value that is no choice reads as the standard
  bool flag(const QString& key) const { return value(key) == QLatin1String("true"); }
  void set(const QString& key, const QString& value);
  bool canUndo() const { return !undo_.empty(); }
  void undo();                             // the last set()
  LookOptions look(bool systemDark) const; // what the style wants

  std::vector<RecentProject> recent() const; // newest first, at most 12
  void remember(const RecentProject& project);
  void forget(const QString& folder);

  QVariant state(const QString& key) const; // geometry, splitters: no rows
  void setState(const QString& key, const QVariant& value);

 Q_SIGNALS:
  void changed(const QString& key);
  void recentChanged();

 private:
  struct Change {
    QString key, before;
  };
  QVariant read(const QString& key) const;
  void write(const QString& key, const QVariant& value);
  std::unique_ptr<QSettings> file_; // null: memory only
  QHash<QString, QVariant> memory_;
  std::vector<Change> undo_;
};

} // namespace loom
