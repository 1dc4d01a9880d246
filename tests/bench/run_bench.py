#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Training steps of N1 to N4 beside PyTorch at its fastest settings, in turns, on the same numbers.

run_bench.py --build build [--torch /path/to/python] [--rounds 5] [--seconds 1] [--nets N1,N3] [--output FILE.md]

Both programs train the same networks from the same start weights on the same batch; the losses after 50 steps must agree
before a time counts. PyTorch's variants are tried once, the fastest is then measured in rounds, each side in turn while
the other one sleeps. Where no Python with PyTorch 2.11 or newer is found, only this engine is measured.
"""
import argparse
import datetime
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
NETS = {"N1": "MLP 20-64-64-2, Adam", "N2": "MLP 784-512-256-10, Adam", "N3": "LeNet-5, Adam",
        "N4": "ResNet-20, SGD with momentum"}
FLOORS = {("N1", 32): 10, ("N1", 128): 6, ("N2", 32): 2, ("N2", 128): 2, ("N3", 32): 2.4, ("N3", 128): 2.3,
          ("N4", 32): 1.5, ("N4", 128): 1.4}
GOALS = {("N1", 32): 20, ("N1", 128): 9, ("N2", 32): 3, ("N2", 128): 2.5, ("N3", 32): 7, ("N3", 128): 8,
         ("N4", 32): 1.8, ("N4", 128): 1.6}


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

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def measure(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("a benchmark program ended: " + " ".join(self.process.args))
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def seconds_of(command):
    begin = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begin


def fastest_variant(python, base, net, seconds, compiles):
    variants = [("fused", 2), ("default", 2)]
    if net == "N1":
        variants.append(("fused", 1))
    if net in ("N3", "N4"):
        variants.append(("channels_last", 2))
    if compiles:
        variants.append(("compile", 2))
    tried = []
    for variant, threads in variants:
        answer = subprocess.run([python, *base, "--variant", variant, "--threads", str(threads), "--seconds", str(seconds)],
                                capture_output=True, text=True)
        if answer.returncode != 0:
            print(f"  {variant} does not run here: {answer.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
            continue
        tried.append((json.loads(answer.stdout)["min"], variant, threads))
    return sorted(tried)


def spread(values):
    return f"{min(values):,.1f} / {statistics.median(values):,.1f} / {max(values):,.1f}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build")
    parser.add_argument("--torch", help="a Python that has PyTorch")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--nets", default="N1,N2,N3,N4")
    parser.add_argument("--batches", default="32,128")
    parser.add_argument("--no-compile", action="store_true", help="leave torch.compile out")
    parser.add_argument("--output")
    args = parser.parse_args()

    engine = Path(args.build).resolve() / "bin" / "bench_engine"
    python, version = find_torch(args.torch)
    if python is None:
        print("PyTorch 2.11 or newer is not here: only this engine is measured. "
              "Give --torch PYTHON, or set LOOM_TORCH_PYTHON.", file=sys.stderr)
    pin = ["taskset", "-c", "0,1"] if shutil.which("taskset") and (os.cpu_count() or 1) > 2 else []
    machine = json.loads(subprocess.run([*pin, engine, "--machine"], check=True, capture_output=True, text=True).stdout)
    rows, starts = [], []
    with tempfile.TemporaryDirectory() as folder:
        for net in args.nets.split(","):
            for batch in (int(b) for b in args.batches.split(",")):
                file = str(Path(folder) / f"{net}-{batch}.safetensors")
                ours = [*pin, str(engine), "--net", net, "--batch", str(batch), "--threads", "0"]
                subprocess.run([*ours, "--dump", file], check=True)
                ours += ["--weights", file, "--seconds", str(args.seconds)]
                mine = Side([*ours, "--serve"])
                theirs, variants = None, []
                base = [str(HERE / "bench_pytorch.py"), "--net", net, "--batch", str(batch), "--weights", file]
                if python:
                    variants = fastest_variant(python, base, net, args.seconds, not args.no_compile)
                    _, variant, threads = variants[0]
                    theirs = Side([*pin, python, *base, "--variant", variant, "--threads", str(threads), "--seconds",
                                   str(args.seconds), "--serve"])
                a, b = [], []
                for _ in range(args.rounds):
                    a.append(mine.measure())
                    if theirs:
                        b.append(theirs.measure())
                mine.close()
                row = {"net": net, "batch": batch, "ours": [m["min"] for m in a], "median": [m["median"] for m in a],
                       "threads": a[0]["threads"], "rss": a[-1]["peak_rss_mb"], "loss": a[0]["loss_after_50"]}
                if theirs:
                    theirs.close()
                    row |= {"torch": [m["min"] for m in b], "torch_rss": b[-1]["peak_rss_mb"],
                            "variant": f"{variants[0][1]}, {variants[0][2]} threads",
                            "torch_loss": b[0]["loss_after_50"],
                            "ratios": [y["min"] / x["min"] for x, y in zip(a, b)],
                            "medians": [y["median"] / x["median"] for x, y in zip(a, b)]}
                    row["agrees"] = abs(row["loss"] - row["torch_loss"]) <= 1e-3 * max(1, abs(row["torch_loss"]))
                    first = [*ours, "--first"], [*pin, python, *base, "--first"]
                    if batch == 32:
                        starts.append((net, min(seconds_of(first[0]) for _ in range(3)),
                                       min(seconds_of(first[1]) for _ in range(3))))
                rows.append(row)
                print(json.dumps(row), flush=True)

    date = datetime.date.today().isoformat()
    output = Path(args.output) if args.output else HERE / "results" / f"{date}-cpu.md"
    output.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"# Training steps on the CPU, {date}", "",
             f"{machine['processor']}, CPU family {machine['family']}, two cores; kernels {machine['kernels']}; matrix "
             f"product {machine['gemm_gflops']:.0f} GFLOP/s in float32 on two threads. "
             + (f"PyTorch {version}." if python else "PyTorch was not here."), "",
             f"Microseconds a full training step (forward, loss, backward, update), float32, {args.rounds} rounds in turns, "
             "each round the fastest of its blocks; minimum / median / maximum over the rounds. The ratio is PyTorch's time "
             "over ours in the same round. Both sides start from the same weights and train on the same batch; \"agree\" "
             "compares their losses after 50 steps (1e-3).", "",
             "| net | batch | threads | Neuroloom µs | PyTorch µs (variant) | ratio | floor / goal | losses | peak MB |",
             "|---|---|---|---|---|---|---|---|---|"]
    for r in rows:
        key = (r["net"], r["batch"])
        theirs = f"{spread(r['torch'])} ({r['variant']})" if "torch" in r else "–"
        ratio = f"{min(r['ratios']):.1f} / **{statistics.median(r['ratios']):.1f}** / {max(r['ratios']):.1f}" if "torch" in r else "–"
        losses = ("agree" if r["agrees"] else f"DIFFER {r['loss']:.5f} {r['torch_loss']:.5f}") if "torch" in r else f"{r['loss']:.5f}"
        memory = f"{r['rss']:.0f}" + (f" against {r['torch_rss']:.0f}" if "torch" in r else "")
        lines.append(f"| {r['net']} {NETS[r['net']]} | {r['batch']} | {r['threads']} | {spread(r['ours'])} | {theirs} | {ratio} | "
                     f"{FLOORS[key]} / {GOALS[key]} | {losses} | {memory} |")
    if starts:
        lines += ["", "Process start to first finished step (batch 32, fastest of three, warm disk cache):", "",
                  "| net | Neuroloom ms | PyTorch ms | ratio |", "|---|---|---|---|"]
        lines += [f"| {net} | {a * 1e3:.0f} | {b * 1e3:.0f} | {b / a:.0f} |" for net, a, b in starts]
    output.write_text("\n".join(lines) + "\n")
    print(f"written: {output}", file=sys.stderr)
    if any(not r.get("agrees", True) for r in rows):
        raise SystemExit("the losses of the two sides differ: the times do not count")


if __name__ == "__main__":
    main()
