// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/model/data_dialog.h"
#include "app/studio/widgets/words.h"
#include <QFileDialog>

namespace loom {

QFileDialog* dataDialog(PathKind kind, QWidget* parent) {
  QStringList labels, patterns;
  for (const DatasetFormat& format : datasetFormats()) {
    if (format.source != kind && format.source != PathKind::either) continue;
    labels << text(format.label);
    for (const auto suffix : format.suffixes) patterns << "*" + text(suffix);
  }
  const bool folder = kind == PathKind::folder;
  auto* dialog =
      new QFileDialog(parent, (folder ? "Choose a folder: " : "Choose a file: ") + labels.join(", "));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(folder ? QFileDialog::Directory : QFileDialog::ExistingFile);
  if (folder)
    dialog->setOption(QFileDialog::ShowDirsOnly);
  else
    dialog->setNameFilters({"Data (" + patterns.join(' ') + ")", "All files (*)"});
  return dialog;
}

} // namespace loom
