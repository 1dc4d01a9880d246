// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/model/window_project.h"
#include <algorithm>

namespace loom {

WindowProject::WindowProject(ProjectView view)
    : project(std::move(view.project)), damaged(std::move(view.damaged)), writable(view.writable),
      living(view.living), settings(project.defaults) {
  for (auto& network : view.networks) {
    const QString name = QString::fromStdString(network.name);
    networks.push_back({name, std::make_shared<const Network>(std::move(network))});
  }
}

const WindowProject::Drawn* WindowProject::find(const QString& network) const {
  const auto found =
      std::find_if(networks.begin(), networks.end(), [&](const Drawn& one) { return one.name == network; });
  return found == networks.end() ? nullptr : &*found;
}

WindowProject::Drawn* WindowProject::find(const QString& network) {
  return const_cast<Drawn*>(std::as_const(*this).find(network));
}

} // namespace loom
