// SPDX-License-Identifier: Apache-2.0
// A JSON object that contains the SHA-256 of itself: run.json and the manifests, which no other file vouches
// for. Two members are added, so that a damaged name of one of them is noticed too: "sealed" (the version of
// the rule) and "sha256" (of all other members as compactJson() writes them). Files of earlier versions have
// neither.
#pragma once
#include "core/base/json.h"

namespace loom {

enum class Seal { absent, intact, broken };

Json sealed(Json object);
Seal sealOf(const Json& object); // broken also for what is not an object

} // namespace loom
