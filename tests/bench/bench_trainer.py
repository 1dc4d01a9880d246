# SPDX-License-Identifier: Apache-2.0
"""The trainer as a person starts it: `loom train` from process start to the first finished step, its peak memory, and what
journal, batches and checkpoints cost beside the bare engine. PyTorch's import and first step stand beside it."""
import json
import os
import random
import statistics
import subprocess
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent


def first_line(command):
    """Seconds from the start of a program to its first line, and its peak memory in MB."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    line = process.stdout.readline()
    seconds = time.perf_counter() - begin
    process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0 or not line:
        raise SystemExit("a benchmark program ended without a word: " + " ".join(map(str, command)))
    return seconds, usage.ru_maxrss / 1024


def write_table(path, rows=4096, columns=20):
    draw = random.Random(1)
    with open(path, "w") as file:
        file.write(",".join(f"x{i}" for i in range(columns)) + ",class\n")
        for _ in range(rows):
            x = [draw.gauss(0, 1) for _ in range(columns)]
            file.write(",".join(f"{v:.5f}" for v in x) + (",yes\n" if sum(x[:5]) + x[6] * x[7] > 0 else ",no\n"))


def as_n1(project):
    """The proposed network, with N1's hidden layers."""
    path = next((project / "networks").glob("*.json"))
    network = json.loads(path.read_text())
    for node in network["nodes"]:
        if node["type"] == "Linear" and node["params"]["out_features"] > 2:
            node["params"]["out_features"] = 64
    path.write_text(json.dumps(network))


def train(loom, project, options):
    """Seconds to the event `started` and to the first finished step, peak MB, microseconds a step within an epoch (median over
    epochs)."""
    begin = time.time()
    process = subprocess.Popen([loom, "train", project, *options, "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    events = [json.loads(line) for line in process.stdout.read().splitlines()]
    _, _, usage = os.wait4(process.pid, 0)
    started = next(e for e in events if e.get("event") == "started")
    points = json.loads(subprocess.run([loom, "runs", "series", project, "last", "train/loss", "--json"], check=True,
                                       capture_output=True, text=True).stdout)["points"]
    first = started["time"] / 1e6 - started["seconds"] + points[0][2] - begin
    length = started["steps_per_epoch"]
    epochs = [points[at:at + length - 1] for at in range(0, len(points) - length + 1, length)]
    step = statistics.median((epoch[-1][2] - epoch[0][2]) / (len(epoch) - 1) for epoch in epochs)
    return started["time"] / 1e6 - begin, first, usage.ru_maxrss / 1024, step * 1e6, started["threads"]


def trainer_section(build, engine, python, folder):
    loom, folder = str(build / "bin" / "loom"), Path(folder)
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    table = folder / "table.csv"
    write_table(table)
    subprocess.run([loom, "new", folder / "table.loom", "--data", table, "--target", "class"], **quiet)
    as_n1(folder / "table.loom")
    cells = [("table 20-64-64-2, batch 32", "table.loom", "N1", 32, ["--batch", "32", "--epochs", "40", "--optimizer", "Adam"])]
    if subprocess.run([loom, "new", folder / "cnn.loom", "--template", "cnn"], stdout=subprocess.DEVNULL).returncode == 0:
        cells.append(("template cnn (LeNet-5 on Fashion-MNIST), batch 64", "cnn.loom", "N3", 64, ["--epochs", "2"]))
    lines = ["", "The trainer, `loom train`, from process start to the event `started` and to the first finished step (fastest of "
             "ten), its peak memory, and "
             "its steps within an epoch with batches, journal and events beside the bare engine's steps on one batch (medians). "
             "PyTorch: import, model, one step, on tensors that are in a file already.", "",
             "| job | threads | started ms | first step ms | PyTorch ms | ratio | peak MB | PyTorch MB | ratio | trainer µs a step "
             "| bare µs | added |",
             "|---|---|---|---|---|---|---|---|---|---|---|---|"]
    for name, project, net, batch, options in cells:
        runs = [train(loom, str(folder / project), options) for _ in range(10)]
        begun, first, step = (min(run[column] for run in runs) for column in (0, 1, 3))
        memory, threads = max(run[2] for run in runs), runs[0][4]
        bare = ["--net", net, "--batch", str(batch)]
        answer = subprocess.run([engine, *bare, "--threads", str(threads), "--seconds", "2"], check=True, capture_output=True)
        alone = json.loads(answer.stdout)["median"]
        peer = "– | – |", "– | – |"
        if python:
            file = folder / f"{net}-{batch}.safetensors"
            subprocess.run([engine, *bare, "--dump", file], check=True)
            torch = [first_line([python, HERE / "bench_pytorch.py", *bare, "--weights", file, "--first"]) for _ in range(3)]
            seconds, megabytes = min(t[0] for t in torch), min(t[1] for t in torch)
            peer = f"{seconds * 1e3:,.0f} | {seconds / first:.0f} |", f"{megabytes:.0f} | {megabytes / memory:.0f} |"
        lines.append(f"| {name} | {threads} | {begun * 1e3:.0f} | {first * 1e3:.0f} | {peer[0]} {memory:.0f} | {peer[1]} "
                     f"{step:,.1f} | {alone:,.1f} | "
                     f"{(step / alone - 1) * 100:+.0f} % |")
    return lines
