// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/theme/loom_style.h"
int main(int argc, char** argv) {
  QApplication application(argc, argv);
  loom::LoomStyle::install(application, {});
  return 0;
}
