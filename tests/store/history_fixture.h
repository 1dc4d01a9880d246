// SPDX-License-Identifier: Apache-2.0
// A history that is full of all that one may hold, and what the tests of its databases share.
#pragma once
#include "core/store/history.h"
#include "store_fixture.h"
#include <QtTest>
#include <fstream>

namespace loom::test {

inline const std::string run = runNamed(1);

inline std::string bytesOf(const fs::path& file) { return *readWholeFile(file, 1u << 30); }
inline void put(const fs::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}
inline bool saysAll(const Error& error) {
  return !error.place.empty() && !error.cause.empty() && !error.fix.empty();
}

// Two runs, one of them resumed, with all that a person may write on them.
inline void fill(const TestProject& project) {
  for (int number : {1, 2}) {
    auto writer = project.begin(runNamed(number));
    write(writer, started());
    for (std::uint32_t series = 0; series < 3; ++series)
      write(writer, columnsOf(fmt::format("train/{}", series),
                              makePoints(9000, series == 0 ? Steps::regular : Steps::irregular,
                                         Values::special, series + static_cast<std::uint32_t>(number))));
    write(writer, RunEvent{{"event", "epoch"}, {"epoch", 1}, {"step", 5000}});
    if (number == 1) write(writer, finished(9000));
  }
  auto writer = project.begin(runNamed(2), 2);
  write(writer, resumed(2, 4321));
  write(writer, columnsOf("train/0", makePoints(10, Steps::huge, Values::doubles, 9)));
}
inline void label(Store& store) {
  QVERIFY(store.setTags(run, {"good", "größer", "a b"}).ok());
  QVERIFY(store.setNote(run, "line one\nline \"two\"; DROP TABLE label;").ok());
  QVERIFY(store.setName(run, "The one that works").ok());
  QVERIFY(store.setArchived(runNamed(2), true).ok());
}

} // namespace loom::test
