// SPDX-License-Identifier: Apache-2.0
// A person's own tables and images become projects at the terminal: what was chosen is printed, and check,
// estimate, train, evaluate and predict work on each and learn something real. What is no data is refused in
// words, and never hangs.
#include "cli_fixture.h"
#include <cmath>
#include <png.h>
#include <random>
#include <sstream>
#include <sys/stat.h>
#include <turbojpeg.h>
#include <unistd.h>

using namespace loom;
using namespace loom::test;

namespace {

std::string number(double value, int digits = 2) { return QString::number(value, 'f', digits).toStdString(); }

std::string png(int width, int height, int channels, const std::vector<std::uint8_t>& pixels) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(width);
  image.height = static_cast<png_uint_32>(height);
  image.format = channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  png_alloc_size_t size = 0;
  png_image_write_to_memory(&image, nullptr, &size, 0, pixels.data(), 0, nullptr);
  std::string bytes(size, '\0');
  png_image_write_to_memory(&image, bytes.data(), &size, 0, pixels.data(), 0, nullptr);
  return bytes;
}

std::string jpeg(int width, int height, const std::vector<std::uint8_t>& pixels) {
  unsigned char* out = nullptr;
  unsigned long size = 0;
  const tjhandle handle = tjInitCompress();
  tjCompress2(handle, pixels.data(), width, 0, height, TJPF_RGB, &out, &size, TJSAMP_444, 92, 0);
  std::string bytes(reinterpret_cast<char*>(out), size);
  tjFree(out);
  tjDestroy(handle);
  return bytes;
}

// A filled disc or a ring on a noisy ground, somewhere in the middle.
std::vector<std::uint8_t> shape(std::mt19937& random, bool ring, int width, int height, int channels) {
  std::uniform_real_distribution<double> share(0, 1);
  const double x0 = width * (0.4 + 0.2 * share(random)), y0 = height * (0.4 + 0.2 * share(random));
  const double radius = std::min(width, height) * (0.22 + 0.14 * share(random));
  std::vector<std::uint8_t> pixels;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const double distance = std::hypot(x - x0, y - y0);
      const bool on = ring ? std::abs(distance - radius) < 1.6 : distance < radius;
      for (int channel = 0; channel < channels; ++channel)
        pixels.push_back(static_cast<std::uint8_t>((on ? 190 : 20) + 30 * share(random)));
    }
  return pixels;
}

void writeShapes(const Folder& folder, const std::string& name, int each) {
  std::mt19937 random(3);
  for (int i = 0; i < each; ++i)
    for (const bool ring : {false, true}) {
      const int width = i % 3 == 0 ? 24 : 28, height = i % 4 == 0 ? 32 : 28;
      const std::string file = name + (ring ? "/ring/" : "/disc/") + std::to_string(i);
      if (i % 5 == 0)
        folder.write(file + ".jpg", jpeg(width, height, shape(random, ring, width, height, 3)));
      else
        folder.write(file + ".png",
                     png(width, height, i % 2 ? 1 : 3, shape(random, ring, width, height, i % 2 ? 1 : 3)));
    }
}

// Three kinds of penguins with missing values and categories.
std::string penguins() {
  std::mt19937 random(1);
  std::normal_distribution<double> noise;
  struct Kind {
    const char* name;
    double bill, depth, flipper, mass;
    int count;
  };
  std::string text = "species,island,bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g,sex\n";
  for (const Kind& kind :
       {Kind{"Adelie", 38.8, 18.3, 190, 3700, 150}, Kind{"Gentoo", 47.5, 15.0, 217, 5076, 120},
        Kind{"Chinstrap", 48.8, 18.4, 196, 3733, 70}})
    for (int i = 0; i < kind.count; ++i) {
      const bool male = i % 2 == 0;
      text += std::string(kind.name) + "," +
              (kind.name[0] == 'A'   ? "Torgersen"
               : kind.name[0] == 'G' ? "Biscoe"
                                     : "Dream") +
              ",";
      if (i % 40 == 7)
        text += "NA,NA,NA,NA,NA\n";
      else
        text += number(kind.bill + 2 * noise(random), 1) + "," + number(kind.depth + 0.9 * noise(random), 1) +
                "," + number(kind.flipper + 5 * noise(random), 0) + "," +
                number(kind.mass + 300 * noise(random), 0) + "," +
                (i % 30 == 3 ? "NA"
                 : male      ? "male"
                             : "female") +
                "\n";
    }
  return text;
}

