#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Training steps of N1 to N4 beside PyTorch at its fastest settings, in turns, on the same numbers; then the trainer itself.

run_bench.py --build build [--torch /path/to/python] [--rounds 20] [--seconds 0.3] [--nets N1,N3] [--output FILE.md]

Both programs train the same networks from the same start weights on the same batch; the losses after 50 steps must agree
before a time counts. Every variant of PyTorch stays and takes its turn in each round while all others sleep; the one with
the fastest block of all is compared. Where no Python with PyTorch 2.11 or newer is found, only this engine is measured.
On a machine that others use as well, --lock FILE holds that lock (flock) while a network is measured.
"""
import argparse
import contextlib
import datetime
import fcntl
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from bench_trainer import first_line, trainer_section

HERE = Path(__file__).resolve().parent
NETS = {"N1": "MLP 20-64-64-2, Adam", "N2": "MLP 784-512-256-10, Adam", "N3": "LeNet-5, Adam",
        "N4": "ResNet-20, SGD with momentum"}
FLOORS = {("N1", 32): 10, ("N1", 128): 6, ("N2", 32): 2, ("N2", 128): 2, ("N3", 32): 2.4, ("N3", 128): 2.3,
          ("N4", 32): 1.5, ("N4", 128): 1.4}
GOALS = {("N1", 32): 20, ("N1", 128): 9, ("N2", 32): 3, ("N2", 128): 2.5, ("N3", 32): 7, ("N3", 128): 8,
         ("N4", 32): 1.8, ("N4", 128): 1.6}
# `loom` starts itself with this: a waiting thread spins for a while, then sleeps.
AS_THE_TRAINER = {"GOMP_SPINCOUNT": "3000", **os.environ}


def find_torch(asked):
    for python in [asked] if asked else [os.environ.get("LOOM_TORCH_PYTHON"), sys.executable, "python3"]:
        if not python:
            continue
        answer = subprocess.run([python, "-c", "import torch; print(torch.__version__)"], capture_output=True, text=True)
        if answer.returncode != 0:
            continue
        version = answer.stdout.strip()
        if tuple(int(part) for part in version.split("+")[0].split(".")[:2]) >= (2, 11):
            return python, version
        print(f"{python} has PyTorch {version}; the comparison wants 2.11 or newer", file=sys.stderr)
    return None, None


class Side:
    """A program that stays, and measures for a while each time it is asked."""

    def __init__(self, name, command, environment=None):
        self.name, self.results = name, []
        self.process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                        text=True)

    def measure(self):
        try:
            self.process.stdin.write("\n")
            self.process.stdin.flush()
            self.results.append(json.loads(self.process.stdout.readline()))
            return True
        except (OSError, ValueError):
            return False  # this variant does not run here

    def fastest(self):
        return min(r["min"] for r in self.results)

    def close(self):
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        self.process.wait()


@contextlib.contextmanager
def held(lock):
    if not lock:
        yield
        return
    with open(lock, "a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def variants(net, compiles):
    names = [("fused", 2), ("default", 2)]
    if net == "N1":
        names.append(("fused", 1))
    if net in ("N3", "N4"):
        names.append(("channels_last", 2))
    if compiles:
        names.append(("compile", 2))
        if net == "N1":
            names.append(("compile", 1))
        if net in ("N3", "N4"):
            names.append(("compile_channels_last", 2))
    return names


class Cell:
    """One network with one batch: this engine, and every variant of PyTorch that runs here; all warm."""

    def __init__(self, net, batch, engine, python, pin, folder, args):
        self.net, self.batch = net, batch
        file = str(Path(folder) / f"{net}-{batch}.safetensors")
        ours = [*pin, str(engine), "--net", net, "--batch", str(batch), "--threads", "0"]
        subprocess.run([*ours, "--dump", file], check=True)
        timed = ["--weights", file, "--seconds", str(args.seconds)]
        peer = [*pin, python or "", str(HERE / "bench_pytorch.py"), "--net", net, "--batch", str(batch)]
        self.first = [*ours, "--weights", file, "--first"], [*peer, "--weights", file, "--first"] if python else None
        self.mine, self.theirs = Side("neuroloom", [*ours, *timed, "--serve"], AS_THE_TRAINER), []
        for name, threads in variants(net, not args.no_compile) if python else []:
            side = Side(f"{name}, {threads} thread{'s' if threads > 1 else ''}",
                        [*peer, *timed, "--variant", name, "--threads", str(threads), "--serve"])
            if side.measure():
                self.theirs.append(side)
        self.mine.measure()
        for side in self.sides():
            side.results.clear()

    def sides(self):
        return [self.mine, *self.theirs]

    def row(self):
        mine = self.mine.results
        row = {"net": self.net, "batch": self.batch, "ours": [m["min"] for m in mine], "threads": mine[0]["threads"],
               "rss": mine[-1]["peak_rss_mb"], "loss": mine[0]["loss_after_50"]}
        if self.theirs:
            best = min(self.theirs, key=Side.fastest)
            row |= {"torch": [m["min"] for m in best.results], "torch_rss": best.results[-1]["peak_rss_mb"],
                    "variant": best.name, "torch_loss": best.results[0]["loss_after_50"],
                    "others": {side.name: side.fastest() for side in self.theirs},
                    "rounds": [y["min"] / x["min"] for x, y in zip(mine, best.results)]}
            row["agrees"] = abs(row["loss"] - row["torch_loss"]) <= 1e-3 * max(1, abs(row["torch_loss"]))
        for side in self.sides():
            side.close()
        if self.batch == 32:
            row["start"] = min(first_line(self.first[0])[0] for _ in range(3))
            if self.theirs:
                row["torch_start"] = min(first_line(self.first[1])[0] for _ in range(3))
        return row


def measure_net(net, *rest):
    args = rest[-1]
    cells = [Cell(net, int(batch), *rest) for batch in args.batches.split(",")]
    for _ in range(args.windows):
        with held(args.lock):
            for _ in range(args.rounds):
                for cell in cells:
                    for side in cell.sides():
                        side.measure()
    return [cell.row() for cell in cells]


def spread(values):
    return f"{min(values):,.1f} / {statistics.median(values):,.1f} / {max(values):,.1f}"


def table(rows):
    lines = ["| net | batch | threads | Neuroloom µs | PyTorch µs (variant) | ratio of minima | ratio by round | floor / goal | "
             "losses | peak MB |", "|---|---|---|---|---|---|---|---|---|---|"]
    for r in rows:
        key, peer = (r["net"], r["batch"]), "torch" in r
        theirs = f"{spread(r['torch'])} ({r['variant']})" if peer else "–"
        ratio = f"**{min(r['torch']) / min(r['ours']):.1f}**" if peer else "–"
        rounds = "/".join(f"{q:.1f}" for q in statistics.quantiles(r["rounds"], n=10)[::4]) if peer else "–"
        losses = ("agree" if r["agrees"] else f"DIFFER {r['loss']:.5f} {r['torch_loss']:.5f}") if peer else f"{r['loss']:.5f}"
        memory = f"{r['rss']:.0f}" + (f" against {r['torch_rss']:.0f}" if peer else "")
        aims = f"{FLOORS.get(key, '–')} / {GOALS.get(key, '–')}"
        lines.append(f"| {r['net']} {NETS[r['net']]} | {r['batch']} | {r['threads']} | {spread(r['ours'])} | {theirs} | {ratio} | "
                     f"{rounds} | {aims} | {losses} | {memory} |")
    if any("others" in r for r in rows):
        lines += ["", "PyTorch's variants, fastest block of each, µs:", ""]
        lines += [f"* {r['net']}, batch {r['batch']}: " + ", ".join(f"{name} {value:,.0f}" for name, value in
                                                                    sorted(r["others"].items(), key=lambda o: o[1]))
                  for r in rows if "others" in r]
    starts = [r for r in rows if "start" in r]
    if starts:
        lines += ["", "Program start to first finished step of the bare engine (batch 32, fastest of three, warm disk cache):", "",
                  "| net | Neuroloom ms | PyTorch ms | ratio |", "|---|---|---|---|"]
        for r in starts:
            peer = f"{r['torch_start'] * 1e3:.0f} | {r['torch_start'] / r['start']:.0f}" if "torch_start" in r else "– | –"
            lines.append(f"| {r['net']} | {r['start'] * 1e3:.0f} | {peer} |")
    return lines


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build")
    parser.add_argument("--torch", help="a Python that has PyTorch")
    parser.add_argument("--rounds", type=int, default=20, help="in each window")
    parser.add_argument("--windows", type=int, default=1, help="times that the lock is taken")
    parser.add_argument("--seconds", type=float, default=0.3, help="that a side measures in a round")
    parser.add_argument("--nets", default="N1,N2,N3,N4")
    parser.add_argument("--batches", default="32,128")
    parser.add_argument("--no-compile", action="store_true", help="leave torch.compile out")
    parser.add_argument("--no-trainer", action="store_true", help="leave loom train out")
    parser.add_argument("--lock", help="a file to flock while a network is measured")
    parser.add_argument("--rows", help="rows of an earlier run on this machine (its standard output), to be published with these")
    parser.add_argument("--output")
    args = parser.parse_args()

    build = Path(args.build).resolve()
    engine = build / "bin" / "bench_engine"
    python, version = find_torch(args.torch)
    if python is None:
        print("PyTorch 2.11 or newer is not here: only this engine is measured. "
              "Give --torch PYTHON, or set LOOM_TORCH_PYTHON.", file=sys.stderr)
    pin = ["taskset", "-c", "0,1"] if shutil.which("taskset") and (os.cpu_count() or 1) > 2 else []
    machine = json.loads(subprocess.run([*pin, engine, "--machine"], check=True, capture_output=True, text=True).stdout)
    rows, trainer = [], []
    if args.rows:
        rows = [json.loads(line) for line in Path(args.rows).read_text().splitlines()]
    with tempfile.TemporaryDirectory() as folder:
        for net in args.nets.split(",") if args.nets else []:
            for row in measure_net(net, engine, python, pin, folder, args):
                rows.append(row)
                print(json.dumps(row), flush=True)
        if not args.no_trainer:
            with held(args.lock):
                trainer = trainer_section(build, engine, python, folder)

    date = datetime.date.today().isoformat()
    output = Path(args.output) if args.output else HERE / "results" / f"engine-{date}.md"
    output.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"# Training steps on the CPU, {date}", "",
             f"{machine['processor']}, CPU family {machine['family']}, {os.cpu_count()} cores; kernels {machine['kernels']}; matrix "
             f"product {machine['gemm_gflops']:.0f} GFLOP/s in float32 on two threads; {platform.system()} {platform.release()}. "
             + (f"PyTorch {version}." if python else "PyTorch was not here."), "",
             f"Microseconds a full training step (forward, loss, backward, update), float32, {args.windows} × {args.rounds} rounds "
             "in turns, each round the fastest of its blocks of about 10 ms; minimum / median / maximum over the rounds. Both "
             "sides start from the same weights and train on the same batch; \"agree\" compares their losses after 50 steps "
             "(1e-3). The ratio by round is PyTorch's time over ours in the same round: tenth, half and nine tenths of them.", ""]
    if rows:
        lines += table(rows)
    output.write_text("\n".join(lines + trainer) + "\n")
    print(f"written: {output}", file=sys.stderr)
    if any(not r.get("agrees", True) for r in rows):
        raise SystemExit("the losses of the two sides differ: the times do not count")


if __name__ == "__main__":
    main()
