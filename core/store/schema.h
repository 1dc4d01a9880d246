// SPDX-License-Identifier: Apache-2.0
// Whether a database contains the tables of ours and nothing else. A database of somebody else may have a view
// in a table's place that gives endless rows, or a trigger that writes them; so the text of its schema is
// compared with what this program creates before any other statement uses it.
#pragma once
#include "core/store/sqlite.h"
#include <span>
#include <vector>

namespace loom {

struct Schema {
  void (*create)(const Database&); // all of it, in an empty file
  // Tables that a file of an earlier version does not have. There are no others that may be added in this
  // format: a file with a further one counts as damaged, so a new table needs a higher historySchema.
  std::span<const std::string_view> later;
};
extern const Schema catalogueSchema, metricsSchema;

struct SchemaFault {
  std::string name; // of a table, an index, a view or a trigger
  Message cause;
};
// What is missing, is different or does not belong there. Throws SqlFailure when the schema cannot be read.
std::vector<SchemaFault> schemaFaults(const Database& database, const Schema& schema);
void checkSchema(const Database& database, const Schema& schema); // throws SqlFailure: damaged

// A statement as text, without comments and without white space that means nothing.
std::string normalisedSql(std::string_view sql);

} // namespace loom
