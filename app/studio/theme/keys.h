// SPDX-License-Identifier: GPL-3.0-or-later
// How keys are written everywhere: "Ctrl Shift Z", without plus signs between, and as parts for key caps.
#pragma once
#include <QStringList>

namespace loom {

QStringList keyParts(const QString& sequence); // of QKeySequence's text: "Ctrl++" is Ctrl and +
QString keyText(const QString& sequence);

} // namespace loom
