// SPDX-License-Identifier: Apache-2.0
// Image folders, with PNG and JPEG files made here.
#include "core/data/image_file.h"
#include "data_fixture.h"
#include <cstring>
#include <png.h>
#include <turbojpeg.h>

using namespace loom;
using namespace loom::test;

class TestImages : public QObject {
  Q_OBJECT

  static std::string png(int width, int height, int channels, std::uint8_t value) {
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    image.width = static_cast<png_uint_32>(width);
    image.height = static_cast<png_uint_32>(height);
    image.format = channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
    const std::vector<std::uint8_t> pixels(static_cast<std::size_t>(width * height * channels), value);
    png_alloc_size_t size = 0;
    png_image_write_to_memory(&image, nullptr, &size, 0, pixels.data(), 0, nullptr);
    std::string bytes(size, '\0');
    png_image_write_to_memory(&image, bytes.data(), &size, 0, pixels.data(), 0, nullptr);
    bytes.resize(size);
    return bytes;
  }
  static std::string jpeg(int width, int height, std::uint8_t value) {
    const std::vector<std::uint8_t> pixels(static_cast<std::size_t>(width * height * 3), value);
    tjhandle compressor = tjInitCompress();
    unsigned char* out = nullptr;
    unsigned long size = 0;
    tjCompress2(compressor, pixels.data(), width, 0, height, TJPF_RGB, &out, &size, TJSAMP_444, 95, 0);
    std::string bytes(reinterpret_cast<char*>(out), size);
    tjFree(out);
    tjDestroy(compressor);
    return bytes;
  }
  static DatasetSpec specOf(const Folder& folder) {
    DatasetSpec spec;
    spec.format = "images";
    spec.setPath("folder", folder.path("set"));
    return spec;
  }
  static void fillClasses(const Folder& folder, const std::string& above = "set/") {
    for (int i = 0; i < 4; ++i) {
      folder.write(above + "dog/" + std::to_string(i) + ".png",
                   png(6, 4, 1, static_cast<std::uint8_t>(10 * i)));
      folder.write(above + "cat/deep/er/" + std::to_string(i) + ".JPG",
                   jpeg(6, 4, static_cast<std::uint8_t>(200 + i)));
    }
  }

 private slots:
  void folders() {
    Folder folder;
    fillClasses(folder);
    folder.write("set/dog/Thumbs.db", "x");
    folder.write("set/.hidden/x.png", "x");
    const auto data = load(specOf(folder), {});
    QCOMPARE(errorText(data), "");
    QVERIFY(data->classes == (std::vector<std::string>{"cat", "dog"}));
    QCOMPARE(data->samples, 8);
    QVERIFY(data->sampleShape == (std::vector<std::int64_t>{3, 4, 6})); // of the first image, a colour JPEG
    QCOMPARE(data->sampleNames[0], "cat/deep/er/0.JPG");
    QVERIFY(std::abs(data->bytes[0] - 200) <= 1);
    QCOMPARE(int{data->bytes[5 * 72]}, 10);
    QCOMPARE(data->notes.size(), std::size_t{1});
    QCOMPARE(load(specOf(folder), {})->contentHash, data->contentHash);
    folder.write("set/dog/3.png", png(6, 4, 1, 31));
    QVERIFY(load(specOf(folder), {})->contentHash != data->contentHash);
    const auto report = inspect(folder.path("set"), "");
    QCOMPARE(errorText(report), "");
    QCOMPARE(report->proposed.format, "images");
    QCOMPARE(report->classCounts.size(), std::size_t{2});
  }

  void trainAndTest() {
    Folder folder;
    fillClasses(folder, "set/train/");
    folder.write("set/test/cat/9.png", png(3, 3, 1, 9));
    const auto data = load(specOf(folder), {});
    QCOMPARE(errorText(data), "");
    QCOMPARE(data->fixedTest, 1);
    QCOMPARE(data->samples, 9);
    folder.write("set/test/cow/9.png", png(3, 3, 1, 9));
    QCOMPARE(wrongError(load(specOf(folder), {}), "set", "cow"), "");
  }

  void sizes() {
    Folder folder;
    fillClasses(folder);
    DatasetSpec spec = specOf(folder);
    spec.options.set("image_size", std::vector<std::int64_t>{1, 8, 3});
    const auto data = load(spec, {});
    QCOMPARE(errorText(data), "");
    QVERIFY(data->sampleShape == spec.options.getInts("image_size"));
    QCOMPARE(data->bytes.size(), std::size_t{8 * 24});
    QCOMPARE(int{data->bytes[5 * 24]}, 10);
  }

