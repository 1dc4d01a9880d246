// SPDX-License-Identifier: Apache-2.0
#include "app/cli/usage.h"
#include "app/cli/verb.h"
#include "core/base/message_json.h"
#include "core/run/project.h"
#include <cctype>
#include <iostream>
#include <memory>

namespace loom {
namespace {

std::string lettersOf(std::string_view words) {
  std::string letters;
  for (const char each : words)
    if (std::isalnum(static_cast<unsigned char>(each)))
      letters += static_cast<char>(std::tolower(static_cast<unsigned char>(each)));
  return letters;
}

// "lenet" is what the template `cnn` is called wherever people read of it.
std::string idOfName(std::string& word) {
  const std::string letters = lettersOf(word);
  for (const auto& one : projectTemplates())
    if (letters.size() >= 4 && lettersOf(one.name).starts_with(letters)) word = one.id;
  return {};
}

} // namespace

void defineNew(CLI::App& app, Action& action) {
  struct Options {
    std::string folder, id, data, target;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  std::vector<std::string> ids;
  for (const auto& one : projectTemplates()) ids.emplace_back(one.id);
  app.add_option("DIR", options->folder, "The project's folder; must not exist, or be empty")->required();
  auto* id = app.add_option("--template", options->id, "softmax, mlp, cnn, resnet, iris or digits")
                 ->type_name("ID")
                 ->transform(CLI::Validator(&idOfName, ""))
                 ->check(oneOf(ids));
  auto* data =
      app.add_option("--data", options->data, "A CSV table, a folder of images by class, or IDX files")
          ->type_name("FILE_OR_FOLDER")
          ->excludes(id);
  app.add_option("--target", options->target, "The column to predict (a table); the last one when left out")
      ->type_name("COLUMN")
      ->needs(data);
  app.add_flag("--json", options->json, "One JSON object on stdout");
  action = [options] {
    if (options->id.empty() && options->data.empty())
      return report({ErrorKind::usage,
                     {},
                     say("Neither a template nor data is named"),
                     say("Add --template ID or --data FILE_OR_FOLDER")});
    std::vector<Message> explanation;
    auto project = options->data.empty()
                       ? createFromTemplate(options->folder, options->id)
                       : createFromData(options->folder, options->data, options->target, explanation);
    if (!project) return report(project.error());
    if (options->json) {
      Json json{{"project", project->folder.string()},
                {"name", project->name},
                {"network", project->network},
                {"data", toJson(project->data)},
                {"defaults", toJson(project->defaults)}};
      setMessages(json, "explanation", explanation);
      printJson(json);
      return 0;
    }
    for (const auto& line : explanation) std::cout << "  " << plain(line.text()) << "\n";
    const std::string folder = plain(project->folder.string());
    std::cout << "Made " << folder << " with the network '" << plain(project->network) << "'.\n";
    if (!explanation.empty())
      std::cout
          << "To change it: another target with --target; types, columns, task, split and normalisation in "
          << folder << "/project.json (\"data\"); the network in " << folder << "/networks/"
          << plain(project->network) << ".json or drawn with neuroloom; settings with the options of "
          << "loom train.\n";
    std::cerr << "Next: loom train " << shellPath(project->folder) << "\n";
    return 0;
  };
}

} // namespace loom