std::string houses(int rows) {
  std::mt19937 random(2);
  std::uniform_real_distribution<double> share(0, 1);
  std::normal_distribution<double> noise;
  std::string text = "id,area,rooms,age,district,price\n";
  for (int i = 0; i < rows; ++i) {
    const double area = 30 + 170 * share(random), age = std::floor(90 * share(random));
    const int rooms = std::max(1, static_cast<int>(area / 28 + 0.7 * noise(random)));
    const int district = static_cast<int>(3 * share(random));
    const double price = 1500 * area + 8000 * rooms - 700 * age +
                         (district == 2 ? 90'000 : 15'000 * district) + 9000 * noise(random);
    text += std::to_string(i + 1) + "," + number(area, 1) + "," + std::to_string(rooms) + "," +
            number(age, 0) + "," +
            (district == 0   ? "north"
             : district == 1 ? "south"
                             : "centre") +
            "," + number(price, 0) + "\n";
  }
  return text;
}

std::string irisText() {
  auto text = readWholeFile(LOOM_SOURCE_DIR "/resources/samples/iris.csv", 1 << 20);
  return text ? *text : std::string();
}

// Iris in another dress: its cells are changed by `cell`, and joined by `delimiter` and `end`.
template<class Cell> std::string irisAs(char delimiter, const std::string& end, bool header, Cell cell) {
  std::istringstream lines(irisText());
  std::string text, line;
  for (int row = 0; std::getline(lines, line); ++row) {
    if (row == 0 && !header) continue;
    std::istringstream cells(line);
    std::string out, one;
    while (std::getline(cells, one, ',')) out += (out.empty() ? "" : std::string(1, delimiter)) + cell(one);
    text += out + end;
  }
  return text;
}

std::string idx(const std::vector<std::uint32_t>& dims, const std::string& numbers) {
  std::string bytes{'\0', '\0', 8, static_cast<char>(dims.size())};
  for (const std::uint32_t dim : dims)
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(dim >> shift & 0xFF);
  return bytes + numbers;
}

void writeIdx(const Folder& folder, const std::string& name) {
  std::mt19937 random(4);
  std::string pixels, labels;
  for (int i = 0; i < 300; ++i) {
    for (const auto pixel : shape(random, i % 2 == 1, 20, 20, 1)) pixels += static_cast<char>(pixel);
    labels += static_cast<char>(i % 2);
  }
  folder.write(name + "/train-images-idx3-ubyte", idx({300, 20, 20}, pixels));
  folder.write(name + "/train-labels-idx1-ubyte", idx({300}, labels));
}

} // namespace

class TestOwnData : public QObject {
  Q_OBJECT
 private slots:
  void initTestCase();
  void learns_data();
  void learns();
  void predictsPictures();
  void predictsRows();
  void predictsNumbers();
  void choiceCanBeChanged();
  void refuses_data();
  void refuses();

 private:
  Folder folder_;
};

void TestOwnData::initTestCase() {
  folder_.write("penguins.csv", penguins());
  folder_.write("houses.csv", houses(600));
  const auto same = [](const std::string& cell) { return cell; };
  folder_.write("semicolons.csv", irisAs(';', "\r\n", true, same));
  folder_.write("tabs.tsv", irisAs('\t', "\n", true, same));
  folder_.write("headless.csv", irisAs(',', "\n", false, same));
  folder_.write("quoted.csv", "\xEF\xBB\xBF" + irisAs(',', "\n", true, [](const std::string& cell) {
                                return "\"" + cell + "\"";
                              }));
  folder_.write("commas.csv", irisAs(';', "\n", true, [](std::string cell) {
                  std::replace(cell.begin(), cell.end(), '.', ',');
                  return cell;
                }));
  writeShapes(folder_, "shapes", 60);
  writeIdx(folder_, "idx");
}

