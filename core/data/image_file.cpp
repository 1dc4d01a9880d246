// SPDX-License-Identifier: Apache-2.0
#include "core/data/image_file.h"
#include "core/base/format.h"
#include "core/data/source_file.h"
#include <algorithm>
#ifdef NEUROLOOM_IMAGES
#include <memory>
#include <png.h>
#include <turbojpeg.h>
#endif

namespace loom {

namespace fs = std::filesystem;

PictureKind pictureKind(std::string_view bytes) {
  if (bytes.starts_with("\x89PNG\r\n\x1a\n")) return PictureKind::png;
  if (bytes.starts_with("\xFF\xD8\xFF")) return PictureKind::jpeg;
  return PictureKind::none;
}

bool hasPictureSuffix(const fs::path& file) {
  std::string suffix = file.extension().string();
  for (char& c : suffix)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return suffix == ".png" || suffix == ".jpg" || suffix == ".jpeg";
}

#ifdef NEUROLOOM_IMAGES

namespace {

Error damaged(const fs::path& file, std::string_view format, const char* reason) {
  return inputError(file, say("The {} image is damaged ({})", format, foreign(reason)),
                    say("Get the file again, or remove it from the folder"));
}

Status checkSize(const fs::path& file, std::int64_t width, std::int64_t height) {
  if (width >= 1 && height >= 1 && width <= maxPicturePixels / height) return {};
  return inputError(file,
                    say("The image is {} pixels; at most {} million are read", formatShape({width, height}),
                        Count{maxPicturePixels / 1'000'000}),
                    say("Make the image smaller"));
}

Picture planes(const std::vector<std::uint8_t>& mixed, std::int64_t channels, std::int64_t height,
               std::int64_t width) {
  Picture picture{channels, height, width, {}};
  picture.pixels.resize(mixed.size());
  const auto plane = static_cast<std::size_t>(height * width), count = static_cast<std::size_t>(channels);
  for (std::size_t i = 0; i < plane; ++i)
    for (std::size_t c = 0; c < count; ++c) picture.pixels[c * plane + i] = mixed[i * count + c];
  return picture;
}

Result<Picture> decodePng(std::string_view bytes, const fs::path& file, std::int64_t channels,
                          bool headOnly) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  const std::unique_ptr<png_image, decltype(&png_image_free)> release(&image, png_image_free);
  if (!png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()))
    return damaged(file, "PNG", image.message);
  if (Status status = checkSize(file, image.width, image.height); !status) return status.error();
  if (channels == 0) channels = image.format & PNG_FORMAT_FLAG_COLOR ? 3 : 1;
  image.format = channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  const std::int64_t width = image.width, height = image.height;
  if (headOnly) return Picture{channels, height, width, {}};
  std::vector<std::uint8_t> mixed(static_cast<std::size_t>(channels * width * height));
  const png_color white{255, 255, 255};
  if (!png_image_finish_read(&image, &white, mixed.data(), 0, nullptr))
    return damaged(file, "PNG", image.message);
  return planes(mixed, channels, height, width);
}

Result<Picture> decodeJpeg(std::string_view bytes, const fs::path& file, std::int64_t channels,
                           bool headOnly) {
  const std::unique_ptr<void, int (*)(tjhandle)> decoder(tjInitDecompress(), tjDestroy);
  if (!decoder)
    return Error{ErrorKind::memory, file.string(), say("No memory to read the image"),
                 say("Close other programs")};
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  int width = 0, height = 0, sampling = 0, colours = 0;
  if (tjDecompressHeader3(decoder.get(), data, bytes.size(), &width, &height, &sampling, &colours) != 0)
    return damaged(file, "JPEG", tjGetErrorStr2(decoder.get()));
  if (Status status = checkSize(file, width, height); !status) return status.error();
  if (channels == 0) channels = colours == TJCS_GRAY ? 1 : 3;
  if (headOnly) return Picture{channels, height, width, {}};
  std::vector<std::uint8_t> mixed(static_cast<std::size_t>(channels * width * height));
  if (tjDecompress2(decoder.get(), data, bytes.size(), mixed.data(), width, 0, height,
                    channels == 3 ? TJPF_RGB : TJPF_GRAY, TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS) != 0) {
    const std::string reason = tjGetErrorStr2(decoder.get());
    // Warnings about superfluous bytes leave the picture whole; a cut off one does not.
    if (tjGetErrorCode(decoder.get()) == TJERR_FATAL || reason.find("Premature end") != std::string::npos)
      return damaged(file, "JPEG", reason.c_str());
  }
  return planes(mixed, channels, height, width);
}

