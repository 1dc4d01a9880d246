#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The terminal's part of make.sh: small projects of every task, trained by the landed `loom`.

make_projects.py LOOM ROOT: writes ROOT/projects and ROOT/inputs. Everything is derived from fixed seeds, except for the
moments at which a trainer is stopped, paused or killed.
"""
import gzip
import json
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import uuid
import zlib
from pathlib import Path

LOOM, ROOT = sys.argv[1], Path(sys.argv[2])
PROJECTS, INPUTS = ROOT / "projects", ROOT / "inputs"
SAMPLES = Path(os.environ["LOOM_SAMPLES"])
ids = random.Random(20261127)


def loom(*words, code=0, **environment):
    done = subprocess.run([LOOM, *map(str, words)], capture_output=True, text=True, env={**os.environ, **environment})
    if code is not None and done.returncode != code:
        sys.exit(f"loom {' '.join(map(str, words))}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def new_id():
    return str(uuid.UUID(int=ids.getrandbits(128), version=4))


def train(project, *options, code=0, run=None, **environment):
    run = run or new_id()
    loom("train", project, "--run", run, *options, code=code, **environment)
    return run


class Trainer:
    """A trainer that is interrupted while it trains."""

    def __init__(self, project, *options):
        self.project, self.run = project, new_id()
        self.process = subprocess.Popen([LOOM, "train", str(project), "--run", self.run, *options, "--json"], stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)

    def until(self, kind):
        for line in self.process.stdout:
            event = json.loads(line)
            if event.get("event") == kind:
                return event
        sys.exit(f"{self.project}: the trainer ended before it reported '{kind}'")

    def control(self, *words):
        loom("control", self.project, self.run, *words)

    def end(self, number=None):
        if number:
            self.process.send_signal(number)
        self.process.stdout.read()
        return self.process.wait()


def edited(file, change):
    content = json.loads(file.read_text())
    change(content)
    file.write_text(json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n")


def png(file, pixels):
    """8-bit RGB; `pixels` are rows of triples."""
    raw = b"".join(b"\0" + bytes(v for pixel in row for v in pixel) for row in pixels)

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", len(pixels[0]), len(pixels), 8, 2, 0, 0, 0)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b""))


def network(name, nodes):
    """A chain of layers as the canvas saves one."""
    drawn, edges = [], []
    for index, (node, kind, params) in enumerate(nodes):
        one = {"id": 2 * index + 1, "name": node, "type": kind, "position": [32.0 + 192 * (index % 4), 20.0 + 124 * (index // 4)]}
        if params:
            one["params"] = params
        drawn.append(one)
        if index:
            edges.append({"id": 2 * index + 2, "from": 2 * index - 1, "to": 2 * index + 1, "port": "input"})
    return {"schema": 1, "name": name, "definitions": {}, "notes": [], "nodes": drawn, "edges": edges, "next_id": 2 * len(nodes) + 2}


def draw(project, content):
    for old in (project / "networks").iterdir():
        old.unlink()
    (project / "networks" / f"{content['name']}.json").write_text(json.dumps(content, indent=2, sort_keys=True) + "\n")
    edited(project / "project.json", lambda p: p.update(network=content["name"]))


def flowers():
    """A table with classes. Stopped, finished, resumed after a kill, its history written twice."""
    project = PROJECTS / "Blumen größer.loom"
    loom("new", project, "--template", "iris")
    fixed = ["--threads", "1", "--batch", "16", "--checkpoint-every", "7"]
    whole = train(project, *fixed, "--epochs", "12", "--name", "whole")
    stopped = Trainer(project, *fixed, "--epochs", "12", "--name", "stopped")
    stopped.until("checkpoint")
    if stopped.end(signal.SIGTERM) != 7:
        sys.exit("the trainer was not stopped while it trained")
    killed = new_id()
    train(project, *fixed, "--epochs", "6", "--name", "killed, then resumed", run=killed, code=None, LOOM_FAULT="write:KILL:checkpoints/.28")
    killed_for_good = new_id()
    train(project, *fixed, "--epochs", "6", "--name", "killed", run=killed_for_good, code=None, LOOM_FAULT="write:KILL:checkpoints/.21")
    loom("train", project, "--resume", killed)
    loom("train", project, "--resume", killed, "--epochs", "8")
    old = train(project, "--threads", "1", "--epochs", "2", "--optimizer", "SGD", "--lr", "0.1", "--schedule", "cosine", "--seed", "7")
    for part in ("test", "validation", "train"):
        loom("evaluate", project, whole, "--split", part)
    loom("evaluate", project, stopped.run, "--split", "validation", "--checkpoint", "7")
    (INPUTS / "flowers.csv").write_text("sepal_length_cm,sepal_width_cm,petal_length_cm,petal_width_cm\n5.1,3.5,1.4,0.2\n6.9,3.1,5.4,\n5.5,2.5,4,1.3\n")
    return {"whole": whole, "stopped": stopped.run, "killed": killed_for_good, "resumed": killed, "old": old}


def houses():
    """A table with numbers. Finished, diverged, failed."""
    values = random.Random(5)
    folder = PROJECTS / "houses.loom"
    table = ["Fläche (m²),rooms,year,quarter,garden,remark,price"]
    quarters = ["Nord", '"Hafen, ""alt"""', "Äußere Stadt", "100 % neu"]
    for number in range(140):
        area, rooms = values.uniform(30, 220), values.randint(1, 8)
        quarter = values.randrange(4)
        price = round(1800 * area + 9000 * rooms + 40000 * quarter + values.gauss(0, 9000))
        table.append(",".join(["" if number % 31 == 7 else f"{area:.1f}", str(rooms), str(values.randint(1900, 2020)), quarters[quarter],
                               values.choice(["yes", "no"]), f"note {number} %1 {{}}", str(price)]))
    source = ROOT / "houses.csv"
    source.write_text("\n".join(table) + "\n")
    loom("new", folder, "--data", source, "--target", "price")
    (folder / "data").mkdir()
    shutil.move(source, folder / "data" / "houses.csv")
    edited(folder / "project.json", lambda p: p["data"].update(file="data/houses.csv", left_out=["remark"]))
    name = json.loads((folder / "project.json").read_text())["network"]
    inputs = [n for n in json.loads((folder / "networks" / f"{name}.json").read_text())["nodes"] if n["type"] == "Input"]
    draw(folder, network("preise", [("input", "Input", inputs[0]["params"]), ("linear_1", "Linear", {"out_features": 8}),
                                    ("tanh", "Tanh", {}), ("linear_2", "Linear", {"out_features": 1}), ("output", "Output", {"loss": "MSELoss"})]))
    fixed = ["--threads", "1", "--batch", "16"]
    good = train(folder, *fixed, "--epochs", "15", "--name", "good")
    for part in ("test", "validation"):
        loom("evaluate", folder, good, "--split", part)
    diverged = train(folder, *fixed, "--epochs", "5", "--optimizer", "SGD", "--lr", "900", "--schedule", "constant", "--name", "too fast", code=5)
    failed = train(folder, *fixed, "--epochs", "3", "--name", "disk full", code=None, LOOM_FAULT="write:ENOSPC:model.safetensors")
    (INPUTS / "houses.csv").write_text("\n".join(table[:1] + table[3:6] + ['90,3,1950,"Hafen, ""alt""",yes,x,0']) + "\n")
    return {"good": good, "diverged": diverged, "failed": failed}


