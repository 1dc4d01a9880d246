#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Exported code and weights in PyTorch itself, template by template.

check_torch.py --build build [--torch /path/to/python] [--epochs 2]

For each template: a short run on real data, `loom export`, load_state_dict(strict=True), and the test part through both
engines. Prints the largest differences of the probabilities, and of the logits without their common shift. Exits with 1
when a template's probabilities differ by more than 1e-4. Where no Python with PyTorch is found, it says so and exits with 0.
"""
import argparse
import csv
import gzip
import importlib.util
import json
import os
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

FASHION = Path("/usr/share/datasets/fashion-mnist")
TEMPLATES = ["softmax", "mlp", "cnn", "resnet", "iris", "digits"]
TRAIN, TEST = 4000, 1000


def with_torch(asked):
    """Goes on in a Python that has PyTorch; without one there is nothing to do."""
    for python in [asked] if asked else [sys.executable, os.environ.get("LOOM_TORCH_PYTHON"), "python3"]:
        if not python:
            continue
        found = subprocess.run([python, "-c", "import torch"], capture_output=True)
        if found.returncode == 0:
            if python != sys.executable:
                os.execvp(python, [python, *sys.argv])
            return
    print("PyTorch is not installed: the exported code is not compared with it "
          "(pip install torch in a virtual environment, then --torch ENVIRONMENT/bin/python)")
    sys.exit(0)


def run(loom, *arguments):
    done = subprocess.run([loom, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"loom {' '.join(map(str, arguments))}: {done.stderr.strip()}")
    return done.stdout


def read_safetensors(file):
    import torch

    bytes_ = Path(file).read_bytes()
    length = struct.unpack("<Q", bytes_[:8])[0]
    header, data = json.loads(bytes_[8:8 + length]), bytearray(bytes_[8 + length:])
    types = {"F32": torch.float32, "I32": torch.int32, "I64": torch.int64}
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        flat = torch.frombuffer(data[begin:end], dtype=types[entry["dtype"]])
        tensors[name] = flat.reshape(entry["shape"]).clone()
    return tensors


def shorten(source, target, count, each):
    """The first images or labels of a gzipped IDX file as a file of its own."""
    head = 16 if each > 1 else 8
    with gzip.open(source) as file:
        bytes_ = bytearray(file.read(head + count * each))
    bytes_[4:8] = struct.pack(">I", count)
    target.write_bytes(bytes_)


def use_subset(project):
    file = project / "project.json"
    content = json.loads(file.read_text())
    for key, source, count, each in [("train_images", "train-images-idx3-ubyte.gz", TRAIN, 784),
                                     ("train_labels", "train-labels-idx1-ubyte.gz", TRAIN, 1),
                                     ("test_images", "t10k-images-idx3-ubyte.gz", TEST, 784),
                                     ("test_labels", "t10k-labels-idx1-ubyte.gz", TEST, 1)]:
        target = project / key
        shorten(FASHION / source, target, count, each)
        assert key in content["data"], sorted(content["data"])
        content["data"][key] = str(target)
    file.write_text(json.dumps(content))


def samples(project, config, numbers):
    """The samples of these numbers, normalised as run.json says."""
    import torch

    mean, std = (torch.tensor(config["normalisation"][key], dtype=torch.float64) for key in ("mean", "std"))
    data = config["data"]
    if data["format"] == "idx":
        raw = b"".join(Path(data[key]).read_bytes()[16:] for key in ("train_images", "test_images"))
        images = torch.frombuffer(bytearray(raw), dtype=torch.uint8).reshape(-1, 1, 28, 28)
        values = images[numbers].double() / 255
    else:
        with open(project / data["file"], newline="") as file:
            rows = list(csv.DictReader(file))
        columns = [column for column in rows[0] if column != data["target"]]
        values = torch.tensor([[float(rows[n][column]) for column in columns] for n in numbers], dtype=torch.float64)
        if data.get("reshape"):
            values = values.reshape(-1, *data["reshape"])
    shape = [1, -1] + [1] * (values.dim() - 2)
    return ((values - mean.reshape(shape)) / std.reshape(shape)).float()


def check(loom, template, epochs, folder):
    import torch

    project, out = folder / f"{template}.loom", folder / f"{template}-out"
    run(loom, "new", project, "--template", template)
    if template not in ("iris", "digits"):
        use_subset(project)
    summary = json.loads(run(loom, "train", project, "--epochs", epochs, "--json").strip().splitlines()[-1])
    run(loom, "export", project, out, "--run", "last")
    run_folder = project / "runs" / summary["run"]
    config = json.loads((run_folder / "run.json").read_text())
    code = next(out.glob("*.py"))
    spec = importlib.util.spec_from_file_location("exported", code)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    classes = [each for each in vars(module).values()
               if isinstance(each, type) and issubclass(each, torch.nn.Module) and each.__module__ == "exported"]
    model = classes[0]()
    weights = read_safetensors(next(out.glob("*.safetensors")))
    model.load_state_dict(weights, strict=True)
    model.eval()
    kept = read_safetensors(run_folder / "evaluations" / f"{summary['checkpoint']}-test" / "predictions.safetensors")
    numbers = kept["sample"].long()
    with torch.no_grad():
        logits = model(samples(project, config, numbers)).double()
    theirs = torch.softmax(logits, 1)
    ours = kept["output"].double().reshape(theirs.shape)
    # Logits are known up to one shift a sample; where a probability is nearly 0 its float32 has few digits left.
    seen = ours > 1e-4
    shifted = (torch.log(ours.clamp_min(1e-30)) - torch.log_softmax(logits, 1)).abs()[seen]
    accuracy = (logits.argmax(1) == kept["label"].long()).double().mean().item()
    return {"template": template, "parameters": sum(p.numel() for p in model.parameters()), "keys": len(weights),
            "samples": len(numbers), "probability": (ours - theirs).abs().max().item(), "logit": shifted.max().item(),
            "other answers": int((logits.argmax(1) != kept["prediction"].long()).sum()),
            "accuracy": accuracy, "loom": summary["metrics"]["test_accuracy"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build")
    parser.add_argument("--torch", help="a Python with PyTorch")
    parser.add_argument("--epochs", type=int, default=2)
    arguments = parser.parse_args()
    with_torch(arguments.torch)
    import torch

    loom = str(Path(arguments.build).resolve() / "bin" / "loom")
    print(f"PyTorch {torch.__version__}; largest absolute differences over the test part")
    print(f"{'template':<10}{'parameters':>11}{'keys':>6}{'samples':>9}{'probability':>13}{'logit':>10}"
          f"{'other answers':>15}{'accuracy':>10}{'loom':>8}")
    bad = False
    with tempfile.TemporaryDirectory() as folder:
        for template in TEMPLATES:
            if template not in ("iris", "digits") and not FASHION.exists():
                print(f"{template:<10}left out: Fashion-MNIST is not installed (apt-get install dataset-fashion-mnist)")
                continue
            row = check(loom, template, arguments.epochs, Path(folder))
            bad |= row["probability"] > 1e-4
            print(f"{row['template']:<10}{row['parameters']:>11,}{row['keys']:>6}{row['samples']:>9}"
                  f"{row['probability']:>13.2e}{row['logit']:>10.2e}{row['other answers']:>15}"
                  f"{row['accuracy']:>10.4f}{row['loom']:>8.4f}")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
