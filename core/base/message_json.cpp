// SPDX-License-Identifier: Apache-2.0
#include "core/base/message_json.h"
#include <cmath>

namespace loom {
namespace {

constexpr std::size_t longestText = 4096, longestArguments = 4096; // bytes

struct ToJson {
  Json operator()(std::int64_t value) const { return value; }
  Json operator()(std::uint64_t value) const { return value; }
  Json operator()(double value) const {
    if (std::isfinite(value)) return value;
    return {{"number", numberOrText(value)}};
  }
  Json operator()(Count count) const { return {{"count", count.value}}; }
  Json operator()(Bytes bytes) const { return {{"bytes", bytes.value}}; }
  Json operator()(Seconds seconds) const { return {{"seconds", numberOrText(seconds.value)}}; }
  Json operator()(const std::string& name) const { return name; }
  Json operator()(const std::vector<std::string>& names) const { return Json(names); }
  Json operator()(const Foreign& text) const { return {{"foreign", text.value}}; }
  Json operator()(const std::vector<Message>& inner) const {
    if (inner.size() == 1) return toJson(inner.front());
    Json list = Json::array();
    for (const Message& one : inner) list.push_back(toJson(one));
    return list;
  }
};

bool hasTemplate(const Message& message) { return !message.empty() && message.messageTemplate() != "{}"; }

Json argumentsOf(const Message& message) {
  Json list = Json::array();
  for (const MessageArgument& argument : message.arguments()) list.push_back(std::visit(ToJson(), argument));
  return list;
}

std::string cutText(std::string text) {
  if (text.size() <= longestText) return text;
  std::size_t end = longestText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

} // namespace

Json toJson(const Message& message) {
  Json json{{"text", message.text()}};
  if (hasTemplate(message)) {
    json["id"] = message.id();
    json["arguments"] = argumentsOf(message);
  }
  return json;
}

void setMessage(Json& object, const std::string& name, const Message& message) {
  object[name] = cutText(message.text());
  if (!hasTemplate(message)) return;
  object[name + "_id"] = message.id();
  if (Json arguments = argumentsOf(message); compactJson(arguments).size() <= longestArguments)
    object[name + "_arguments"] = std::move(arguments);
}

void setMessages(Json& object, const std::string& name, const std::vector<Message>& messages) {
  Json texts = Json::array(), values = Json::array();
  for (const Message& message : messages) {
    texts.push_back(message.text());
    values.push_back(toJson(message));
  }
  object[name] = std::move(texts);
  object[name + "_messages"] = std::move(values);
}

Json toJson(const Error& error) {
  Json json = Json::object();
  setMessage(json, "place", error.place.message());
  setMessage(json, "cause", error.cause);
  setMessage(json, "fix", error.fix);
  return json;
}

Error errorFromJson(const Json& json) {
  const JsonReader reader(json, "error");
  const auto text = [&](const char* name) {
    auto member = reader.text(name);
    return member ? std::move(*member) : std::string();
  };
  return {ErrorKind::other, Place(text("place")), foreign(text("cause")), foreign(text("fix"))};
}

} // namespace loom
