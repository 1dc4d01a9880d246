// SPDX-License-Identifier: Apache-2.0
// IDX files: Debian's real Fashion-MNIST, and files that lie about themselves.
#include "core/data/idx.h"
#include "data_fixture.h"

using namespace loom;
using namespace loom::test;

Q_DECLARE_METATYPE(std::string)

class TestIdx : public QObject {
  Q_OBJECT

  static DatasetSpec fashionSpec() {
    DatasetSpec spec;
    spec.format = "idx";
    spec.setPath("train_images", fashion / "train-images-idx3-ubyte.gz");
    spec.setPath("train_labels", fashion / "train-labels-idx1-ubyte.gz");
    spec.setPath("test_images", fashion / "t10k-images-idx3-ubyte.gz");
    spec.setPath("test_labels", fashion / "t10k-labels-idx1-ubyte.gz");
    return spec;
  }
  static DatasetSpec pair(const std::filesystem::path& images, const std::filesystem::path& labels) {
    DatasetSpec spec;
    spec.format = "idx";
    spec.setPath("train_images", images);
    spec.setPath("train_labels", labels);
    return spec;
  }

 private slots:
  void fashionMnist() {
    const auto data = load(fashionSpec(), {});
    QCOMPARE(errorText(data), "");
    QCOMPARE(data->samples, 70'000);
    QCOMPARE(data->fixedTest, 10'000);
    QVERIFY(data->sampleShape == (std::vector<std::int64_t>{1, 28, 28}));
    QCOMPARE(data->bytes.size(), std::size_t{70'000} * 784);
    QCOMPARE(data->classes.size(), std::size_t{10});
    std::vector<int> counts(10);
    for (int i = 0; i < 60'000; ++i)
      ++counts[static_cast<std::size_t>(data->labels[static_cast<std::size_t>(i)])];
    for (const int count : counts) QCOMPARE(count, 6000);
    QCOMPARE(data->labels[0], 9); // an ankle boot comes first
    QVERIFY(!data->contentHash.empty());

    const Split split = makeSplit(*data, SplitSpec{});
    QCOMPARE(split.train.size(), std::size_t{54'000});
    QCOMPARE(split.validation.size(), std::size_t{6'000});
    QCOMPARE(split.test.front(), 60'000u);
    const Normalisation fitted = fitNormalisation(*data, split, "standardise");
    QVERIFY(std::abs(fitted.mean[0] - 0.2860) < 0.002); // the published figures of the whole training set
    QVERIFY(std::abs(fitted.std[0] - 0.3530) < 0.002);
  }

  void inspectsAFolder() {
    const auto report = inspect(fashion, "");
    QCOMPARE(errorText(report), "");
    QCOMPARE(report->proposed.format, "idx");
    QCOMPARE(report->samples, 70'000);
    QCOMPARE(report->proposed.path("test_labels"), fashion / "t10k-labels-idx1-ubyte.gz");
    QVERIFY(!report->reasons.empty());
  }

  void smallPlainAndPacked() {
    Folder folder;
    const std::string images = idxBytes({2, 1, 2}, "\x01\x02\x03\x04"),
                      labels = idxBytes({2}, std::string("\0\1", 2));
    const auto plain = load(pair(folder.write("a", images), folder.write("b", labels)), {});
    const auto packed = load(pair(folder.write("c", gzip(images)), folder.write("d", gzip(labels))), {});
    QCOMPARE(errorText(plain), "");
    QCOMPARE(errorText(packed), "");
    QVERIFY(plain->bytes == packed->bytes);
    QVERIFY(plain->labels == packed->labels);
    QVERIFY(plain->contentHash != packed->contentHash);
    // Two gzip members one after the other are one file.
    const auto joined = load(
        pair(folder.write("e", gzip(images.substr(0, 10)) + gzip(images.substr(10))), folder.path("b")), {});
    QCOMPARE(errorText(joined), "");
    QVERIFY(joined->bytes == plain->bytes);
  }

  void damaged_data() {
    QTest::addColumn<std::string>("bytes");
    QTest::addColumn<std::string>("word");
    const std::string good = idxBytes({2, 2, 2}, "abcdefgh");
    QTest::newRow("empty") << std::string() << std::string("4 bytes");
    QTest::newRow("three bytes") << std::string("\0\0\x08", 3) << std::string("has 3");
    QTest::newRow("a text") << std::string("hello, world") << std::string("not an IDX file");
    QTest::newRow("floats") << idxBytes({2, 2, 2}, std::string(32, 'x'), 0x0D) << std::string("type 13");
    QTest::newRow("no dimensions") << idxBytes({}, "") << std::string("dimensions");
    QTest::newRow("header cut off") << good.substr(0, 9) << std::string("has 9");
    QTest::newRow("data cut off") << good.substr(0, 20)
                                  << std::string("(24 with the header), the file has 20: it is cut off");
    QTest::newRow("too long") << good + "z" << std::string("more than that");
    QTest::newRow("dimension zero") << idxBytes({0, 2, 2}, "") << std::string("is 0");
    QTest::newRow("sizes that overflow")
        << idxBytes({0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF}, "x") << std::string("no file is that long");
    QTest::newRow("four billion") << idxBytes({0xFFFFFFFF, 2, 2}, "x") << std::string("cut off");
    QTest::newRow("gzip cut off") << gzip(idxBytes({2, 40, 80}, std::string(6400, 'q'))).substr(0, 40)
                                  << std::string("damaged");
    QTest::newRow("gzip of less") << gzip(good.substr(0, 20)) << std::string("the file has 20");
    QTest::newRow("gzip of more") << gzip(good + std::string(100'000, 'z')) << std::string("unpacks to more");
    QTest::newRow("gzip lies") << gzip(idxBytes({60'000, 1000, 1000}, std::string(1000, 'x')))
                               << std::string("cannot come out");
    std::string flipped = gzip(good);
    flipped[flipped.size() - 6] = static_cast<char>(flipped[flipped.size() - 6] ^ 0x55);
    QTest::newRow("gzip with a wrong sum") << flipped << std::string("damaged");
    std::string longer = gzip(good), shorter = longer;
    longer[longer.size() - 4] = 100; // ISIZE, the last four bytes
    shorter[shorter.size() - 4] = 1;
    QTest::newRow("gzip that says it is longer") << longer << std::string("damaged");
    QTest::newRow("gzip that says it is shorter") << shorter << std::string("damaged");
    QTest::newRow("gzip and then one cut off")
        << gzip(good) + gzip("more").substr(0, 9) << std::string("ends too early");
    QTest::newRow("gzip and then another")
        << gzip(good) + gzip(std::string(1 << 20, 'z')) << std::string("unpacks to more");
    std::string empties = gzip(good.substr(0, 20));
    for (int i = 0; i < 5000; ++i) empties += gzip("");
    QTest::newRow("gzip and then nothing, often") << empties << std::string("the file has 20");
    QTest::newRow("gzip and then a text") << gzip(good) + "what" << std::string("not gzip");
  }
  void damaged() {
    QFETCH(std::string, bytes);
    QFETCH(std::string, word);
    Folder folder;
    const auto file = folder.write("bad-images", bytes);
    const auto data = load(pair(file, folder.write("labels", idxBytes({2}, std::string("\0\1", 2)))), {});
    QCOMPARE(wrongError(data, file.string(), word), "");
    QCOMPARE(data.error().kind, ErrorKind::input);
  }

  void everyCutOfARealFile() {
    std::string bytes;
    {
      std::ifstream stream(fashion / "t10k-labels-idx1-ubyte.gz", std::ios::binary);
      bytes.assign(std::istreambuf_iterator<char>(stream), {});
    }
    for (std::size_t length = 0; length < bytes.size(); length += 97)
      QVERIFY(!parseIdx(bytes.substr(0, length), "cut").ok());
    QVERIFY(parseIdx(bytes, "whole").ok());
  }

  void filesThatDoNotBelongTogether() {
    Folder folder;
    const auto images = folder.write("images", idxBytes({2, 1, 2}, "abcd"));
    const auto labels = folder.write("labels", idxBytes({3}, "\1\1\1"));
    QCOMPARE(wrongError(load(pair(images, labels), {}), "labels", "3 labels"), "");
    QCOMPARE(wrongError(load(pair(labels, images), {}), "labels", "one dimension"), "");
    QCOMPARE(wrongError(load(pair(images, images), {}), "images", "labels have one"), "");
    QCOMPARE(wrongError(load(pair(folder.path("none"), labels), {}), "none", "no such file"), "");
    QCOMPARE(wrongError(load(pair(folder.path(), labels), {}), "", "folder"), "");
    DatasetSpec named = pair(images, folder.write("two", idxBytes({2}, "\0\5")));
    named.options.set("class_names", Texts{"a", "b"});
    QVERIFY(!load(named, {}).ok());
  }
};

QTEST_GUILESS_MAIN(TestIdx)
#include "tst_idx.moc"
