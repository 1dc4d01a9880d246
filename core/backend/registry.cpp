// SPDX-License-Identifier: Apache-2.0
#include "core/backend/backend.h"
#include "core/backend/onednn/onednn_backend.h"
#include "core/backend/plugin.h"
#include "core/backend/reference/reference_backend.h"

namespace loom {

// In the order in which `loom devices` lists them; "auto" takes the first device that can be used.
std::vector<const Backend*> backends() {
  std::vector<const Backend*> all;
  all.push_back(&onednnBackend());
  if (cudaPlugin().backend) all.push_back(cudaPlugin().backend);
  all.push_back(&referenceBackend());
  all.push_back(&reference64Backend());
  return all;
}

const Backend* findBackend(std::string_view name) {
  for (const Backend* backend : backends())
    if (backend->name() == name) return backend;
  return nullptr;
}

std::vector<Device> allDevices() {
  std::vector<Device> all;
  for (const Backend* backend : backends())
    for (Device& device : backend->devices()) all.push_back(std::move(device));
  if (!cudaPlugin().backend) {
    Device missing;
    missing.id = missing.backend = "cuda";
    missing.name = "NVIDIA GPU";
    missing.note = cudaPlugin().reason;
    missing.usable = false;
    all.push_back(missing);
  }
  return all;
}

Result<Device> chooseDevice(std::string_view id) {
  std::vector<std::string> usable;
  const Place place = say("device {}", id);
  const auto devices = allDevices();
  for (const Device& device : devices) // those that check others are for people who know their names
    if (device.usable && !device.backend.starts_with("reference")) usable.push_back(device.id);
  const Message fix = say("Choose one of: {}", usable);
  for (const Device& device : devices) {
    const bool checksOthers = device.backend.starts_with("reference");
    if (id == "auto" ? device.usable && !checksOthers
                     : device.id == id || (id == device.backend && id == "cuda")) {
      if (device.usable) return device;
      return Error{ErrorKind::device, place, say("It cannot be used: {}", device.note), fix};
    }
  }
  return Error{ErrorKind::device, place, say("There is no such device"), fix};
}

} // namespace loom
