// SPDX-License-Identifier: Apache-2.0
#include "core/run/seal.h"
#include "core/run/sha256.h"

namespace loom {
namespace {

constexpr const char* versionMember = "sealed";
constexpr const char* hashMember = "sha256";
constexpr int sealVersion = 1;

} // namespace

Json sealed(Json object) {
  object.erase(hashMember);
  object[versionMember] = sealVersion;
  // As a reader has it: a text that is not UTF-8 is written with U+FFFD.
  const auto written = parseJson(compactJson(object), hashMember);
  object[hashMember] = sha256(written ? compactJson(*written) : compactJson(object));
  return object;
}

Seal sealOf(const Json& object) {
  if (!object.is_object()) return Seal::broken;
  const bool hasVersion = object.contains(versionMember), hasHash = object.contains(hashMember);
  if (!hasVersion && !hasHash) return Seal::absent;
  if (!hasVersion || !hasHash || object[versionMember] != sealVersion || !object[hashMember].is_string())
    return Seal::broken;
  Json content = object;
  content.erase(hashMember);
  return sha256(compactJson(content)) == object[hashMember].get_ref<const std::string&>() ? Seal::intact
                                                                                          : Seal::broken;
}

} // namespace loom
