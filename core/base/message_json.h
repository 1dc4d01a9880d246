// SPDX-License-Identifier: Apache-2.0
// Messages and Errors in journals and in --json. The member with the English text stays a string, as earlier
// versions and scripts read it. Next to a member "cause" there are
//   "cause_id"         the id of the template: eight hexadecimal digits (see Message::id)
//   "cause_arguments"  its arguments in order: whole and finite numbers as numbers ("NaN", "Infinity" and
//                      "-Infinity" as {"number": text}), a name as a string, a list of names as an array of
//                      strings, {"count": n}, {"bytes": n}, {"seconds": x}, {"foreign": text}, and an inner
//                      Message as {"text", "id", "arguments"}; several of them as an array
// Both are absent where the text is empty, foreign or a single name: such a text has no template of ours.
// What is read back is the text alone: a template that comes from a file is never formatted. A name that is
// not UTF-8 is written with U+FFFD for each wrong byte; the text shows the byte.
#pragma once
#include "core/base/json.h"
#include "core/base/result.h"
#include <string>
#include <vector>

namespace loom {

// {"text", "id", "arguments"}.
Json toJson(const Message& message);
// Sets the member `name` and, where there is a template, `name`_id and `name`_arguments. So that a record of
// a journal can contain it, a text of more than 4 KiB is cut and ends in "…", and arguments of more than 4
// KiB are left out.
void setMessage(Json& object, const std::string& name, const Message& message);
// Sets the member `name` to the texts, and `name`_messages to what toJson() gives of each.
void setMessages(Json& object, const std::string& name, const std::vector<Message>& messages);

// {"place", "cause", "fix"} with their ids and arguments; at most 40 KiB.
Json toJson(const Error& error);
// Of the kind `other`: a journal does not contain it. Members that are absent or not strings are empty texts.
Error errorFromJson(const Json& json);

} // namespace loom
