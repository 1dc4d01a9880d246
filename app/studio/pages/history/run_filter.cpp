// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/pages/history/run_filter.h"
#include "app/studio/model/run_words.h"
#include "core/base/format.h"
#include <cmath>

namespace loom {

struct RunFilter::Node {
  enum class Kind { both, either, none, compare, word } kind = Kind::word;
  std::shared_ptr<const Node> left, right;
  QString name, relation, words;
  std::optional<double> number;
};

namespace {

constexpr int deepest = 64;

struct Piece {
  enum class Kind { name, text, relation, open, close, end } kind = Kind::end;
  QString words;
  qsizetype at = 0, length = 0;
};

Error wrongAt(qsizetype at, Message cause, Message fix) {
  return {ErrorKind::usage, Place(say("Filter, place {}", at + 1)), std::move(cause), std::move(fix)};
}

bool isWordPart(QChar c) { return c.isLetterOrNumber() || QStringView(u"_.,-+%/·:×").contains(c); }

Result<QVector<Piece>> piecesOf(const QString& line) {
  QVector<Piece> tokens;
  qsizetype at = 0;
  while (at < line.size()) {
    const QChar c = line[at];
    if (c.isSpace()) {
      ++at;
      continue;
    }
    const qsizetype from = at;
    if (c == '(' || c == ')') {
      tokens.push_back({c == '(' ? Piece::Kind::open : Piece::Kind::close, QString(c), at, 1});
      ++at;
    } else if (QStringView(u"=<>!~").contains(c)) {
      ++at;
      if (at < line.size() && line[at] == '=') ++at;
      const QString relation = line.mid(from, at - from);
      if (relation == "!" || relation == "~=")
        return wrongAt(from, say("\"{}\" does not compare", relation.toStdString()),
                       say("Write one of = != < <= > >= ~"));
      tokens.push_back({Piece::Kind::relation, relation == "==" ? "=" : relation, from, at - from});
    } else if (c == '"' || c == '\'') {
      const qsizetype end = line.indexOf(c, at + 1);
      if (end < 0)
        return wrongAt(from, say("The quotation is not closed"),
                       say("Write {} after the words too", QString(c).toStdString()));
      tokens.push_back({Piece::Kind::text, line.mid(at + 1, end - at - 1), from, end + 1 - from});
      at = end + 1;
    } else if (isWordPart(c)) {
      while (at < line.size() && isWordPart(line[at])) ++at;
      tokens.push_back({Piece::Kind::name, line.mid(from, at - from), from, at - from});
    } else {
      return wrongAt(from, say("\"{}\" has no meaning here", QString(c).toStdString()),
                     say("Put words that contain it in quotation marks"));
    }
  }
  tokens.push_back({Piece::Kind::end, {}, line.size(), 0});
  return tokens;
}

// How many letters differ, for "did you mean".
int distance(const QString& a, const QString& b) {
  QVector<int> row(b.size() + 1);
  for (qsizetype i = 0; i <= b.size(); ++i) row[i] = static_cast<int>(i);
  for (qsizetype i = 1; i <= a.size(); ++i) {
    int before = row[0];
    row[0] = static_cast<int>(i);
    for (qsizetype j = 1; j <= b.size(); ++j) {
      const int same = before + (a[i - 1] == b[j - 1] ? 0 : 1);
      before = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, same});
    }
  }
  return row.back();
}

std::optional<double> numberOf(QString words) {
  bool percent = false;
  if (words.endsWith('%')) {
    percent = true;
    words.chop(1);
  }
  bool ok = false;
  const double value = words.trimmed().remove(',').toDouble(&ok);
  if (!ok) return std::nullopt;
  return percent ? value / 100 : value;
}

struct Parser {
  using Node = RunFilter::Node;
  using Answer = Result<std::shared_ptr<const Node>>;
  const QVector<Piece>& tokens;
  const QStringList& names;
  QVector<RunFilter::Part>& parts;
  qsizetype at = 0;
  int depth = 0;

  const Piece& now() const { return tokens[at]; }
  bool isJoint(const char* word) const {
    return now().kind == Piece::Kind::name && now().words.compare(word, Qt::CaseInsensitive) == 0;
  }
  Error wrong(Message cause, Message fix) const {
    return wrongAt(now().at, std::move(cause), std::move(fix));
  }
  void joint() {
    parts.push_back({now().at, now().length, RunFilter::Part::Kind::joint});
    ++at;
  }

