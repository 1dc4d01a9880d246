// SPDX-License-Identifier: Apache-2.0
// A folder of images: each sub-folder is a class, files may lie deeper in it. With train/ (and test/) above
// the classes the test part is the one given.
#include "core/base/format.h"
#include "core/base/size.h"
#include "core/data/formats.h"
#include "core/data/image_file.h"
#include <algorithm>
#include <limits>
#include <map>

namespace loom {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t mostFiles = 20'000'000;
constexpr std::size_t mostPictureBytes = std::size_t{1} << 30;
constexpr std::int64_t longestProposed = 64; // pixels; larger images are proposed smaller
constexpr std::size_t mostMeasured = 5'000;

struct ClassFolder {
  std::string name;
  std::vector<fs::path> files; // sorted
};
struct Listing {
  std::vector<ClassFolder> train, test; // classes sorted by name
  std::int64_t skipped = 0;             // files that are no images by their name
};

bool hidden(const fs::path& path) { return path.filename().string().starts_with('.'); }

// A link that leads back to the folder itself or above it is no part of it.
bool leadsBack(const fs::directory_entry& entry, const fs::path& folder) {
  std::error_code code;
  if (!entry.is_symlink(code)) return false;
  const fs::path target = fs::canonical(entry.path(), code), own = fs::canonical(folder, code);
  return !code && std::mismatch(target.begin(), target.end(), own.begin(), own.end()).first == target.end();
}

std::vector<fs::path> subFolders(const fs::path& folder) {
  std::vector<fs::path> folders;
  std::error_code code;
  for (fs::directory_iterator entry(folder, code), end; !code && entry != end; entry.increment(code)) {
    std::error_code unknown; // of this entry alone: a broken link is no folder
    if (entry->is_directory(unknown) && !hidden(entry->path()) && !leadsBack(*entry, folder))
      folders.push_back(entry->path());
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

fs::path namedFolder(const fs::path& folder, const std::vector<std::string_view>& names) {
  for (const fs::path& path : subFolders(folder)) {
    std::string name = path.filename().string();
    for (char& c : name)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (std::find(names.begin(), names.end(), name) != names.end()) return path;
  }
  return {};
}

Result<ClassFolder> listClass(const fs::path& folder, std::int64_t& skipped) {
  ClassFolder result{folder.filename().string(), {}};
  std::error_code code;
  fs::recursive_directory_iterator entry(folder, code), end;
  if (code)
    return inputError(folder, say("The folder cannot be read ({})", foreign(code.message())),
                      say("Check its permissions"));
  for (; !code && entry != end; entry.increment(code)) {
    if (hidden(entry->path())) {
      if (entry->is_directory(code)) entry.disable_recursion_pending();
      continue;
    }
    if (entry->is_directory(code)) continue;
    if (!hasPictureSuffix(entry->path()))
      ++skipped;
    else if (result.files.size() >= mostFiles)
      return inputError(folder, say("There are too many files in it"), say("Take a part of the data"));
    else
      result.files.push_back(entry->path());
  }
  if (code)
    return inputError(folder, say("The folder cannot be read ({})", foreign(code.message())),
                      say("Check its permissions"));
  std::sort(result.files.begin(), result.files.end());
  if (result.files.empty())
    return inputError(folder, say("The class folder contains no PNG or JPEG image"),
                      say("Put images of the class into it, or remove the folder"));
  return result;
}

Result<std::vector<ClassFolder>> listClasses(const fs::path& folder, std::int64_t& skipped) {
  std::vector<ClassFolder> classes;
  for (const fs::path& sub : subFolders(folder)) {
    auto listed = listClass(sub, skipped);
    if (!listed) return listed.error();
    classes.push_back(std::move(*listed));
  }
  return classes;
}

// train/, and with it test/, valid/: the parts. Anything else: the classes themselves.
Result<Listing> listFolder(const fs::path& folder, std::vector<Message>& notes) {
  std::error_code code;
  if (!fs::is_directory(folder, code))
    return inputError(folder, say("There is no such folder"),
                      say("Give the folder that contains one sub-folder for each class"));
  Listing listing;
  const fs::path train = namedFolder(folder, {"train", "training"});
  auto classes = listClasses(train.empty() ? folder : train, listing.skipped);
  if (!classes) return classes.error();
  listing.train = std::move(*classes);
  if (listing.train.size() < 2)
    return inputError(train.empty() ? folder : train,
                      listing.train.empty() ? say("The folder has no sub-folder")
                                            : say("Only one class found. Classification needs at least two"),
                      say("Make one sub-folder with images for each class"));
  if (train.empty()) return listing;
  if (const fs::path test = namedFolder(folder, {"test", "testing"}); !test.empty()) {
    auto tests = listClasses(test, listing.skipped);
    if (!tests) return tests.error();
    listing.test = std::move(*tests);
  }
  if (const fs::path valid = namedFolder(folder, {"val", "valid", "validation"}); !valid.empty())
    notes.push_back(say("The folder '{}' is not used: the validation part is drawn from the training part.",
                        valid.filename()));
  return listing;
}

std::string roleOf(const fs::path& file, const fs::path& folder) {
  return file.lexically_relative(folder).generic_string();
}

class Loader {
 public:
  Loader(const DatasetSpec& spec, fs::path folder)
      : folder_(std::move(folder)), shape_(spec.options.getInts("image_size")) {}

  Result<Dataset> load() {
    auto listing = listFolder(folder_, data_.notes);
    if (!listing) return listing.error();
    std::int64_t files = 0;
    for (const ClassFolder& one : listing->train) {
      data_.classes.push_back(one.name);
      files += static_cast<std::int64_t>(one.files.size());
    }
    for (const ClassFolder& one : listing->test) files += static_cast<std::int64_t>(one.files.size());
    if (Status status = takeShape(listing->train[0].files[0], files); !status) return status.error();
    for (const auto* part : {&listing->train, &listing->test}) {
      const std::int64_t before = data_.samples;
      for (const ClassFolder& one : *part)
        if (Status status = addClass(one); !status) return status.error();
      if (part == &listing->test) data_.fixedTest = data_.samples - before;
    }
    if (rescaled_ > 0)
      data_.notes.push_back(sayCount("{} of {} images was scaled to {}.",
                                     "{} of {} images were scaled to {}.", Count{rescaled_},
                                     Count{data_.samples}, formatShape(shape_)));
    if (listing->skipped > 0)
      data_.notes.push_back(sayCount("{} file that is not an image was skipped.",
                                     "{} files that are not images were skipped.", Count{listing->skipped}));
    data_.contentHash = hash_.hex();
    return std::move(data_);
  }

 private:
  Status takeShape(const fs::path& firstFile, std::int64_t files) {
    if (shape_.empty()) {
      auto bytes = readSource(firstFile, mostPictureBytes, say("Give the path of an image"));
      if (!bytes) return bytes.error();
      auto picture = decodePicture(*bytes, firstFile, 0);
      if (!picture) return picture.error();
      shape_ = {picture->channels, picture->height, picture->width};
    }
    if (shape_.size() != 3 || (shape_[0] != 1 && shape_[0] != 3))
      return inputError(
          folder_,
          say("Images have 1 or 3 channels, a height and a width; {} is asked for", formatShape(shape_)),
          say("Correct the image size"));
    const auto elements = elementCount(shape_);
    const auto bytes = elements ? checkedMultiply(*elements, files) : std::nullopt;
    if (Status status = checkMemory(bytes.value_or(std::numeric_limits<std::int64_t>::max()), folder_);
        !status)
      return status;
    data_.sampleShape = shape_;
    data_.bytes.reserve(static_cast<std::size_t>(*bytes));
    return {};
  }

  Status addClass(const ClassFolder& one) {
    const auto known = std::find(data_.classes.begin(), data_.classes.end(), one.name);
    if (known == data_.classes.end())
      return inputError(folder_,
                        say("The test part has a class '{}' that the training part has not", one.name),
                        say("Add images of it to the training part, or take it out of the test part"));
    const auto label = static_cast<std::int32_t>(known - data_.classes.begin());
    for (const fs::path& file : one.files) {
      auto bytes = readSource(file, mostPictureBytes, say("Give the path of an image"));
      if (!bytes) return bytes.error();
      const std::string role = roleOf(file, folder_);
      addSource(hash_, role, *bytes);
      auto picture = decodePicture(*bytes, file, shape_[0]);
      if (!picture) return picture.error();
      if (picture->height != shape_[1] || picture->width != shape_[2]) {
        picture = scaled(*picture, shape_[1], shape_[2]);
        ++rescaled_;
      }
      data_.bytes.append(picture->pixels);
      data_.labels.push_back(label);
      data_.sampleNames.push_back(role);
      ++data_.samples;
    }
    return {};
  }

  fs::path folder_;
  std::vector<std::int64_t> shape_;
  Dataset data_;
  ContentHash hash_;
  std::int64_t rescaled_ = 0;
};

Result<Dataset> loadImages(const DatasetSpec& spec, const fs::path& project) {
  if (spec.path("folder").empty())
    return inputError(project, say("The image data set names no folder"),
                      say("Give the folder that contains one sub-folder for each class"));
  return Loader(spec, resolvePath(project, spec.path("folder"))).load();
}

// The size that most images have, and colour when any has it; large ones become smaller, so that a first
// network trains in minutes.
Result<std::vector<std::int64_t>> proposeShape(const Listing& listing, std::vector<Message>& reasons) {
  std::vector<const fs::path*> files;
  for (const ClassFolder& one : listing.train)
    for (const fs::path& file : one.files) files.push_back(&file);
  const std::size_t stride = 1 + files.size() / mostMeasured;
  std::map<std::pair<std::int64_t, std::int64_t>, std::int64_t> sizes;
  std::int64_t colour = 0, measured = 0;
  for (std::size_t at = 0; at < files.size(); at += stride) {
    auto bytes = readSource(*files[at], mostPictureBytes, say("Give the path of an image"));
    if (!bytes) return bytes.error();
    auto picture = measurePicture(*bytes, *files[at]);
    if (!picture) return picture.error();
    ++sizes[{picture->height, picture->width}];
    colour += picture->channels == 3;
    ++measured;
  }
  const auto most = std::max_element(sizes.begin(), sizes.end(),
                                     [](const auto& a, const auto& b) { return a.second < b.second; });
  auto [height, width] = most->first;
  const std::string size = formatShape({height, width});
  if (const auto longest = std::max(height, width); longest > longestProposed) {
    height = std::max<std::int64_t>(1, height * longestProposed / longest);
    width = std::max<std::int64_t>(1, width * longestProposed / longest);
  }
  const std::vector<std::int64_t> shape{colour > 0 ? 3 : 1, height, width};
  const std::string proposed = formatShape(shape);
  if (std::max(most->first.first, most->first.second) > longestProposed)
    reasons.push_back(say("Image size {}: {} is scaled down to at most {} pixels, so that training is quick.",
                          proposed, size, longestProposed));
  else if (sizes.size() == 1)
    reasons.push_back(say("Image size {}: that of every image.", proposed));
  else
    reasons.push_back(say("Image size {}: that of most images ({}).", proposed, size));
  reasons.push_back(colour == 0 ? say("Channels: all images are grey.")
                    : colour == measured
                        ? say("Channels: all images have colours.")
                        : say("Channels: some images have colours; grey ones are read as such."));
  return shape;
}

bool recognisesImages(const fs::path& folder) {
  std::error_code code;
  return fs::is_directory(folder, code) && !subFolders(folder).empty();
}

Result<DataReport> inspectImages(const fs::path& folder, const std::string&) {
  DataReport report;
  DatasetSpec& spec = report.proposed;
  spec.format = "images";
  spec.setPath("folder", folder);
  spec.name = folder.has_filename() ? folder.filename().string() : folder.parent_path().filename().string();
  std::vector<Message> notes, sizeReasons;
  auto listing = listFolder(folder, notes);
  if (!listing) return listing.error();
  auto shape = proposeShape(*listing, sizeReasons);
  if (!shape) return shape.error();
  spec.options.set("image_size", *shape);
  auto data = loadImages(spec, {});
  if (!data) return data.error();
  report.samples = data->samples;
  report.sampleShape = data->sampleShape;
  countClasses(report, *data);
  report.reasons.push_back(say("Format images: the folder has a sub-folder for each of {} classes.",
                               Count{static_cast<std::int64_t>(data->classes.size())}));
  report.reasons.insert(report.reasons.end(), sizeReasons.begin(), sizeReasons.end());
  report.reasons.push_back(say("Task classification: the class is the sub-folder."));
  proposeSplit(report, data->samples, data->fixedTest);
  report.reasons.push_back(
      say("Normalisation: each channel to mean 0 and deviation 1, fitted on the training part."));
  report.warnings.insert(report.warnings.end(), data->notes.begin(), data->notes.end());
  return report;
}

} // namespace

FormatReader imagesFormat() {
  Field size = integersField("image_size", "Image size", {}, 1, 1 << 20,
                             "Channels, height and width; empty: those of the first image.");
  size.count = 3;
  FormatReader reader;
  reader.row = {"images",
                "Image folder (PNG, JPEG)",
                {".png", ".jpg", ".jpeg"},
                {{"folder", "Folder"}},
                {size},
                false,
                PathKind::folder};
  reader.load = loadImages;
  reader.recognises = recognisesImages;
  reader.inspect = inspectImages;
  return reader;
}

} // namespace loom
