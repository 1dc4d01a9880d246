// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/frame/settings.h"
#include <QStandardPaths>
#include <algorithm>

namespace loom {
namespace {

constexpr int mostRecent = 12;

} // namespace

const std::vector<SettingRow>& settingTable() {
  static const std::vector<SettingRow> table = {
      {"look/theme",
       "Appearance",
       "Theme",
       "Follows the system unless you choose",
       SettingKind::theme,
       "system",
       {{"system", "System"}, {"light", "Light"}, {"dark", "Dark"}}},
      {"look/text",
       "Appearance",
       "Text size",
       "Of menus, tables and nodes",
       SettingKind::segments,
       "13",
       {{"12", "12"}, {"13", "13"}, {"14", "14"}, {"16", "16"}}},
      {"look/rows",
       "Appearance",
       "Row height",
       "Tables and lists",
       SettingKind::segments,
       "28",
       {{"24", "Dense, 24"}, {"28", "Normal, 28"}, {"32", "Roomy, 32"}}},
      {"look/still",
       "Appearance",
       "Movement",
       "Without it the canvas does not glide to a node",
       SettingKind::flag,
       "false",
       {{"true", "Reduce movement"}}},
  };
  return table;
}

const SettingRow* findSetting(const QString& key) {
  for (const SettingRow& row : settingTable())
    if (key == QLatin1String(row.key)) return &row;
  return nullptr;
}

QString Settings::userFile() {
  return QStandardPaths::writableLocation(QStandardPaths::GenericConfigLocation) +
         QStringLiteral("/neuroloom/studio.ini");
}

Settings::Settings(const QString& file, QObject* parent) : QObject(parent) {
  if (!file.isEmpty()) file_ = std::make_unique<QSettings>(file, QSettings::IniFormat);
}

Settings::~Settings() = default;

QVariant Settings::read(const QString& key) const { return file_ ? file_->value(key) : memory_.value(key); }

void Settings::write(const QString& key, const QVariant& value) {
  if (file_)
    file_->setValue(key, value);
  else
    memory_.insert(key, value);
}

QString Settings::value(const QString& key) const {
  const SettingRow* row = findSetting(key);
  if (!row) return {};
  const QString standard = QString::fromLatin1(row->standard), kept = read(key).toString();
  if (row->kind == SettingKind::flag)
    return kept == QLatin1String("true") || kept == QLatin1String("false") ? kept : standard;
  const bool known = std::any_of(row->choices.begin(), row->choices.end(), [&](const SettingChoice& choice) {
    return kept == QLatin1String(choice.value);
  });
  return known ? kept : standard;
}

void Settings::set(const QString& key, const QString& value) {
  const QString before = this->value(key);
  if (before == value || !findSetting(key)) return;
  write(key, value);
  undo_.push_back({key, before});
  Q_EMIT changed(key);
}

void Settings::undo() {
  if (undo_.empty()) return;
  const Change change = undo_.back();
  undo_.pop_back();
  write(change.key, change.before);
  Q_EMIT changed(change.key);
}

LookOptions Settings::look(bool systemDark) const {
  LookOptions options;
  const QString theme = value(QStringLiteral("look/theme"));
  options.dark = theme == QLatin1String("dark") || (theme == QLatin1String("system") && systemDark);
  options.textSize = value(QStringLiteral("look/text")).toInt();
  options.rowHeight = value(QStringLiteral("look/rows")).toInt();
  options.reduceMotion = flag(QStringLiteral("look/still"));
  return options;
}

std::vector<RecentProject> Settings::recent() const {
  std::vector<RecentProject> list;
  for (const QVariant& entry : read(QStringLiteral("recent")).toList()) {
    const QVariantList parts = entry.toList();
    if (parts.size() == 3) list.push_back({parts[0].toString(), parts[1].toString(), parts[2].toLongLong()});
  }
  return list;
}

namespace {
QVariantList packed(const std::vector<RecentProject>& list) {
  QVariantList all;
  for (const RecentProject& project : list)
    all << QVariant(QVariantList{project.name, project.folder, project.opened});
  return all;
}
} // namespace

void Settings::remember(const RecentProject& project) {
  std::vector<RecentProject> list = recent();
  std::erase_if(list, [&](const RecentProject& known) { return known.folder == project.folder; });
  list.insert(list.begin(), project);
  if (list.size() > mostRecent) list.resize(mostRecent);
  write(QStringLiteral("recent"), packed(list));
  Q_EMIT recentChanged();
}

void Settings::forget(const QString& folder) {
  std::vector<RecentProject> list = recent();
  std::erase_if(list, [&](const RecentProject& known) { return known.folder == folder; });
  write(QStringLiteral("recent"), packed(list));
  Q_EMIT recentChanged();
}

QVariant Settings::state(const QString& key) const { return read(QStringLiteral("state/") + key); }
void Settings::setState(const QString& key, const QVariant& value) {
  write(QStringLiteral("state/") + key, value);
}

} // namespace loom
