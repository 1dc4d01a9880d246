// SPDX-License-Identifier: GPL-3.0-or-later
// neuroloom [PROJECT]: the window. neuroloom --shots DIR [--theme light|dark] [--scale 1|2] [--only NAME]:
// its pictures.
#include "app/studio/shell/studio.h"
#include "app/studio/shots/render.h"
#include "app/studio/shots/shots.h"
#include "app/studio/theme/loom_style.h"
#include <QCommandLineParser>
#include <cstdio>

namespace {

// Qt reads these before QApplication exists, so the arguments are looked at by hand.
void prepareForShots(int argc, char** argv) {
  bool shots = false;
  for (int i = 1; i < argc; ++i) {
    const QByteArrayView word(argv[i]);
    if (word == "--shots" || word == "--render") shots = true;
    if (word == "--scale" && i + 1 < argc) qputenv("QT_SCALE_FACTOR", argv[i + 1]);
  }
  if (shots && qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen");
}

} // namespace

int main(int argc, char** argv) {
  prepareForShots(argc, argv);
  QApplication application(argc, argv);
  QApplication::setApplicationName(QStringLiteral("neuroloom"));
  QApplication::setApplicationDisplayName(QStringLiteral("Neuroloom"));
  QApplication::setApplicationVersion(QStringLiteral(NEUROLOOM_VERSION));
  QApplication::setDesktopFileName(QStringLiteral("neuroloom"));

  QCommandLineParser parser;
  parser.setApplicationDescription(QStringLiteral("Draw, train, follow and review neural networks."));
  parser.addHelpOption();
  parser.addVersionOption();
  parser.addPositionalArgument(QStringLiteral("PROJECT"), QStringLiteral("A project folder to open."),
                               QStringLiteral("[PROJECT]"));
  const QCommandLineOption shots(QStringLiteral("shots"),
                                 QStringLiteral("Writes pictures of every page into <dir>."),
                                 QStringLiteral("dir"));
  const QCommandLineOption theme(
      QStringLiteral("theme"), QStringLiteral("light or dark; both when left out."), QStringLiteral("theme"));
  const QCommandLineOption scale(QStringLiteral("scale"), QStringLiteral("Device pixels of a unit, 1 or 2."),
                                 QStringLiteral("scale"), QStringLiteral("1"));
  const QCommandLineOption only(QStringLiteral("only"),
                                QStringLiteral("Only pictures whose name contains <name>."),
                                QStringLiteral("name"));
  const QCommandLineOption render(QStringLiteral("render"),
                                  QStringLiteral("Writes the charts of PROJECT's RUN into <dir>."),
                                  QStringLiteral("dir"));
  parser.addPositionalArgument(QStringLiteral("RUN"), QStringLiteral("With --render: a run, or last."),
                               QStringLiteral("[RUN]"));
  parser.addOptions({shots, theme, scale, only, render});
  parser.process(application);

  const bool systemDark = QGuiApplication::palette().color(QPalette::Window).lightness() < 128;
  loom::Settings settings(parser.isSet(shots) ? QString() : loom::Settings::userFile());
  loom::LoomStyle::install(application, settings.look(systemDark));

  if (parser.isSet(render)) {
    const QStringList words = parser.positionalArguments();
    if (words.isEmpty()) {
      std::fputs("neuroloom: --render wants a project and a run\n", stderr);
      return int(loom::ErrorKind::usage);
    }
    auto files = loom::renderRun(parser.value(render), words[0], words.value(1, QStringLiteral("last")));
    if (!files) {
      std::fprintf(stderr, "neuroloom: %s\n", files.error().message().c_str());
      return int(files.error().kind);
    }
    for (const QString& file : *files) std::printf("%s\n", qPrintable(file));
    return 0;
  }
  if (parser.isSet(shots)) {
    QList<bool> themes;
    for (const bool dark : {false, true})
      if (!parser.isSet(theme) || (parser.value(theme) == QLatin1String("dark")) == dark) themes << dark;
    loom::ShotRun run(parser.value(shots), themes, parser.value(only));
    int written = 0;
    QObject::connect(&run, &loom::ShotRun::written, &run, [&written](const QString& file) {
      std::printf("%s\n", qPrintable(file));
      std::fflush(stdout);
      ++written;
    });
    QObject::connect(&run, &loom::ShotRun::finished, qApp, &QCoreApplication::quit);
    run.start();
    QApplication::exec();
    return written > 0 ? 0 : 1;
  }

  // The command line lies beside the studio, in a build as where it is installed.
  loom::Studio studio(settings, QCoreApplication::applicationDirPath().toStdString() + "/loom", systemDark);
  studio.open(parser.positionalArguments().value(0));
  studio.window().QWidget::show();
  return QApplication::exec();
}
