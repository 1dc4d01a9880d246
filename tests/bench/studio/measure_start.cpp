// SPDX-License-Identifier: GPL-3.0-or-later
// A Qt plug-in that measures how a studio starts, without a line in the studio: Qt loads it into any build
// (QT_QPA_GENERIC_PLUGINS=measurestart, QT_PLUGIN_PATH). It prints one JSON line and ends the program:
//
//   {"window_ms", "window_cpu_ms", "page_ms", "page_cpu_ms", "rss_mb", "idle_cpu_ms"}
//
// window: until the first window was painted; page: until a widget of the class MEASURE_PAGE
// (loom::CanvasView) was painted, when that is set. Wall times count from MEASURE_FROM (monotonic
// nanoseconds, the moment before the program was started), CPU times are those of the whole process. rss_mb
// and idle_cpu_ms: memory in use, and CPU time that was used, MEASURE_IDLE_MS later.
#include <QCoreApplication>
#include <QEvent>
#include <QGenericPlugin>
#include <QTimer>
#include <QWidget>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <string>
#include <sys/resource.h>

namespace {

double monotonicMs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return 1e3 * double(now.tv_sec) + 1e-6 * double(now.tv_nsec);
}

double cpuMs() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto ms = [](const timeval& time) { return 1e3 * double(time.tv_sec) + 1e-3 * double(time.tv_usec); };
  return ms(used.ru_utime) + ms(used.ru_stime);
}

double residentMb() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.rfind("VmRSS:", 0) == 0) return std::stod(line.substr(6)) / 1024;
  return 0;
}

class Watch : public QObject {
 public:
  Watch()
      : from_(qEnvironmentVariable("MEASURE_FROM").toDouble() / 1e6), page_(qgetenv("MEASURE_PAGE")),
        idle_(qEnvironmentVariableIntValue("MEASURE_IDLE_MS")) {
    QCoreApplication::instance()->installEventFilter(this);
  }

  bool eventFilter(QObject* object, QEvent* event) override {
    if (event->type() != QEvent::Paint || !object->isWidgetType()) return false;
    auto* widget = static_cast<QWidget*>(object);
    if (windowMs_ < 0 && widget->isWindow()) // painted whole when its events are through
      QTimer::singleShot(0, this, [this] { noted(windowMs_, windowCpuMs_, page_.isEmpty()); });
    if (pageMs_ < 0 && !page_.isEmpty() && page_ == widget->metaObject()->className())
      QTimer::singleShot(0, this, [this] { noted(pageMs_, pageCpuMs_, true); });
    return false;
  }

 private:
  void noted(double& wall, double& cpu, bool last) {
    if (wall >= 0) return;
    wall = monotonicMs() - from_;
    cpu = cpuMs();
    if (!last) return;
    QTimer::singleShot(idle_, this, [this, before = cpu] {
      std::printf("{\"window_ms\": %.2f, \"window_cpu_ms\": %.2f, \"page_ms\": %.2f, \"page_cpu_ms\": %.2f, "
                  "\"rss_mb\": %.2f, "
                  "\"idle_cpu_ms\": %.2f}\n",
                  windowMs_, windowCpuMs_, pageMs_, pageCpuMs_, residentMb(), cpuMs() - before);
      std::fflush(stdout);
      QCoreApplication::quit();
    });
  }
  double from_, windowMs_ = -1, windowCpuMs_ = -1, pageMs_ = -1, pageCpuMs_ = -1;
  QByteArray page_;
  int idle_;
};

} // namespace

class MeasureStart : public QGenericPlugin {
  Q_OBJECT
  Q_PLUGIN_METADATA(IID QGenericPluginFactoryInterface_iid FILE "measure_start.json")
 public:
  QObject* create(const QString&, const QString&) override { return new Watch; }
};

#include "measure_start.moc"
