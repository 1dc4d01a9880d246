// SPDX-License-Identifier: Apache-2.0
#include "app/cli/verb.h"
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <unistd.h>

namespace loom {
namespace {

constexpr int usage = static_cast<int>(ErrorKind::usage);

// Letters to change, to say what was probably meant.
std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t before = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t old = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, before + (a[i - 1] == b[j - 1] ? 0 : 1)});
      before = old;
    }
  }
  return row[b.size()];
}

std::string indented(const char* lines) {
  std::string text = "Examples:\n  ";
  for (const char* c = lines; *c != '\0'; ++c) text += *c == '\n' ? std::string("\n  ") : std::string(1, *c);
  return text;
}

// A waiting team that sleeps costs 30 µs a step: the policy must stand before the OpenMP library is loaded.
void settleThreads(char** argv) {
  if (std::getenv("OMP_WAIT_POLICY") == nullptr || std::getenv("GOMP_SPINCOUNT") != nullptr ||
      std::getenv("LOOM_SETTLED") != nullptr)
    return;
  setenv("LOOM_SETTLED", "1", 1);
  unsetenv("OMP_WAIT_POLICY");
  execv("/proc/self/exe", argv);
}

int runProgram(int argc, char** argv) {
  CLI::App app{"Draw, train, follow and review neural networks, at the terminal.", "loom"};
  app.set_version_flag("--version", std::string("loom ") + NEUROLOOM_VERSION);
  app.require_subcommand(1);
  app.footer("loom VERB --help shows examples. Exit codes: 0 ok, 1 other, 2 usage, 3 project or input file, "
             "4 device or dependency,\n"
             "5 diverged, 6 out of memory, 7 stopped with a checkpoint, 8 remote unreachable, 9 device lost, "
             "130 interrupted.");
  std::vector<Action> actions(verbs().size());
  std::vector<CLI::App*> apps;
  for (std::size_t index = 0; index < verbs().size(); ++index) {
    const Verb& verb = verbs()[index];
    auto* sub = app.add_subcommand(verb.name, verb.summary);
    sub->footer(indented(verb.examples));
    verb.define(*sub, actions[index]);
    apps.push_back(sub);
  }
  if (argc > 1 && argv[1][0] != '-') {
    const std::string word = argv[1];
    const auto& all = verbs();
    if (std::none_of(all.begin(), all.end(), [&](const Verb& verb) { return word == verb.name; })) {
      const auto nearest = std::min_element(all.begin(), all.end(), [&](const Verb& a, const Verb& b) {
        return distance(word, a.name) < distance(word, b.name);
      });
      std::string text = "loom: there is no verb '" + word + "'.";
      if (distance(word, nearest->name) <= 2) text += " Did you mean '" + std::string(nearest->name) + "'?";
      std::cerr << text << " 'loom --help' lists them.\n";
      return usage;
    }
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    app.exit(help, std::cout, std::cerr);
    return 0;
  } catch (const CLI::CallForVersion& version) {
    app.exit(version, std::cout, std::cerr);
    return 0;
  } catch (const CLI::ParseError& error) {
    std::cerr << "loom: " << error.what() << ". 'loom"
              << (argc > 1 ? std::string(" ") + argv[1] : std::string())
              << " --help' shows how it is used.\n";
    return usage;
  }
  for (std::size_t index = 0; index < apps.size(); ++index)
    if (apps[index]->parsed() && actions[index]) return actions[index]();
  return 0;
}

} // namespace
} // namespace loom

int main(int argc, char** argv) {
  loom::settleThreads(argv);
  try {
    return loom::runProgram(argc, argv);
  } catch (const std::bad_alloc&) {
    std::fputs("loom: there is not enough memory. Use a smaller batch, or close other programs.\n", stderr);
    return static_cast<int>(loom::ErrorKind::memory);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "loom: something went wrong that should not: %s\n", error.what());
    return static_cast<int>(loom::ErrorKind::other);
  }
}
