// SPDX-License-Identifier: Apache-2.0
// IDX files as a data set: images and labels, with a test part of its own where test files are given.
#include "core/base/format.h"
#include "core/base/parallel.h"
#include "core/data/formats.h"
#include "core/data/idx.h"
#include <algorithm>
#include <cstring>
#include <optional>
#include <set>

namespace loom {

namespace fs = std::filesystem;

namespace {

Result<std::vector<SourceFile>> idxFiles(const DatasetSpec& spec, const fs::path& project) {
  const fs::path images = spec.path("train_images"), labels = spec.path("train_labels");
  const fs::path testImages = spec.path("test_images"), testLabels = spec.path("test_labels");
  if (images.empty() || labels.empty())
    return inputError(project, say("The IDX data set names no training images or no training labels"),
                      say("Give both files (train-images-idx3-ubyte and train-labels-idx1-ubyte)"));
  if (testImages.empty() != testLabels.empty())
    return inputError(project, say("Of the test part only one file is named"),
                      say("Give both test images and test labels, or none"));
  std::vector<SourceFile> files{{"train images", resolvePath(project, images)},
                                {"train labels", resolvePath(project, labels)}};
  if (!testImages.empty()) {
    files.push_back({"test images", resolvePath(project, testImages)});
    files.push_back({"test labels", resolvePath(project, testLabels)});
  }
  return files;
}

// {samples, …} as it stands in the file; pictures become {channels, height, width}.
std::vector<std::int64_t> sampleShapeOf(const IdxHeader& header) {
  std::vector<std::int64_t> shape(header.dims.begin() + 1, header.dims.end());
  if (shape.size() == 2) shape.insert(shape.begin(), 1);
  return shape;
}

struct Source {
  SourceFile file;
  RawBytes bytes;
  IdxHeader header;
  std::string_view stored() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
};

// Images and labels of one part, read as they lie on the disk.
struct Part {
  Source images, labels;
  std::int64_t samples() const { return images.header.dims[0]; }
};

Result<Source> readIdx(const SourceFile& file) {
  auto bytes = readRawSource(file.path, maxSourceBytes, say("Give the path of an IDX file"));
  if (!bytes) return bytes.error();
  Source source{file, std::move(*bytes), {}};
  auto header = idxHeaderOf(source.stored(), file.path);
  if (!header) return header.error();
  source.header = std::move(*header);
  return source;
}

Result<Part> readPart(const SourceFile& imageFile, const SourceFile& labelFile) {
  auto images = readIdx(imageFile);
  if (!images) return images.error();
  auto labels = readIdx(labelFile);
  if (!labels) return labels.error();
  if (images->header.dims.size() < 2)
    return inputError(imageFile.path, say("It has one dimension: these are labels, no samples"),
                      say("Give the file of the images here (its name usually contains 'images')"));
  if (labels->header.dims.size() != 1)
    return inputError(labelFile.path,
                      say("It has {} dimensions; labels have one", labels->header.dims.size()),
                      say("Give the file of the labels here (its name usually contains 'labels')"));
  if (images->header.dims[0] != labels->header.dims[0])
    return inputError(labelFile.path,
                      say("It has {} labels, {} has {} samples", Count{labels->header.dims[0]},
                          imageFile.path.filename().string(), Count{images->header.dims[0]}),
                      say("Give the two files that belong together"));
  return Part{std::move(*images), std::move(*labels)};
}

Result<std::vector<Part>> readParts(const std::vector<SourceFile>& files) {
  std::vector<std::optional<Result<Part>>> read(files.size() / 2);
  inParallel(read.size(), [&](std::size_t p) { read[p] = readPart(files[2 * p], files[2 * p + 1]); });
  std::vector<Part> parts;
  std::int64_t total = 0; // each is below 2^36
  for (auto& part : read) {
    if (!*part) return part->error();
    parts.push_back(std::move(**part));
    const IdxHeader& header = parts.back().images.header;
    const auto shape = sampleShapeOf(header), first = sampleShapeOf(parts.front().images.header);
    if (shape != first)
      return inputError(
          parts.back().images.file.path,
          say("Its samples are {}, those of the training part {}", formatShape(shape), formatShape(first)),
          say("Give the files that belong together"));
    total += header.elements;
  }
  if (Status status = checkMemory(total, files[0].path); !status) return status.error();
  return parts;
}

std::string hashOf(const std::vector<Part>& parts) {
  ContentHash hash;
  for (const Part& part : parts)
    for (const Source* source : {&part.images, &part.labels})
      addSource(hash, source->file.role, source->stored());
  return hash.hex();
}

Status addLabels(const Source& source, const std::vector<std::string>& names, Dataset& data) {
  auto idx = parseIdx(std::string(source.stored()), source.file.path);
  if (!idx) return idx.error();
  for (const char c : idx->numbers()) {
    const int label = static_cast<unsigned char>(c);
    if (!names.empty() && label >= static_cast<int>(names.size()))
      return inputError(source.file.path,
                        say("Label {} has no name; the data set names {} classes", label, names.size()),
                        say("Add the missing class names, or give the right file"));
    data.labels.push_back(label);
  }
  return {};
}

// The training images are unpacked where they stay, their header before them; the test images beside that,
// and then behind them. The hash and the labels take the calling thread. Of several errors that of the first
// file is told.
Status unpackParts(const std::vector<Part>& parts, const DatasetSpec& spec, Dataset& data) {
  std::vector<Status> images(parts.size()), labels(parts.size());
  const std::vector<std::string> names = spec.options.getTexts("class_names");
  std::size_t total = 0;
  for (const Part& part : parts) total += static_cast<std::size_t>(part.images.header.elements);
  data.bytes.makeRoom(parts[0].images.header.headerBytes, total);
  inParallel(parts.size() + 1, [&](std::size_t piece) {
    if (piece == parts.size()) {
      data.contentHash = hashOf(parts);
      for (std::size_t p = 0; p < parts.size(); ++p) labels[p] = addLabels(parts[p].labels, names, data);
      return;
    }
    const Source& source = parts[piece].images;
    const auto bytes = static_cast<std::size_t>(source.header.bytes());
    if (piece == 0) {
      images[0] = unpackIdx(source.stored(), source.header, data.bytes.room().first(bytes), source.file.path);
      return;
    }
    Pixels own;
    own.makeRoom(source.header.headerBytes, static_cast<std::size_t>(source.header.elements));
    images[piece] = unpackIdx(source.stored(), source.header, own.room(), source.file.path);
    if (!images[piece]) return;
    std::memcpy(data.bytes.data() + parts[0].images.header.elements, own.data(), own.size());
  });
  for (std::size_t p = 0; p < parts.size(); ++p) {
    if (!images[p]) return images[p];
    if (!labels[p]) return labels[p];
  }
  return {};
}

Result<Dataset> loadIdx(const DatasetSpec& spec, const fs::path& project) {
  auto files = idxFiles(spec, project);
  if (!files) return files.error();
  auto parts = readParts(*files);
  if (!parts) return parts.error();
  Dataset data;
  data.sampleShape = sampleShapeOf(parts->front().images.header);
  for (const Part& part : *parts) data.samples += part.samples();
  if (parts->size() > 1) data.fixedTest = parts->back().samples();
  data.labels.reserve(static_cast<std::size_t>(data.samples));
  if (Status status = unpackParts(*parts, spec, data); !status) return status.error();
  data.classes = spec.options.getTexts("class_names");
  const int highest = *std::max_element(data.labels.begin(), data.labels.end());
  for (int label = static_cast<int>(data.classes.size()); label <= highest; ++label)
    data.classes.push_back(std::to_string(label));
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
    return inputError(fileOrFolder, say("The pair of IDX files (train-images…, train-labels…) is missing here"),
                      say("Put the images and the labels into one folder, named as MNIST names them"));
  DataReport report;
  DatasetSpec& spec = report.proposed;
  spec.format = "idx";
  spec.setPath("train_images", found.trainImages);
  spec.setPath("train_labels", found.trainLabels);
  const bool test = !found.testImages.empty() && !found.testLabels.empty();
  if (test) {
    spec.setPath("test_images", found.testImages);
    spec.setPath("test_labels", found.testLabels);
  }
  const fs::path folder = found.trainImages.parent_path();
  spec.name = folder.has_filename() ? folder.filename().string() : "IDX";
  auto data = loadIdx(spec, {});
  if (!data) return data.error();
  report.samples = data->samples;
  report.sampleShape = data->sampleShape;
  countClasses(report, *data);
  report.reasons.push_back(say("Format IDX: {} begins with its mark.", found.trainImages.filename()));
  report.reasons.push_back(sayCount("Task classification: the label file contains {} class.",
                                    "Task classification: the label file contains {} classes.",
                                    data->classes.size()));
  proposeSplit(report, data->samples, data->fixedTest);
  report.reasons.push_back(
      say("Normalisation: each channel to mean 0 and deviation 1, fitted on the training part."));
  return report;
}

// From the header of the images and the labels: the images stay packed.
Result<DataFacts> idxFacts(const DatasetSpec& spec, const fs::path& project) {
  auto files = idxFiles(spec, project);
  if (!files) return files.error();
  const fs::path& images = files->front().path;
  auto stored = readSource(images, maxSourceBytes, say("Give the path of an IDX file"));
  if (!stored) return stored.error();
  constexpr std::size_t longestHeader = 20;
  auto start = isGzip(*stored) ? gunzipStart(*stored, longestHeader, images)
                               : Result<std::string>(stored->substr(0, longestHeader));
  if (!start) return start.error();
  auto header = parseIdxHeader(*start, images);
  if (!header) return header.error();
  DataFacts facts;
  facts.sampleShape = sampleShapeOf(*header);
  facts.classes = std::ssize(spec.options.getTexts("class_names"));
  for (std::size_t index = 1; index < files->size(); index += 2) {
    const fs::path& file = (*files)[index].path;
    auto bytes = readSource(file, maxSourceBytes, say("Give the path of an IDX file"));
    if (!bytes) return bytes.error();
    auto labels = parseIdx(std::move(*bytes), file);
    if (!labels) return labels.error();
    for (const char label : labels->numbers())
      facts.classes = std::max(facts.classes, std::int64_t{static_cast<unsigned char>(label)} + 1);
  }
  return facts;
}

} // namespace

FormatReader idxFormat() {
  FormatReader reader;
  reader.row = {"idx",
                "Images (IDX)",
                {".gz", ".idx", "-ubyte"},
                {{"train_images", "Training images"},
                 {"train_labels", "Training labels"},
                 {"test_images", "Test images"},
                 {"test_labels", "Test labels"}},
                {textsField("class_names", "Class names", "Names in the order of the labels.")},
                false,
                PathKind::either};
  reader.load = loadIdx;
  reader.recognises = recognisesIdx;
  reader.inspect = inspectIdx;
  reader.facts = idxFacts;
  return reader;
}

} // namespace loom
