// SPDX-License-Identifier: GPL-3.0-or-later
// Asks for a file or a folder with samples. What is offered follows the table of dataset formats.
#pragma once
#include "core/data/dataset.h"

class QFileDialog;
class QWidget;

namespace loom {

// Not open yet; deletes itself when it is closed. `kind`: file or folder, as no dialog offers both.
QFileDialog* dataDialog(PathKind kind, QWidget* parent);

} // namespace loom