def pictures():
    """A folder of images. Finished; paused and then killed, with a command that nobody answered."""
    values = random.Random(11)
    folder = PROJECTS / "pictures.loom"
    source = ROOT / "Bilder"

    def picture(kind):
        base = [(200, 60, 40), (40, 160, 80), (50, 70, 190)][kind]
        return [[tuple(max(0, min(255, c + values.randint(-40, 40) + (30 if (x + kind) % 3 == 0 else 0))) for c in base)
                 for x in range(8)] for _ in range(8)]

    for kind, name in enumerate(["Rot & warm", "grün", "blue (cold)"]):
        for number in range(14):
            png(source / name / f"{number:02}.png", picture(kind))
    loom("new", folder, "--data", source)
    (folder / "data").mkdir()
    shutil.move(source, folder / "data" / "Bilder")
    edited(folder / "project.json", lambda p: p["data"].update(folder="data/Bilder"))
    draw(folder, network("klein", [("input", "Input", {"shape": [3, 8, 8]}), ("conv", "Conv2d", {"out_channels": 4, "kernel_size": [3, 3]}),
                                   ("norm", "BatchNorm2d", {}), ("relu", "ReLU", {}), ("pool", "MaxPool2d", {"kernel_size": [2, 2]}),
                                   ("flatten", "Flatten", {}), ("drop", "Dropout", {"p": 0.2}),
                                   ("linear", "Linear", {"out_features": 3}), ("output", "Output", {})]))
    fixed = ["--threads", "1", "--batch", "8"]
    good = train(folder, *fixed, "--epochs", "4", "--name", "good")
    for part in ("test", "validation"):
        loom("evaluate", folder, good, "--split", part, code=None)
    paused = Trainer(folder, *fixed, "--epochs", "60", "--checkpoint-every", "8", "--name", "paused, then killed")
    paused.until("checkpoint")
    paused.control("lr", "0.004")
    paused.control("pause")
    while True:
        state = paused.until("state")
        if state["state"] == "paused":
            break
    paused.process.send_signal(signal.SIGSTOP)
    paused.control("stop")
    paused.end(signal.SIGKILL)
    png(INPUTS / "picture one.png", picture(1))
    png(INPUTS / "picture two.png", picture(2))
    return {"good": good, "paused": paused.run}