Result<Picture> decode(std::string_view bytes, const fs::path& file, std::int64_t channels, bool headOnly) {
  switch (pictureKind(bytes)) {
  case PictureKind::png:
    return decodePng(bytes, file, channels, headOnly);
  case PictureKind::jpeg:
    return decodeJpeg(bytes, file, channels, headOnly);
  case PictureKind::none:
    break;
  }
  return inputError(file, bytes.empty() ? say("The file is empty") : say("This is not a PNG or JPEG image"),
                    say("Remove it from the folder, or save it as PNG or JPEG"));
}

} // namespace

#else

static Result<Picture> decode(std::string_view, const fs::path& file, std::int64_t, bool) {
  return Error{ErrorKind::device, file.string(), say("This build of loom reads no PNG or JPEG images"),
               say("Build it with NEUROLOOM_PARTS=all, or turn the images into IDX files")};
}

#endif

Result<Picture> decodePicture(std::string_view bytes, const fs::path& file, std::int64_t channels) {
  return decode(bytes, file, channels, false);
}

Result<Picture> measurePicture(std::string_view bytes, const fs::path& file) {
  return decode(bytes, file, 0, true);
}

namespace {

// For each place of the result: which places of the source count, and how much.
struct Weights {
  std::vector<std::int64_t> first;
  std::vector<std::vector<float>> parts;
};

Weights weightsFor(std::int64_t from, std::int64_t to) {
  Weights weights;
  const double ratio = static_cast<double>(from) / static_cast<double>(to);
  for (std::int64_t i = 0; i < to; ++i) {
    std::vector<float> parts;
    std::int64_t first = 0;
    if (ratio > 1) {
      const double begin = static_cast<double>(i) * ratio, end = begin + ratio;
      first = static_cast<std::int64_t>(begin);
      for (std::int64_t s = first; s < from && static_cast<double>(s) < end; ++s) {
        const double overlap =
            std::min(end, static_cast<double>(s + 1)) - std::max(begin, static_cast<double>(s));
        if (overlap > 0) parts.push_back(static_cast<float>(overlap / ratio));
      }
    } else {
      const double centre =
          std::clamp((static_cast<double>(i) + 0.5) * ratio - 0.5, 0.0, static_cast<double>(from - 1));
      first = std::min(static_cast<std::int64_t>(centre), from - 1);
      const float after = static_cast<float>(centre - static_cast<double>(first));
      parts.push_back(1 - after);
      if (first + 1 < from) parts.push_back(after);
    }
    weights.first.push_back(first);
    weights.parts.push_back(std::move(parts));
  }
  return weights;
}

} // namespace

Picture scaled(const Picture& picture, std::int64_t height, std::int64_t width) {
  if (picture.height == height && picture.width == width) return picture;
  Picture result{picture.channels, height, width, {}};
  const Weights across = weightsFor(picture.width, width), down = weightsFor(picture.height, height);
  std::vector<float> narrow(static_cast<std::size_t>(picture.height * width));
  for (std::int64_t c = 0; c < picture.channels; ++c) {
    const std::uint8_t* row = picture.pixels.data() + c * picture.height * picture.width;
    for (std::int64_t y = 0; y < picture.height; ++y, row += picture.width)
      for (std::int64_t x = 0; x < width; ++x) {
        float sum = 0;
        const std::uint8_t* pixel = row + across.first[static_cast<std::size_t>(x)];
        for (const float part : across.parts[static_cast<std::size_t>(x)])
          sum += part * static_cast<float>(*pixel++);
        narrow[static_cast<std::size_t>(y * width + x)] = sum;
      }
    for (std::int64_t y = 0; y < height; ++y)
      for (std::int64_t x = 0; x < width; ++x) {
        float sum = 0.5f;
        std::int64_t source = down.first[static_cast<std::size_t>(y)];
        for (const float part : down.parts[static_cast<std::size_t>(y)])
          sum += part * narrow[static_cast<std::size_t>(source++ * width + x)];
        result.pixels.push_back(static_cast<std::uint8_t>(std::clamp(sum, 0.0f, 255.0f)));
      }
  }
  return result;
}

} // namespace loom
