// SPDX-License-Identifier: Apache-2.0
// Networks as torch.nn Python. Walks the layer table and the templates beside golden files
// (LOOM_WRITE_GOLDEN=1 writes them anew: read the difference), compiles everything with Python, and runs it
// on a stand-in for torch that shows what is computed from what. tests/bench/check_torch.py compares the
// numbers with PyTorch itself.
#include "core/base/file_name.h"
#include "core/compile/compile.h"
#include "core/interop/torch_code.h"
#include "core/network/rules.h"
#include "tests/train/train_fixture.h"
#include <QProcess>
#include <set>

using namespace loom;
using namespace loom::test;

namespace {

using Ints = std::vector<std::int64_t>;

QString python() { return QStandardPaths::findExecutable("python3"); }
constexpr const char* noPython = "python3 is not installed";

struct Ran {
  int code;
  QString output, errors;
};
Ran runPython(const QStringList& arguments, const QByteArray& input = {}) {
  QProcess process;
  process.start(python(), arguments);
  process.write(input);
  process.closeWriteChannel();
  process.waitForFinished(60'000);
  return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1,
          QString::fromUtf8(process.readAllStandardOutput()),
          QString::fromUtf8(process.readAllStandardError())};
}

// Prints "bad: …" for anything but imports of torch, one class of methods, and the main guard with its three
// statements.
constexpr const char* onlyThis = R"(
import ast, sys
tree = ast.parse(open(sys.argv[1], 'rb').read())
allowed = {'torch', 'safetensors.torch'}
for node in tree.body:
    if isinstance(node, ast.Import): ok = all(a.name == 'torch' for a in node.names)
    elif isinstance(node, ast.ImportFrom): ok = node.module == 'torch'
    elif isinstance(node, ast.ClassDef): ok = all(isinstance(f, ast.FunctionDef) and f.name in ('__init__', 'forward') for f in node.body)
    elif isinstance(node, ast.If): ok = len(node.body) == 5 and isinstance(node.body[0], ast.ImportFrom) and node.body[0].module == 'safetensors.torch'
    else: ok = False
    if not ok: print('bad:', ast.dump(node)[:300])
calls = {ast.unparse(c.func) for c in ast.walk(tree) if isinstance(c, ast.Call)}
for name in sorted(calls):
    if not (name.startswith(('self.', 'nn.', 'torch.', 'super', 'model', 'load_file', 'print')) or name in {c.name for c in tree.body if isinstance(c, ast.ClassDef)}):
        print('bad call:', name)
)";

// What forward() gives, written as nested calls; without PyTorch.
constexpr const char* traced = R"(
import sys, types
torch, nn = types.ModuleType('torch'), types.ModuleType('torch.nn')
class Module: pass
nn.Module = Module
def layer(kind):
    return lambda *a, **k: (lambda *x: kind + '(' + ','.join(x) + ')')
nn.__getattr__ = layer
class Text(str):
    def __add__(self, other): return Text('(' + str(self) + '+' + str(other) + ')')
torch.nn = nn
torch.cat = lambda parts, dim: Text('cat(' + ','.join(parts) + ')')
sys.modules['torch'], sys.modules['torch.nn'] = torch, nn
space = {}
exec(compile(sys.stdin.read(), 'code', 'exec'), space)
made = [v for v in space.values() if isinstance(v, type) and issubclass(v, Module) and v is not Module][0]()
for name, value in list(vars(made).items()):
    made.__dict__[name] = (lambda n: lambda *x: Text(n + '(' + ','.join(x) + ')'))(name)
count = made.forward.__code__.co_argcount - 1
result = made.forward(*[Text('in%d' % i) for i in range(count)])
print(' | '.join(result) if isinstance(result, tuple) else result)
)";

