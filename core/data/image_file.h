// SPDX-License-Identifier: Apache-2.0
// PNG and JPEG into plain bytes, through libpng and libjpeg-turbo. The kind of file is told by its content,
// its size is checked before anything is unpacked. A build without these libraries says so (kind device).
#pragma once
#include "core/base/result.h"
#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

namespace loom {

struct Picture {
  std::int64_t channels = 1, height = 0, width = 0; // channels 1 (grey) or 3 (red, green, blue)
  std::vector<std::uint8_t> pixels;                 // channels × height × width
};
inline constexpr std::int64_t maxPicturePixels = 100'000'000;

enum class PictureKind { none, png, jpeg };
PictureKind pictureKind(std::string_view bytes);
bool hasPictureSuffix(const std::filesystem::path& file);

// `channels` 0: as many as the picture has; 1 or 3: turned into that. What is transparent becomes white.
Result<Picture> decodePicture(std::string_view bytes, const std::filesystem::path& file,
                              std::int64_t channels);
// The same without pixels: what the file's head says.
Result<Picture> measurePicture(std::string_view bytes, const std::filesystem::path& file);
// Means over the area where it gets smaller, linear between pixels where it gets larger.
Picture scaled(const Picture& picture, std::int64_t height, std::int64_t width);

} // namespace loom