def digits():
    """IDX files. Stopped at a person's request with another rate before, resumed on two threads."""
    folder = PROJECTS / "digits.loom"
    source = ROOT / "idx"
    source.mkdir()
    rows = [line.split(",") for line in (SAMPLES / "digits.csv").read_text().splitlines()[1:401]]

    def idx(name, part, pack):
        images = struct.pack(">IIII", 0x803, len(part), 8, 8) + bytes(min(255, int(float(v)) * 15) for row in part for v in row[:64])
        labels = struct.pack(">II", 0x801, len(part)) + bytes(int(row[64]) for row in part)
        for file, data in ((f"{name}-images-idx3-ubyte", images), (f"{name}-labels-idx1-ubyte", labels)):
            (source / (file + (".gz" if pack else ""))).write_bytes(gzip.compress(data, mtime=0) if pack else data)

    idx("train", rows[:320], True)
    idx("t10k", rows[320:], False)
    loom("new", folder, "--data", source)
    (folder / "data").mkdir()
    for file in source.iterdir():
        shutil.move(file, folder / "data" / file.name)
    source.rmdir()

    def relative(content):
        for key, value in list(content["data"].items()):
            if isinstance(value, str) and value.startswith(str(source)):
                content["data"][key] = "data/" + Path(value).name

    edited(folder / "project.json", relative)
    draw(folder, network("zahlen", [("input", "Input", {"shape": [1, 8, 8]}), ("conv", "Conv2d", {"out_channels": 6, "kernel_size": [3, 3], "padding": [1, 1]}),
                                    ("relu", "ReLU", {}), ("pool", "AvgPool2d", {"kernel_size": [2, 2]}), ("flatten", "Flatten", {}),
                                    ("linear", "Linear", {"out_features": 10}), ("output", "Output", {})]))
    fixed = ["--threads", "2", "--batch", "32"]
    whole = train(folder, *fixed, "--epochs", "5", "--name", "whole", "--optimizer", "SGD", "--lr", "0.05", "--schedule", "one-cycle")
    stopped = Trainer(folder, *fixed, "--epochs", "30", "--checkpoint-every", "9", "--name", "stopped by a command", "--workers", "0")
    stopped.until("checkpoint")
    stopped.control("lr", "0.002")
    stopped.control("checkpoint")
    stopped.control("stop")
    if stopped.end() != 7:
        sys.exit("digits: not stopped")
    for run in (whole, stopped.run):
        for part in ("test", "validation"):
            loom("evaluate", folder, run, "--split", part)
    shutil.copy(folder / "data" / "t10k-images-idx3-ubyte", INPUTS / "digits-images-idx3-ubyte")
    return {"whole": whole, "stopped": stopped.run}


def shoes():
    """Fashion-MNIST by the paths of its package; the template as it comes."""
    folder = PROJECTS / "shoes.loom"
    loom("new", folder, "--template", "softmax")
    run = train(folder, "--threads", "1", "--batch", "6000", "--epochs", "1")
    shutil.rmtree(folder / "runs" / run / "evaluations")
    return {"only": run}


def rebuilt():
    """A history that was rebuilt: old databases beside the new ones, and a run of which the databases hold more than its journal."""
    folder = PROJECTS / "rebuilt.loom"
    loom("new", folder, "--template", "iris")
    fixed = ["--threads", "1", "--epochs", "3"]
    whole, cut = train(folder, *fixed, "--name", "whole"), train(folder, *fixed, "--name", "its journal was cut")
    loom("runs", "list", folder)
    journal = folder / "runs" / cut / "attempts" / "1" / "journal"
    journal.write_bytes(journal.read_bytes()[:1500])
    loom("history", "rebuild", folder, code=None)
    loom("runs", "list", folder)
    return {"whole": whole, "cut": cut}


def main():
    for folder in (PROJECTS, INPUTS):
        folder.mkdir(parents=True)
    runs = {}
    for make in (flowers, houses, pictures, digits, shoes, rebuilt):
        runs[make.__name__] = make()
    for project in sorted(PROJECTS.iterdir()):
        loom("runs", "list", project)
    (ROOT / "runs.json").write_text(json.dumps(runs, indent=2) + "\n")


main()