void TestOwnData::learns_data() {
  QTest::addColumn<QString>("data");
  QTest::addColumn<QString>("target");
  QTest::addColumn<QString>("metric");
  QTest::addColumn<double>("least");
  QTest::addColumn<QStringList>("said");
  const QString accuracy = "test_accuracy";
  QTest::newRow("iris") << LOOM_SOURCE_DIR "/resources/samples/iris.csv"
                        << "" << accuracy << 0.85
                        << QStringList{"Target 'species'", "Task classification", "Split: 70 %",
                                       "Normalisation", "petal_width_cm"};
  QTest::newRow("digits") << LOOM_SOURCE_DIR "/resources/samples/digits.csv"
                          << "digit" << accuracy << 0.9 << QStringList{"Task classification", "10 classes"};
  QTest::newRow("penguins") << "penguins.csv"
                            << "species" << accuracy << 0.9
                            << QStringList{"Target 'species': as asked for",
                                           "Categories, each value a column of 0 and 1: island, sex",
                                           "values in 'sex' count"};
  QTest::newRow("houses") << "houses.csv"
                          << ""
                          << "test_r2" << 0.9
                          << QStringList{"Task regression",
                                         "Column 'id' is left out: it only counts the rows", "district"};
  QTest::newRow("semicolons") << "semicolons.csv"
                              << "" << accuracy << 0.85 << QStringList{"separated by semicolons"};
  QTest::newRow("tabs") << "tabs.tsv"
                        << "" << accuracy << 0.85 << QStringList{"separated by tabs"};
  QTest::newRow("quoted") << "quoted.csv"
                          << "" << accuracy << 0.85 << QStringList{"names the columns"};
  QTest::newRow("headless") << "headless.csv"
                            << "" << accuracy << 0.85
                            << QStringList{"columns are numbered", "Target 'column_5'"};
  QTest::newRow("decimal commas") << "commas.csv"
                                  << "" << accuracy << 0.85
                                  << QStringList{"read as 3.5", "Numbers: sepal_length_cm"};
  QTest::newRow("images") << "shapes"
                          << "" << accuracy << 0.8
                          << QStringList{"sub-folder for each of 2 classes", "Image size 3×28×28",
                                         "some images have colours", "scaled to"};
  QTest::newRow("idx folder") << "idx"
                              << "" << accuracy << 0.8 << QStringList{"Format IDX", "1×20×20"};
  QTest::newRow("one IDX file") << "idx/train-images-idx3-ubyte"
                                << "" << accuracy << 0.8 << QStringList{"Format IDX"};
}

void TestOwnData::learns() {
  QFETCH(QString, data);
  QFETCH(QString, target);
  QFETCH(QString, metric);
  QFETCH(double, least);
  QFETCH(QStringList, said);
  const std::string project = folder_.text(std::string(QTest::currentDataTag()) + ".loom");
  std::vector<std::string> words{"new", project, "--data", data.toStdString()};
  if (!target.isEmpty()) words.insert(words.end(), {"--target", target.toStdString()});
  const auto made = loomIn(folder_.path(), words);
  QVERIFY2(made.exitCode == 0, made.errors.c_str());
  for (const auto& part : said)
    QVERIFY2(holds(made.output, part.toStdString()), (part.toStdString() + " in " + made.output).c_str());
  for (const char* part : {"Network: ", "Settings: ", "To change it: ", "project.json"})
    QVERIFY2(holds(made.output, part), made.output.c_str());
  QVERIFY(lastJson(runLoom({"check", project, "--json"})).value("runnable", false));
  QVERIFY(lastJson(runLoom({"estimate", project, "--json"})).value("seconds", 0.0) > 0);
  // Enough to see that it learns; the proposal itself goes on longer.
  const auto trained = runLoom(
      {"train", project, "--epochs", data == "shapes" || data.startsWith("idx") ? "12" : "30", "--json"});
  QVERIFY2(trained.exitCode == 0, trained.errors.c_str());
  const double reached = lastJson(trained)["metrics"].value(metric.toStdString(), 0.0);
  QVERIFY2(reached >= least, qPrintable(QString::number(reached)));
  const auto evaluated = lastJson(runLoom({"evaluate", project, "last", "--json"}));
  QCOMPARE(evaluated["metrics"].value(metric.toStdString(), 0.0), reached);
  const auto shown = runLoom({"evaluate", project, "last"});
  QVERIFY(holds(shown.output, metric.toStdString()));
}