  void scaling() {
    const Picture wide{1, 1, 4, {0, 100, 200, 40}};
    QVERIFY(scaled(wide, 1, 2).pixels == (std::vector<std::uint8_t>{50, 120}));
    const Picture two{1, 1, 2, {0, 100}};
    QVERIFY(scaled(two, 1, 4).pixels == (std::vector<std::uint8_t>{0, 25, 75, 100}));
    const Picture three{1, 3, 1, {30, 60, 90}};
    QVERIFY(scaled(three, 2, 1).pixels == (std::vector<std::uint8_t>{40, 80}));
    QVERIFY(scaled(three, 3, 1).pixels == three.pixels);
  }

  void refusals() {
    Folder folder;
    fillClasses(folder);
    const auto bad = folder.write("set/dog/bad.png", "this is a text, whatever its name says");
    QCOMPARE(wrongError(load(specOf(folder), {}), bad.string(), "not a PNG"), "");
    folder.write("set/dog/bad.png", "");
    QCOMPARE(wrongError(load(specOf(folder), {}), bad.string(), "empty"), "");
    folder.write("set/dog/bad.png", png(40, 40, 3, 77).substr(0, 60));
    QCOMPARE(wrongError(load(specOf(folder), {}), bad.string(), "damaged"), "");
    const std::string whole = jpeg(64, 64, 99);
    folder.write("set/dog/bad.png", whole.substr(0, whole.size() - 40));
    QCOMPARE(wrongError(load(specOf(folder), {}), bad.string(), "damaged"), "");
    std::string huge = png(4, 4, 1, 0);
    const unsigned char wide[] = {0x00, 0x0F, 0x42, 0x40, 0x00, 0x0F, 0x42, 0x40}; // a million by a million
    std::memcpy(huge.data() + 16, wide, 8);
    const auto sum = crc32(0, reinterpret_cast<const Bytef*>(huge.data() + 12), 17);
    for (int i = 0; i < 4; ++i)
      huge[static_cast<std::size_t>(29 + i)] = static_cast<char>(sum >> (24 - 8 * i));
    folder.write("set/dog/bad.png", huge);
    QCOMPARE(wrongError(load(specOf(folder), {}), bad.string(), ""), "");
    std::filesystem::remove(bad);
    std::filesystem::create_directories(folder.path("set/zebra"));
    QCOMPARE(wrongError(load(specOf(folder), {}), "zebra", "no PNG"), "");
    std::filesystem::remove(folder.path("set/zebra"));
    std::filesystem::remove_all(folder.path("set/cat"));
    QCOMPARE(wrongError(load(specOf(folder), {}), "set", "one class"), "");
    DatasetSpec spec = specOf(folder);
    spec.setPath("folder", folder.path("nowhere"));
    QCOMPARE(wrongError(load(spec, {}), "nowhere", "no such folder"), "");
  }

  void everyCutOfAPicture() {
    for (const std::string& bytes : {png(20, 20, 3, 5), jpeg(20, 20, 5)})
      for (std::size_t length = 0; length + 20 < bytes.size(); ++length)
        QVERIFY(!decodePicture(bytes.substr(0, length), "cut", 0).ok());
  }

  void prediction() {
    Folder folder;
    fillClasses(folder);
    const auto like = load(specOf(folder), {});
    QCOMPARE(errorText(like), "");
    const auto one = loadForPrediction(specOf(folder), *like, folder.write("new.png", png(60, 40, 1, 128)));
    QCOMPARE(errorText(one), "");
    QCOMPARE(one->samples, 1);
    QCOMPARE(one->bytes.size(), std::size_t{72});
    QCOMPARE(int{one->bytes[0]}, 128);
    QCOMPARE(wrongError(loadForPrediction(specOf(folder), *like, folder.write("t.png", "text")), "t.png",
                        "not a PNG"),
             "");

    // A table taken as an image is shown a drawing: white is its largest number.
    DatasetSpec table;
    table.format = "csv";
    table.setPath("file", std::filesystem::path(LOOM_SOURCE_DIR) / "resources/samples/digits.csv");
    table.options.set("target", std::string("digit"));
    table.options.set("reshape", std::vector<std::int64_t>{1, 8, 8});
    const auto digits = load(table, {});
    QCOMPARE(errorText(digits), "");
    const auto drawn = loadForPrediction(table, *digits, folder.write("drawn.png", png(80, 80, 1, 255)));
    QCOMPARE(errorText(drawn), "");
    QCOMPARE(drawn->values[5], 16.0f);
  }
};

QTEST_GUILESS_MAIN(TestImages)
#include "tst_images.moc"