  Answer either() {
    auto left = both();
    while (left && isJoint("or")) {
      joint();
      auto right = both();
      if (!right) return right;
      left = std::make_shared<const Node>(Node{Node::Kind::either, *left, *right, {}, {}, {}, {}});
    }
    return left;
  }
  // "and" may be left out between two terms.
  Answer both() {
    auto left = term();
    while (left && now().kind != Piece::Kind::end && now().kind != Piece::Kind::close && !isJoint("or")) {
      if (isJoint("and")) joint();
      auto right = term();
      if (!right) return right;
      left = std::make_shared<const Node>(Node{Node::Kind::both, *left, *right, {}, {}, {}, {}});
    }
    return left;
  }
  Answer term() {
    if (++depth > deepest)
      return wrong(say("The filter is nested too deeply"), say("Leave out some parentheses"));
    auto answer = inside();
    --depth;
    return answer;
  }
  Answer inside() {
    if (isJoint("not")) {
      joint();
      auto of = term();
      if (!of) return of;
      return std::make_shared<const Node>(Node{Node::Kind::none, *of, nullptr, {}, {}, {}, {}});
    }
    if (now().kind == Piece::Kind::open) {
      ++at;
      auto whole = either();
      if (!whole) return whole;
      if (now().kind != Piece::Kind::close)
        return wrong(say("A parenthesis is not closed"), say("Write ) after what belongs together"));
      ++at;
      return whole;
    }
    if (now().kind == Piece::Kind::end)
      return wrong(say("The filter is not complete"), say("Write a comparison, such as val_loss < 0.5"));
    if (now().kind == Piece::Kind::relation || now().kind == Piece::Kind::close || isJoint("and") ||
        isJoint("or"))
      return wrong(say("The comparison before \"{}\" is missing", now().words.toStdString()),
                   say("Write one there, such as optimizer = Adam"));
    const Piece first = now();
    ++at;
    if (now().kind != Piece::Kind::relation || first.kind == Piece::Kind::text) {
      parts.push_back({first.at, first.length, RunFilter::Part::Kind::word});
      return std::make_shared<const Node>(Node{Node::Kind::word, nullptr, nullptr, {}, {}, first.words, {}});
    }
    const QString name = first.words.toLower();
    if (!names.contains(name)) {
      QString nearest;
      int least = 4;
      for (const auto& one : names)
        if (const int far = distance(name, one); far < least) {
          least = far;
          nearest = one;
        }
      --at;
      return wrong(say("\"{}\" is unknown", first.words.toStdString()),
                   nearest.isEmpty() ? say("Compare {} …", names.mid(0, 6).join(", ").toStdString())
                                     : say("Did you mean {}?", nearest.toStdString()));
    }
    parts.push_back({first.at, first.length, RunFilter::Part::Kind::name});
    const QString relation = now().words;
    ++at;
    if (now().kind != Piece::Kind::name && now().kind != Piece::Kind::text)
      return wrong(say("The value after \"{}\" is missing", relation.toStdString()),
                   say("Write a number or a word there"));
    QString words = now().words;
    const bool quoted = now().kind == Piece::Kind::text;
    ++at;
    // "90 %" with a space is one number.
    if (!quoted && now().kind == Piece::Kind::name && now().words == "%") {
      words += '%';
      ++at;
    }
    const auto number = quoted ? std::nullopt : numberOf(words);
    if (!number && relation != "=" && relation != "!=" && relation != "~") {
      --at;
      return wrong(
          say("\"{}\" is not a number, and {} compares numbers", words.toStdString(), relation.toStdString()),
          say("Write a number, or use = or ~"));
    }
    return std::make_shared<const Node>(
        Node{Node::Kind::compare, nullptr, nullptr, name, relation, words, number});
  }
};

bool contains(const QString& whole, const QString& part) { return whole.contains(part, Qt::CaseInsensitive); }