void TestOwnData::predictsPictures() {
  const std::string project = folder_.text("images.loom");
  if (!fs::exists(project)) QSKIP("the project on images was not made");
  const auto answer = runLoom({"predict", project, "last", folder_.text("shapes/disc/1.png"),
                               folder_.text("shapes/ring/5.jpg"), "--json"});
  QVERIFY2(answer.exitCode == 0, answer.errors.c_str());
  const Json list = lastJson(answer)["predictions"];
  QCOMPARE(list.size(), std::size_t(2));
  QCOMPARE(list[0].value("answer", std::string()), std::string("disc"));
  QCOMPARE(list[1].value("answer", std::string()), std::string("ring"));
  QVERIFY(holds(runLoom({"predict", project, "last", folder_.text("shapes/disc/1.png")}).output, "disc"));
  // A picture of another size and kind is brought into form; what is none is refused.
  std::mt19937 random(9);
  folder_.write("large.png", png(200, 150, 3, shape(random, false, 200, 150, 3)));
  QCOMPARE(runLoom({"predict", project, "last", folder_.text("large.png")}).exitCode, 0);
  const auto text = runLoom({"predict", project, "last", folder_.text("houses.csv")});
  QCOMPARE(wrongMessage(text, 3, {"houses.csv", "not a PNG"}), std::string());
  QCOMPARE(wrongMessage(runLoom({"predict", project, "last", folder_.text("shapes")}), 3, {"a folder"}),
           std::string());
}

void TestOwnData::predictsRows() {
  const std::string project = folder_.text("penguins.loom");
  if (!fs::exists(project)) QSKIP("the project on penguins was not made");
  // Other order of columns, one missing value, an island nobody has seen.
  const auto rows =
      folder_.write("new.csv", "sex,flipper_length_mm,island,bill_length_mm,body_mass_g,bill_depth_mm\n"
                               "male,217,Biscoe,48,5100,15\nNA,190,Torgersen,38.5,3700,18.4\n"
                               "female,196,Atlantis,48.9,3700,18.4\n");
  const auto answer = runLoom({"predict", project, "last", rows.string(), "--json"});
  QVERIFY2(answer.exitCode == 0, answer.errors.c_str());
  const Json list = lastJson(answer)["predictions"];
  QCOMPARE(list.size(), std::size_t(3));
  QCOMPARE(list[0].value("answer", std::string()), std::string("Gentoo"));
  QCOMPARE(list[1].value("answer", std::string()), std::string("Adelie"));
  const auto wrong = folder_.write("wrong.csv", "sex,flipper,island\nmale,217,Biscoe\n");
  QCOMPARE(wrongMessage(runLoom({"predict", project, "last", wrong.string()}), 3,
                        {"wrong.csv", "There is no column"}),
           std::string());
  const auto word = folder_.write(
      "word.csv",
      "sex,flipper_length_mm,island,bill_length_mm,body_mass_g,bill_depth_mm\nmale,long,Biscoe,48,5100,15\n");
  QCOMPARE(wrongMessage(runLoom({"predict", project, "last", word.string()}), 3,
                        {"word.csv, line 2", "'long'", "flipper_length_mm"}),
           std::string());
}

void TestOwnData::predictsNumbers() {
  const std::string project = folder_.text("houses.loom");
  if (!fs::exists(project)) QSKIP("the project on houses was not made");
  const auto rows = folder_.write("house.csv", "area,rooms,age,district\n100,4,20,centre\n");
  const auto answer = lastJson(runLoom({"predict", project, "last", rows.string(), "--json"}));
  const double price = answer["predictions"][0]["scores"][0].value("score", 0.0);
  QVERIFY2(std::abs(price - (150'000 + 32'000 - 14'000 + 90'000)) < 40'000,
           qPrintable(QString::number(price)));
}

void TestOwnData::choiceCanBeChanged() {
  // By hand, as the message says: another target, a column left out, another split.
  const std::string project = folder_.text("changed.loom");
  QCOMPARE(
      runLoom({"new", project, "--data", folder_.text("penguins.csv"), "--target", "body_mass_g"}).exitCode,
      0);
  auto json = readJsonFile(fs::path(project) / "project.json", 1 << 20);
  QVERIFY(json.ok());
  QCOMPARE((*json)["data"].value("task", std::string()), std::string("regression"));
  (*json)["data"]["split"]["train"] = 0.5;
  (*json)["data"]["split"]["test"] = 0.35;
  folder_.write("changed.loom/project.json", canonicalJson(*json));
  const auto trained = runLoom({"train", project, "--epochs", "2", "--json"});
  QVERIFY2(trained.exitCode == 0, trained.errors.c_str());
  const fs::path run =
      fs::path(project) / "runs" / lastJson(trained).value("run", std::string()) / "run.json";
  auto config = readJsonFile(run, 1 << 20);
  QVERIFY(config.ok());
  QCOMPARE((*config)["data"]["split"].value("train", 0.0), 0.5);
}

