// SPDX-License-Identifier: Apache-2.0
// IDX files as a data set: images and labels, with a test part of its own where test files are given.
#include "core/base/format.h"
#include "core/data/formats.h"
#include "core/data/idx.h"
#include <algorithm>
#include <set>

namespace loom {

namespace fs = std::filesystem;

namespace {

Result<std::vector<SourceFile>> idxFiles(const DatasetSpec& spec, const fs::path& project) {
  if (spec.trainImages.empty() || spec.trainLabels.empty())
    return inputError(project, "The IDX data set names no training images or no training labels",
                      "Give both files (train-images-idx3-ubyte and train-labels-idx1-ubyte)");
  if (spec.testImages.empty() != spec.testLabels.empty())
    return inputError(project, "Of the test part only one file is named",
                      "Give both test images and test labels, or none");
  std::vector<SourceFile> files{{"train images", resolvePath(project, spec.trainImages)},
                                {"train labels", resolvePath(project, spec.trainLabels)}};
  if (!spec.testImages.empty()) {
    files.push_back({"test images", resolvePath(project, spec.testImages)});
    files.push_back({"test labels", resolvePath(project, spec.testLabels)});
  }
  return files;
}

// {samples, …} as it stands in the file; pictures become {channels, height, width}.
std::vector<std::int64_t> sampleShapeOf(const IdxHeader& header) {
  std::vector<std::int64_t> shape(header.dims.begin() + 1, header.dims.end());
  if (shape.size() == 2) shape.insert(shape.begin(), 1);
  return shape;
}

struct Part {
  IdxFile images, labels;
};

Result<Part> readPart(const SourceFile& imageFile, const SourceFile& labelFile, ContentHash& hash) {
  Part part;
  for (const SourceFile* file : {&imageFile, &labelFile}) {
    auto stored = readSource(file->path, maxSourceBytes, "an IDX file");
    if (!stored) return stored.error();
    addSource(hash, file->role, *stored);
    auto idx = parseIdx(std::move(*stored), file->path);
    if (!idx) return idx.error();
    (file == &imageFile ? part.images : part.labels) = std::move(*idx);
  }
  if (part.images.header.dims.size() < 2)
    return inputError(imageFile.path, "It has one dimension: these are labels, no samples",
                      "Give the file of the images here (its name usually holds 'images')");
  if (part.labels.header.dims.size() != 1)
    return inputError(labelFile.path,
                      "It has " + std::to_string(part.labels.header.dims.size()) +
                          " dimensions; labels have one",
                      "Give the file of the labels here (its name usually holds 'labels')");
  if (part.images.header.dims[0] != part.labels.header.dims[0])
    return inputError(labelFile.path,
                      "It has " + formatCount(part.labels.header.dims[0]) + " labels, " +
                          imageFile.path.filename().string() + " has " +
                          formatCount(part.images.header.dims[0]) + " samples",
                      "Give the two files that belong together");
  return part;
}

Result<Dataset> loadIdx(const DatasetSpec& spec, const fs::path& project) {
  auto files = idxFiles(spec, project);
  if (!files) return files.error();
  ContentHash hash;
  Dataset data;
  int highest = 0;
  std::int64_t promised = 0;
  for (std::size_t f = 0; f + 1 < files->size(); f += 2) promised += promisedElements((*files)[f].path);
  if (Status status = checkMemory(promised, (*files)[0].path); !status) return status.error();
  data.bytes.reserve(static_cast<std::size_t>(promised));
  for (std::size_t f = 0; f + 1 < files->size(); f += 2) {
    const SourceFile& imageFile = (*files)[f];
    const SourceFile& labelFile = (*files)[f + 1];
    auto part = readPart(imageFile, labelFile, hash);
    if (!part) return part.error();
    const auto shape = sampleShapeOf(part->images.header);
    if (f == 0) data.sampleShape = shape;
    if (shape != data.sampleShape)
      return inputError(imageFile.path,
                        "Its samples are " + formatShape(shape) + ", those of the training part " +
                            formatShape(data.sampleShape),
                        "Give the files that belong together");
    const std::int64_t count = part->images.header.dims[0];
    const std::string_view pixels = part->images.numbers();
    const auto* first = reinterpret_cast<const std::uint8_t*>(pixels.data());
    data.bytes.insert(data.bytes.end(), first, first + pixels.size()); // of bytes to bytes: one memcpy
    for (const char c : part->labels.numbers()) {
      const int label = static_cast<unsigned char>(c);
      if (!spec.classNames.empty() && label >= static_cast<int>(spec.classNames.size()))
        return inputError(labelFile.path,
                          "Label " + std::to_string(label) + " has no name; the data set names " +
                              std::to_string(spec.classNames.size()) + " classes",
                          "Add the missing class names, or give the right file");
      highest = std::max(highest, label);
      data.labels.push_back(label);
    }
    data.samples += count;
    if (f > 0) data.fixedTest = count;
  }
  data.classes = spec.classNames;
  for (int label = static_cast<int>(data.classes.size()); label <= highest; ++label)
    data.classes.push_back(std::to_string(label));
  data.contentHash = hash.hex();
  return data;
}

// The files of a set stand side by side: train-images… and train-labels…, t10k-… or test-….
struct FoundSet {
  fs::path trainImages, trainLabels, testImages, testLabels;
};

FoundSet findSet(const fs::path& fileOrFolder) {
  std::error_code code;
  const bool folder = fs::is_directory(fileOrFolder, code);
  std::set<fs::path> names;
  for (fs::directory_iterator entry(folder ? fileOrFolder : fileOrFolder.parent_path(), code), end;
       !code && entry != end; entry.increment(code)) {
    std::string name = entry->path().filename().string();
    if (name.find("idx") != std::string::npos || name.find("ubyte") != std::string::npos)
      names.insert(entry->path());
  }
  FoundSet found;
  for (const fs::path& path : names) {
    const std::string name = path.filename().string();
    const bool test = name.starts_with("t10k") || name.starts_with("test");
    const bool train = name.find("train") != std::string::npos;
    if (!test && !train) continue;
    fs::path* slot = nullptr;
    if (name.find("images") != std::string::npos) slot = test ? &found.testImages : &found.trainImages;
    if (name.find("labels") != std::string::npos) slot = test ? &found.testLabels : &found.trainLabels;
    if (slot && slot->empty() && looksLikeIdx(path)) *slot = path;
  }
  if (!folder && found.trainImages.empty()) {
    // A single pair with other names: the twin has the other word in its place.
    const std::string name = fileOrFolder.filename().string();
    for (const fs::path& path : names) {
      std::string twin = path.filename().string();
      const auto at = twin.find("labels");
      if (at == std::string::npos) continue;
      twin.replace(at, 6, "images");
      const bool sameStem = twin.substr(0, at) == name.substr(0, std::min(at, name.size()));
      if (sameStem && name.find("images") == at && looksLikeIdx(path)) {
        found.trainImages = fileOrFolder;
        found.trainLabels = path;
      }
    }
  }
  return found;
}

bool recognisesIdx(const fs::path& fileOrFolder) {
  std::error_code code;
  if (fs::is_directory(fileOrFolder, code)) {
    const FoundSet found = findSet(fileOrFolder); // half a pair is told as such
    return !found.trainImages.empty() || !found.trainLabels.empty();
  }
  return looksLikeIdx(fileOrFolder);
}

Result<DataReport> inspectIdx(const fs::path& fileOrFolder, const std::string&) {
  const FoundSet found = findSet(fileOrFolder);
  if (found.trainImages.empty() || found.trainLabels.empty())
    return inputError(fileOrFolder, "No pair of IDX files (train-images…, train-labels…) stands here",
                      "Put the images and the labels into one folder, named as MNIST names them");
  DataReport report;
  DatasetSpec& spec = report.proposed;
  spec.format = "idx";
  spec.trainImages = found.trainImages;
  spec.trainLabels = found.trainLabels;
  const bool test = !found.testImages.empty() && !found.testLabels.empty();
  if (test) {
    spec.testImages = found.testImages;
    spec.testLabels = found.testLabels;
  }
  const fs::path folder = found.trainImages.parent_path();
  spec.name = folder.has_filename() ? folder.filename().string() : "IDX";
  auto data = loadIdx(spec, {});
  if (!data) return data.error();
  report.samples = data->samples;
  report.sampleShape = data->sampleShape;
  countClasses(report, *data);
  report.reasons.push_back("Format IDX: " + found.trainImages.filename().string() + " begins with its mark.");
  report.reasons.push_back("Task classification: the label file holds " +
                           std::to_string(data->classes.size()) + " classes.");
  proposeSplit(report, data->samples, data->fixedTest);
  report.reasons.push_back(
      "Normalisation: each channel to mean 0 and deviation 1, fitted on the training part.");
  return report;
}

} // namespace

FormatReader idxFormat() {
  return {{"idx", "Images (IDX)", {".gz", ".idx", "-ubyte"}}, idxFiles, loadIdx, recognisesIdx, inspectIdx};
}

} // namespace loom
