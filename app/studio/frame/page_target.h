// SPDX-License-Identifier: GPL-3.0-or-later
// The pages of the window, and where on each a person can be taken. The window carries a target to its page;
// only that page looks inside.
#pragma once
#include <QString>
#include <type_traits>
#include <variant>

namespace loom {

enum class PageId { welcome, data, design, train, evaluate, history, settings };

// One type a page; made without anything, the page as it was left.
namespace to {
struct Welcome {
  bool beginNew = false; // says what a new project may begin with
};
struct Data {
  QString from; // a file or folder: begins a project from it
};
struct Design {};
struct Train {
  enum Part { asItWas, setup, newest } part = asItWas;
  QString run = {}; // shows this one, whatever `part` says
};
struct Evaluate {
  QString run;
};
struct History {};
struct Settings {
  QString group;
};
} // namespace to

using PageTarget =
    std::variant<to::Welcome, to::Data, to::Design, to::Train, to::Evaluate, to::History, to::Settings>;
inline PageId pageOf(const PageTarget& target) { return PageId(target.index()); }
PageTarget targetOf(PageId page); // as it was left

} // namespace loom