void compareWithGolden(const std::string& text, const std::string& name) {
  const fs::path file = fs::path(LOOM_TEST_DATA) / "torch" / name;
  if (qEnvironmentVariableIsSet("LOOM_WRITE_GOLDEN")) {
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
  }
  const std::string golden = bytesOf(file);
  if (golden == text) return;
  const auto a = QString::fromStdString(text).split('\n'), b = QString::fromStdString(golden).split('\n');
  for (qsizetype i = 0; i < std::max(a.size(), b.size()); ++i)
    if (a.value(i) != b.value(i))
      QFAIL(qPrintable(QString("%1:%2: '%3', the golden file has '%4'")
                           .arg(name.c_str())
                           .arg(i + 1)
                           .arg(a.value(i), b.value(i))));
}

// Inputs of the example's shapes, the layer, an Output behind it where one fits.
Network around(const LayerSpec& layer, const LayerExample& example, const std::string& name) {
  Network network;
  network.name = name;
  const auto add = [&](std::string_view type, const Params& params, const std::string& called,
                       const std::vector<NodeId>& from) {
    Node node;
    node.id = network.nextId++;
    node.name = called;
    node.type = type;
    node.params = params;
    network.nodes[node.id] = node;
    const bool many = !from.empty() && findLayer(type)->inputs.at(0).many;
    for (std::size_t i = 0; i < from.size(); ++i) {
      const EdgeId edge = network.nextId++;
      network.edges[edge] =
          Edge{edge, from[i], node.id, many ? 0 : static_cast<int>(i), many ? static_cast<int>(i) : 0};
    }
    return node.id;
  };
  std::vector<NodeId> inputs;
  for (const Shape& shape : example.inputs) {
    Ints dims;
    for (std::size_t i = 1; i < shape.size(); ++i) dims.push_back(shape[i].value);
    inputs.push_back(add("Input", {{"shape", dims}}, "input" + std::to_string(inputs.size() + 1), {}));
  }
  if (layer.type == "Input") return network;
  NodeId last = add(layer.type, example.params, "layer", inputs);
  if (!layer.hasOutput) return network;
  const auto analysis = analyse(network);
  if (analysis.nodes.at(last).output->size() != 2) last = add("Flatten", {}, "flat", {last});
  add("Output", {{"loss", std::string("MSELoss")}}, "output", {last});
  return network;
}

// "self.NAME = nn.…" of the code.
std::set<std::string> modulesOf(const std::string& text) {
  std::set<std::string> names;
  for (const QString& line : QString::fromStdString(text).split('\n'))
    if (const auto match = QRegularExpression("^        self\\.(\\w+) = nn\\.").match(line); match.hasMatch())
      names.insert(match.captured(1).toStdString());
  return names;
}

std::set<std::string> keysOf(const Network& network) {
  CompileOptions options;
  options.evaluateBatches = {2};
  auto compiled = compile(network, options);
  if (!compiled) qFatal("%s", compiled.error().message().c_str());
  std::set<std::string> keys;
  for (const auto* list : {&compiled->plan.parameters, &compiled->plan.states})
    for (const TensorId id : *list) keys.insert(compiled->plan.tensor(id).name);
  return keys;
}

} // namespace

class TestTorchCode : public QObject {
  Q_OBJECT
 private slots:
  void everyLayer() {
    std::string all;
    for (const LayerSpec* layer : layerTable()) {
      int number = 0;
      QVERIFY2(layer->torch != nullptr, std::string(layer->type).c_str());
      for (const LayerExample& example : layer->examples()) {
        const Network network =
            around(*layer, example, std::string(layer->type) + " " + std::to_string(++number));
        const std::string text = torchText(network);
        QVERIFY2(text.find("not valid") == std::string::npos, text.c_str());
        const bool learns =
            layer->parameters &&
            !layer->parameters(example.inputs, completeParams(*layer, example.params).value()).empty();
        if (learns) QVERIFY2(modulesOf(text).contains("layer"), text.c_str());
        all += text + "\n\n";
      }
    }
    compareWithGolden(all, "layers.txt");
    if (python().isEmpty()) QSKIP(noPython);
    const Ran ran = runPython({"-c", "import sys; compile(sys.stdin.read(), 'layers.py', 'exec')"},
                              QByteArray::fromStdString(all));
    QVERIFY2(ran.code == 0, qPrintable(ran.errors));
  }

