// SPDX-License-Identifier: Apache-2.0
#include "app/cli/reference.h"
#include "core/plan/op_reference.h"

namespace loom {
namespace {

Reference opRows() {
  Reference all{{{"OP", "RESULTS", "FORMULA"}}};
  for (const OpSpec* op : opTable()) {
    all.rows.push_back({std::string(op->name), std::string(op->dsts), std::string(op->summary)});
    all.list.push_back({{"name", op->name},
                        {"src", op->srcs},
                        {"dst", op->dsts},
                        {"formula", op->summary},
                        {"details", opNotes(op->name)},
                        {"gradient", op->gradient != nullptr}});
  }
  return all;
}

} // namespace

void defineOps(CLI::App& app, Action& action) { defineReference(app, action, opRows, opsMarkdown); }

} // namespace loom
