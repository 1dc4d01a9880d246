// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/frame/page_target.h"
#include <array>
#include <utility>

namespace loom {
namespace {

template<PageId page, class T>
constexpr bool lies = std::is_same_v<std::variant_alternative_t<std::size_t(page), PageTarget>, T>;
static_assert(lies<PageId::welcome, to::Welcome> && lies<PageId::data, to::Data> &&
              lies<PageId::design, to::Design> && lies<PageId::train, to::Train> &&
              lies<PageId::evaluate, to::Evaluate> && lies<PageId::history, to::History> &&
              lies<PageId::settings, to::Settings>);

template<std::size_t... index> PageTarget targetAt(std::size_t wanted, std::index_sequence<index...>) {
  const std::array<PageTarget, sizeof...(index)> all = {PageTarget(std::in_place_index<index>)...};
  return all[wanted];
}

} // namespace

PageTarget targetOf(PageId page) {
  return targetAt(std::size_t(page), std::make_index_sequence<std::variant_size_v<PageTarget>>());
}

} // namespace loom