  void everyTemplate_data() {
    QTest::addColumn<QByteArray>("id");
    for (const auto& row : networkTemplates())
      QTest::addRow("%s", row.id.data()) << QByteArray(row.id.data());
  }
  void everyTemplate() {
    QFETCH(QByteArray, id);
    for (const auto& row : networkTemplates()) {
      if (QByteArray(row.id.data()) != id) continue;
      const Network network = row.make();
      const std::string text = torchText(network);
      compareWithGolden(text, id.toStdString() + ".txt");
      // Each key of the weights begins with the name of a module.
      const auto modules = modulesOf(text);
      for (const auto& key : keysOf(network))
        QVERIFY2(modules.contains(key.substr(0, key.find('.'))), key.c_str());
      // Each line knows its node: the one whose name it carries.
      for (const CodeLine& line : torchCode(network, analyse(network)))
        if (line.node != 0 && line.text.find(" = nn.") != std::string::npos)
          QVERIFY(line.text.find("self." + network.node(line.node)->name + " = ") != std::string::npos);
      if (python().isEmpty()) QSKIP(noPython);
      const Ran ran = runPython({"-c", traced}, QByteArray::fromStdString(text));
      QVERIFY2(ran.code == 0 && ran.output.contains("in0"), qPrintable(ran.errors));
      for (const auto& module : modules)
        QVERIFY2(ran.output.contains(QString::fromStdString(module + "(")), qPrintable(ran.output));
    }
  }

  // Code and weights of a real run, as files: the same keys, and Python takes the code.
  void exportsARun_data() {
    QTest::addColumn<QByteArray>("id");
    for (const char* id : {"iris", "digits", "cnn", "resnet"}) QTest::addRow("%s", id) << QByteArray(id);
  }
  void exportsARun() {
    QFETCH(QByteArray, id);
    TestProject project;
    if (!project.make(id.toStdString(), 200, 50)) QSKIP(noFashion);
    TrainRequest request = project.request("a");
    request.settings.epochs = 1;
    const TrainOutcome outcome = finished(request);
    const auto network = loadNetwork(project.project, "");
    QVERIFY(network.ok());
    const fs::path out = project.folder() / "out";
    const auto exported = exportTorch(*network, out, project.run("a"));
    QVERIFY2(exported.ok(), exported.ok() ? "" : exported.error().message().c_str());
    const auto weights = readSafetensors(out / (network->name + ".safetensors"));
    QVERIFY(weights.ok());
    std::set<std::string> keys;
    for (const auto& [key, tensor] : weights->tensors) keys.insert(key);
    QCOMPARE(keys, keysOf(*network));
    const auto best = readCheckpoint(project.run("a"), outcome.checkpoint);
    QVERIFY(best.ok());
    for (const auto& [key, tensor] : best->model.tensors)
      QVERIFY(weights->tensors.at(key).data == tensor.data);
    if (python().isEmpty()) QSKIP(noPython);
    const QString code = QString::fromStdString((out / (network->name + ".py")).string());
    const Ran compiled = runPython({"-m", "py_compile", code});
    QVERIFY2(compiled.code == 0, qPrintable(compiled.errors));
    const Ran looked = runPython({"-c", onlyThis, code});
    QVERIFY2(looked.code == 0 && looked.output.isEmpty(), qPrintable(looked.output + looked.errors));
  }

