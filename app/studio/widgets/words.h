// SPDX-License-Identifier: GPL-3.0-or-later
// Core's text as Qt's.
#pragma once
#include <QString>
#include <string_view>

namespace loom {

inline QString text(std::string_view value) {
  return QString::fromUtf8(value.data(), qsizetype(value.size()));
}

} // namespace loom