bool fitsNode(const RunFilter::Node& node, const RunView& view) {
  using Kind = RunFilter::Node::Kind;
  switch (node.kind) {
  case Kind::both:
    return fitsNode(*node.left, view) && fitsNode(*node.right, view);
  case Kind::either:
    return fitsNode(*node.left, view) || fitsNode(*node.right, view);
  case Kind::none:
    return !fitsNode(*node.left, view);
  case Kind::word: {
    const RunRow& row = view.row;
    for (const auto& words : {row.name, row.network, row.optimizer, row.note})
      if (contains(text(words), node.words)) return true;
    for (const auto& tag : row.tags)
      if (contains(text(tag), node.words)) return true;
    return contains(markOf(view).word, node.words);
  }
  case Kind::compare:
    break;
  }
  if (node.name == "tag") {
    const bool any = std::any_of(view.row.tags.begin(), view.row.tags.end(), [&](const std::string& tag) {
      return node.relation == "~" ? contains(text(tag), node.words)
                                  : text(tag).compare(node.words, Qt::CaseInsensitive) == 0;
    });
    return node.relation == "!=" ? !any : any;
  }
  const auto value = filterValue(view, node.name);
  if (!value) return node.relation == "!=";
  if (node.relation == "~") return contains(value->words, node.words);
  if (value->number && node.number) {
    const double a = *value->number, b = *node.number;
    const bool equal = a == b || std::abs(a - b) <= 1e-9 * std::max(std::abs(a), std::abs(b));
    if (node.relation == "=") return equal;
    if (node.relation == "!=") return !equal;
    if (node.relation == "<") return a < b && !equal;
    if (node.relation == "<=") return a < b || equal;
    if (node.relation == ">") return a > b && !equal;
    return a > b || equal;
  }
  const bool equal = value->words.compare(node.words, Qt::CaseInsensitive) == 0;
  return node.relation == "=" ? equal : node.relation == "!=" ? !equal : false;
}

} // namespace

Result<RunFilter> RunFilter::parse(const QString& words, const QStringList& names) {
  RunFilter filter;
  if (words.trimmed().isEmpty()) return filter;
  auto tokens = piecesOf(words);
  if (!tokens) return tokens.error();
  Parser parser{*tokens, names, filter.parts_};
  auto root = parser.either();
  if (!root) return root.error();
  if (parser.now().kind != Piece::Kind::end)
    return parser.wrong(say("\"{}\" closes nothing", parser.now().words.toStdString()),
                        say("Leave it out, or open it before"));
  filter.root_ = *root;
  return filter;
}

bool RunFilter::fits(const RunView& view) const { return root_ == nullptr || fitsNode(*root_, view); }

std::optional<FilterValue> filterValue(const RunView& view, const QString& name) {
  const RunRow& row = view.row;
  const auto number = [](double value) { return FilterValue{value, text(formatExact(value))}; };
  const auto words = [](const QString& value) { return FilterValue{numberOf(value), value}; };
  if (name == "name" || name == "run") return words(text(row.name));
  if (name == "network") return words(text(row.network));
  if (name == "optimizer") return words(text(row.optimizer));
  if (name == "schedule") return words(text(row.schedule));
  if (name == "state") return words(markOf(view).word);
  if (name == "note") return words(text(row.note));
  if (name == "parameters") return number(double(row.parameters));
  if (name == "epochs") return number(double(row.epochs));
  if (name == "step" || name == "steps") return number(double(row.step));
  if (name == "time") return number(row.seconds);
  if (name == "rate") return words(settingOf(row, "lr"));
  for (const auto& metric : row.metrics) {
    if (text(metric.key).replace('/', '_') != name) continue;
    if (metric.count <= metric.nonFinite) return std::nullopt;
    // As the column of the table: of the best checkpoint.
    if (metric.key == "val/accuracy" || metric.key == "val/r2")
      if (const auto value = bestValidation(row)) return number(*value);
    return number(metric.key.ends_with("loss") ? metric.minimum
                  : metric.key == "train/lr"   ? metric.last
                                               : metric.maximum);
  }
  for (const auto& [key, value] : row.settings)
    if (text(key) == name) return words(text(value));
  return std::nullopt;
}

QStringList filterNames(const QVector<RunView>& runs) {
  QStringList names{"val_accuracy", "val_loss", "test_accuracy", "name", "network",    "optimizer",
                    "state",        "tag",      "schedule",      "note", "parameters", "epochs",
                    "step",         "time",     "rate",          "run"};
  for (const auto& view : runs) {
    for (const auto& metric : view.row.metrics) names << text(metric.key).replace('/', '_');
    for (const auto& [key, value] : view.row.settings) names << text(key);
  }
  names.removeDuplicates();
  return names;
}

} // namespace loom