  // Weights that load_state_dict would refuse are not written.
  void weightsOfAnotherNetworkAreRefused() {
    TestProject project;
    QVERIFY(project.make("iris"));
    TrainRequest request = project.request("a");
    request.settings.epochs = 1;
    finished(request);
    const auto own = loadNetwork(project.project, "");
    QVERIFY(own.ok());
    const fs::path out = project.folder() / "out";
    const auto refused = [&](const Network& network) {
      const auto exported = exportTorch(network, out, project.run("a"));
      return !exported.ok() && exported.error().kind == ErrorKind::input && !fs::exists(out);
    };
    Network wider = *own, renamed = *own;
    bool changed = false;
    for (auto& [id, node] : wider.nodes)
      if (node.type == "Linear" && !changed) {
        node.params.set("out_features", node.params.getInt("out_features") + 1);
        changed = true;
      }
    QVERIFY(changed && refused(wider));
    for (auto& [id, node] : renamed.nodes)
      if (node.type == "Linear") node.name += "x";
    QVERIFY(refused(renamed));
    QVERIFY(exportTorch(*own, out, project.run("a")).ok());
  }

  void whatIsComputedFromWhat_data() {
    QTest::addColumn<QByteArray>("kind");
    QTest::addColumn<QString>("wanted");
    QTest::addRow("chain") << QByteArray("chain") << "b(a(in0))";
    QTest::addRow("residual") << QByteArray("residual") << "b((s(a(in0))+a(in0)))";
    QTest::addRow("two outputs") << QByteArray("outputs") << "p(a(in0)) | q(a(in0))";
    QTest::addRow("a node called x") << QByteArray("x") << "b((s(x(in0))+x(in0)))";
    QTest::addRow("shared weights") << QByteArray("shared") << "a(a(in0))";
  }
  void whatIsComputedFromWhat() {
    QFETCH(QByteArray, kind);
    QFETCH(QString, wanted);
    if (python().isEmpty()) QSKIP(noPython);
    Network network;
    network.name = "net";
    std::map<std::string, NodeId> ids;
    const auto add = [&](const std::string& type, const std::string& name, std::vector<std::string> from) {
      Node node;
      node.id = network.nextId++;
      node.type = type;
      node.name = name;
      if (type == "Input") node.params = {{"shape", Ints{4}}};
      if (type == "Linear") node.params = {{"out_features", std::int64_t{4}}};
      network.nodes[node.id] = node;
      ids[name] = node.id;
      for (std::size_t i = 0; i < from.size(); ++i) {
        const EdgeId edge = network.nextId++;
        network.edges[edge] = Edge{edge, ids.at(from[i]), node.id, 0, static_cast<int>(i)};
      }
    };
    add("Input", "input", {});
    if (kind == "residual" || kind == "x") {
      const std::string first = kind == "x" ? "x" : "a";
      add("Linear", first, {"input"});
      add("Linear", "s", {first});
      add("Add", "sum", {"s", first});
      add("Linear", "b", {"sum"});
      add("Output", "out", {"b"});
    } else if (kind == "outputs") {
      add("Linear", "a", {"input"});
      add("Linear", "p", {"a"});
      add("Output", "first", {"p"});
      add("Linear", "q", {"a"});
      add("Output", "second", {"q"});
    } else {
      add("Linear", "a", {"input"});
      add("Linear", "b", {"a"});
      add("Output", "out", {"b"});
      if (kind == "shared") network.nodes[ids["b"]].shares = ids["a"];
    }
    const std::string text = torchText(network);
    QVERIFY2(text.find("not valid") == std::string::npos, text.c_str());
    const Ran ran = runPython({"-c", traced}, QByteArray::fromStdString(text));
    QVERIFY2(ran.code == 0, qPrintable(ran.errors + QString::fromStdString(text)));
    QCOMPARE(ran.output.trimmed().remove(' '), QString(wanted).remove(' '));
    if (kind == "shared") QCOMPARE(modulesOf(text), std::set<std::string>{"a"});
  }

