// SPDX-License-Identifier: Apache-2.0
// The file of one entry of the queue: read with every check that a file of unknown origin needs, and written
// whole.
#pragma once
#include "core/launch/queue.h"

namespace loom {

bool isQueueId(std::string_view id); // a name that newUuid() could have made
// Kind input when it is damaged, of a newer version, or not an entry.
Result<QueueEntry> readQueueFile(const std::filesystem::path& file);
Status writeQueueFile(const std::filesystem::path& file, const QueueEntry& entry);

} // namespace loom
