// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/theme/icons.h"
#include <QDir>
#include <QFile>
#include <QGuiApplication>
#include <QIconEngine>
#include <QPalette>
#include <QSvgRenderer>
#include <cmath>

namespace loom {
namespace {

QString resourceOf(const QString& name) { return QStringLiteral(":/icons/%1.svg").arg(name); }

QPixmap render(QByteArray source, int size, const QColor& colour, double ratio) {
  source.replace("currentColor", colour.name().toLatin1());
  QSvgRenderer renderer(source);
  if (!renderer.isValid()) return {};
  const int pixels = int(std::lround(size * ratio));
  QPixmap pixmap(pixels, pixels);
  pixmap.fill(Qt::transparent);
  QPainter painter(&pixmap);
  renderer.render(&painter, QRectF(0, 0, pixels, pixels));
  painter.end();
  pixmap.setDevicePixelRatio(ratio);
  return pixmap;
}

// Used where no LoomStyle draws (the icon inside a line edit, a native menu): takes the palette's text-2.
class NamedIconEngine : public QIconEngine {
 public:
  explicit NamedIconEngine(QString name) : name_(std::move(name)) {}
  void paint(QPainter* painter, const QRect& area, QIcon::Mode mode, QIcon::State) override {
    const auto group = mode == QIcon::Disabled ? QPalette::Disabled : QPalette::Normal;
    icons_.paint(*painter, area, name_, std::min(area.width(), area.height()),
                 QGuiApplication::palette().color(group, QPalette::PlaceholderText));
  }
  QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override {
    QPixmap pixmap(size);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    paint(&painter, QRect(QPoint(), size), mode, state);
    return pixmap;
  }
  QIconEngine* clone() const override { return new NamedIconEngine(name_); }
  QString iconName() override { return name_; }
  bool isNull() override { return name_.isEmpty(); }

 private:
  QString name_;
  Icons icons_;
};

} // namespace

QPixmap Icons::pixmap(const QString& name, int size, const QColor& colour, double ratio) const {
  const QString key = name + u'/' + QString::number(size) + u'/' + QString::number(colour.rgba(), 16) + u'/' +
                      QString::number(ratio);
  const auto known = made_.constFind(key);
  if (known != made_.constEnd()) return *known;
  auto source = sources_.constFind(name);
  if (source == sources_.constEnd()) {
    QFile file(resourceOf(name));
    source = sources_.insert(name, file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray());
  }
  QPixmap pixmap = source->isEmpty() ? QPixmap() : render(*source, size, colour, ratio);
  made_.insert(key, pixmap);
  return pixmap;
}

void Icons::paint(QPainter& painter, const QRectF& area, const QString& name, int size,
                  const QColor& colour) const {
  const double ratio = painter.device()->devicePixelRatioF();
  const QPixmap pixmap = this->pixmap(name, size, colour, ratio);
  if (pixmap.isNull()) return;
  const auto whole = [ratio](double value) { return std::round(value * ratio) / ratio; };
  painter.drawPixmap(QPointF(whole(area.center().x() - size / 2.0), whole(area.center().y() - size / 2.0)),
                     pixmap);
}

QStringList iconNames() {
  QStringList names;
  for (const QString& file :
       QDir(QStringLiteral(":/icons")).entryList({QStringLiteral("*.svg")}, QDir::Files, QDir::Name))
    names << file.chopped(4);
  return names;
}

QIcon icon(const QString& name) { return name.isEmpty() ? QIcon() : QIcon(new NamedIconEngine(name)); }

} // namespace loom