  // Neither a node nor a network can bring a statement of its own into the code.
  void hostileNames_data() {
    QTest::addColumn<QByteArray>("name");
    for (const char* name : {"a\nimport os",
                             "x = 1; import os",
                             "a):\n  pass\nimport os #",
                             "\"); import os; (\"",
                             "class",
                             "None",
                             "self",
                             "__class__",
                             "train",
                             "forward",
                             "nn",
                             "a.b",
                             "a b",
                             "\\",
                             "\xc3\xa4",
                             "\xff\xfe",
                             "",
                             "1a",
                             "{0}",
                             "{self}",
                             "%s",
                             "'''"})
      QTest::addRow("%s", name) << QByteArray(name);
    QTest::addRow("long") << QByteArray(5000, 'a');
  }
  void hostileNames() {
    QFETCH(QByteArray, name);
    Network network = chain("net", {{"Input", {{"shape", Ints{3}}}, "input"},
                                    {"Linear", {{"out_features", std::int64_t{3}}}, "layer"},
                                    {"Tanh", {}, "tanh"},
                                    {"Linear", {{"out_features", std::int64_t{2}}}, "last"},
                                    {"Output", {}, "output"}});
    const NodeId victim = network.nodeNamed("layer")->id;
    // A file with such a name is not even read.
    Network renamed = network;
    renamed.nodes[victim].name = name.toStdString();
    QVERIFY2(!networkFromJson(toJson(renamed), "file").ok(), name);
    QVERIFY2(!validNodeName(name.toStdString()), name);
    // And in memory it comes to nothing: in the code, and in the comment on a broken node.
    Network broken = renamed;
    broken.nodes[victim].params = {{"out_features", std::int64_t{-5}}};
    Network called = network;
    called.name = name.toStdString();
    const QTemporaryDir folder;
    int number = 0;
    for (const Network* each : {&renamed, &broken, &called}) {
      const std::string text = torchText(*each);
      for (const QString& line : QString::fromStdString(text).split('\n'))
        QVERIFY2(!line.trimmed().startsWith("import os"), text.c_str());
      if (python().isEmpty()) continue;
      const QString file = folder.filePath(QString("net%1.py").arg(++number));
      std::ofstream(file.toStdString(), std::ios::binary) << text;
      const Ran ran = runPython({"-c", onlyThis, file});
      QVERIFY2(ran.code == 0 && ran.output.isEmpty(),
               qPrintable(ran.output + ran.errors + QString::fromStdString(text)));
    }
  }

  // The name of the weights' file is a text in the code.
  void hostileFileNames_data() {
    QTest::addColumn<QByteArray>("name");
    for (const char* name :
         {"a\"); import os; print(\"", "a\nimport os", "back\\slash", "tab\t", "größe", "a'b", "true"})
      QTest::addRow("%s", name) << QByteArray(name);
  }
  void hostileFileNames() {
    QFETCH(QByteArray, name);
    if (python().isEmpty()) QSKIP(noPython);
    TestProject project;
    QVERIFY(project.make("iris"));
    TrainRequest request = project.request("a");
    request.settings.epochs = 1;
    finished(request);
    auto network = loadNetwork(project.project, "");
    QVERIFY(network.ok());
    network->name = name.toStdString();
    const fs::path out = project.folder() / "out";
    QVERIFY(exportTorch(*network, out, project.run("a")).ok());
    const QString file = QString::fromStdString((out / fileNameOf(network->name, ".py")).string());
    const Ran ran = runPython({"-c", onlyThis, file});
    QVERIFY2(ran.code == 0 && ran.output.isEmpty(), qPrintable(ran.output + ran.errors));
    const Ran text = runPython(
        {"-c",
         "import ast, sys\n"
         "for n in ast.walk(ast.parse(open(sys.argv[1], 'rb').read())):\n"
         "  if isinstance(n, ast.Constant) and str(n.value).endswith('.safetensors'): print(n.value, end='')",
         file});
    QCOMPARE(text.output, QString::fromStdString(fileNameOf(network->name, ".safetensors")));
  }
};

QTEST_GUILESS_MAIN(TestTorchCode)
#include "tst_torch_code.moc"
