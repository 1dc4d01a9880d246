// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/theme/keys.h"

namespace loom {

QStringList keyParts(const QString& sequence) {
  QStringList parts = sequence.split(u'+', Qt::SkipEmptyParts);
  if (sequence.endsWith(u'+')) parts << QStringLiteral("+");
  for (QString& part : parts) {
    if (part == QLatin1String("Return")) part = QStringLiteral("Enter");
    if (part == QLatin1String("-")) part = QStringLiteral("−");
  }
  return parts;
}

QString keyText(const QString& sequence) { return keyParts(sequence).join(u' '); }

} // namespace loom