void TestOwnData::refuses_data() {
  QTest::addColumn<QString>("data");
  QTest::addColumn<QString>("target");
  QTest::addColumn<QStringList>("says");
  const auto row = [](const char* name, const QString& data, const QStringList& says,
                      const char* target = "") { QTest::newRow(name) << data << QString(target) << says; };
  row("nothing there", "nowhere", {"nowhere", "There is no such file or folder"});
  row("device", "/dev/zero", {"/dev/zero", "a device, a pipe or a socket"});
  row("empty device", "/dev/null", {"/dev/null", "a device, a pipe or a socket"});
  row("pipe", "pipe", {"pipe", "a device, a pipe or a socket"});
  row("program", "/bin/ls", {"/bin/ls", "not a text"});
  row("empty file", "empty.csv", {"empty.csv", "empty"});
  row("header alone", "header.csv", {"header.csv", "no rows"});
  row("prose", "prose.txt", {"prose.txt"});
  row("short row", "short.csv", {"short.csv, line 3", "2 fields", "3"});
  row("open quote", "quote.csv", {"quote.csv, line 2", "never closed"});
  row("wrong target", "houses.csv", {"houses.csv", "no column 'prize'", "price"}, "prize");
  row("latin letters", "latin.csv", {"latin.csv, line 2", "UTF-8"});
  row("no folders in it", "flat", {"flat", "Make one sub-folder for each class"});
  row("empty folder", "void", {"void", "no data here"});
  row("one class", "single", {"single", "Only one class"});
  row("empty class", "hole", {"hole/none", "contains no PNG or JPEG image"});
  row("broken image", "broken", {"broken/disc/bad.png", "not a PNG", "Remove it from the folder"});
  row("cut image", "cut", {"cut/disc/bad.png", "damaged"});
  row("labels without images", "labels", {"labels", "train-images"});
}

void TestOwnData::refuses() {
  if (!fs::exists(folder_.path("pipe"))) {
    QCOMPARE(::mkfifo(folder_.path("pipe").c_str(), 0600), 0);
    folder_.write("empty.csv", "");
    folder_.write("header.csv", "a,b,c\n");
    folder_.write("prose.txt", "It was a dark and stormy night, and the rain fell.\nThe end.\n");
    folder_.write("short.csv", "a,b,c\n1,2,3\n4,5\n");
    folder_.write("quote.csv", "a,b\n\"1,2\n3,4\n");
    folder_.write("latin.csv", "a,b\nM\xFCller,2\nMaier,3\n");
    std::mt19937 random(5);
    const std::string picture = png(16, 16, 1, shape(random, false, 16, 16, 1));
    folder_.write("flat/a.png", picture);
    fs::create_directories(folder_.path("void"));
    folder_.write("single/disc/a.png", picture);
    for (const char* name : {"hole", "broken", "cut"})
      for (const char* kind : {"/disc/a.png", "/ring/a.png"})
        folder_.write(std::string(name) + kind, picture);
    fs::create_directories(folder_.path("hole/none"));
    folder_.write("broken/disc/bad.png", "these are words");
    folder_.write("cut/disc/bad.png", picture.substr(0, picture.size() / 2));
    folder_.write("labels/train-labels-idx1-ubyte", idx({3}, "abc"));
  }
  QFETCH(QString, data);
  QFETCH(QString, target);
  QFETCH(QStringList, says);
  std::vector<std::string> parts;
  for (const auto& part : says) parts.push_back(part.toStdString());
  std::vector<std::string> words{"new", "x.loom", "--data", data.toStdString()};
  if (!target.isEmpty()) words.insert(words.end(), {"--target", target.toStdString()});
  const auto answer = loomIn(folder_.path(), words);
  QCOMPARE(wrongMessage(answer, 3, parts), std::string());
  QVERIFY(!fs::exists(folder_.path("x.loom"))); // nothing is left behind
  words = {"data", "inspect", data.toStdString()};
  if (!target.isEmpty()) words.insert(words.end(), {"--target", target.toStdString()});
  QCOMPARE(wrongMessage(loomIn(folder_.path(), words), 3, parts), std::string());
}

QTEST_GUILESS_MAIN(TestOwnData)
#include "tst_own_data.moc"
