#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Two builds side by side: how the studio starts, its memory, training steps of N1 to N4, journal to store, canvas frames.

compare_versions.py OLD NEW [--rounds 10] [--only start,terminal,engine,store,canvas] [--output FILE.md]

OLD and NEW are build folders (bin/ with loom, neuroloom and the programs of the target `bench`). In each round both sides
are measured one after the other, in turns of who is first, so that what else the computer does hits both. A ratio is NEW
over OLD of one round: minimum / median / maximum over the rounds; below 1 the new one is faster or smaller. CPU times are
those of the process, and are disturbed less by other programs than wall times.
"""
import argparse
import datetime
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from run_bench import AS_THE_TRAINER, NETS, Side

HERE = Path(__file__).resolve().parent
FIXTURE = HERE.parent / "data" / "landed" / "landed.tar.gz"
IDLE_MS = 1500


def spread(values, digits=3):
    return f"{min(values):,.{digits}f} / {statistics.median(values):,.{digits}f} / {max(values):,.{digits}f}"


class Table:
    """Rows of pairs: what was measured, the values of each side, round by round."""

    def __init__(self, title, note):
        self.title, self.note, self.rows = title, note, {}

    def add(self, what, side, value):
        self.rows.setdefault(what, ([], []))[side].append(value)

    def ratios(self, what):
        return [new / old for old, new in zip(*self.rows[what]) if old > 0]

    def lines(self):
        lines = [f"## {self.title}", "", self.note, "", "| what | before: median | after: median | ratio: min / median / max |", "|---|--:|--:|--:|"]
        for what, (old, new) in self.rows.items():
            lines.append(f"| {what} | {statistics.median(old):,.2f} | {statistics.median(new):,.2f} | {spread(self.ratios(what))} |")
        return [*lines, ""]


class Place:
    """A home and projects of one side."""

    def __init__(self, build, folder):
        self.build, self.folder = Path(build).resolve(), Path(folder)
        self.folder.mkdir()
        subprocess.run(["tar", "xzf", FIXTURE, "-C", self.folder], check=True)
        shutil.rmtree(self.folder / "home")
        home = str(self.folder / "home")
        self.environment = {**os.environ, "HOME": home, "XDG_CONFIG_HOME": home + "/config", "XDG_STATE_HOME": home + "/state",
                            "XDG_RUNTIME_DIR": home, "QT_QPA_PLATFORM": "offscreen"}
        os.makedirs(home, mode=0o700)

    def program(self, name):
        return str(self.build / "bin" / name)

    def run(self, *command, **environment):
        """Standard output, wall ms and CPU ms of the process."""
        start = time.monotonic_ns()
        process = subprocess.Popen(command, env={**self.environment, "MEASURE_FROM": str(start), **environment}, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, text=True)
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            sys.exit(f"{' '.join(command)}: exit code {process.returncode}")
        return output, (time.monotonic_ns() - start) / 1e6, (usage.ru_utime + usage.ru_stime) * 1e3


def in_turns(rounds, measure):
    for number in range(rounds):
        for side in ((0, 1) if number % 2 == 0 else (1, 0)):
            measure(side, number)


def start_table(places, rounds, plugins):
    table = Table("Studio: start and memory", "Offscreen platform. Window: until the first window is painted. Canvas: until the drawing of a project "
                  f"with two runs is painted. Memory: resident, {IDLE_MS / 1000:g} s later. One round before the first is not counted.")
    fixed = {"QT_QPA_GENERIC_PLUGINS": "measurestart", "QT_PLUGIN_PATH": str(plugins), "MEASURE_IDLE_MS": str(IDLE_MS)}

    def measure(side, number):
        place = places[side]
        for words, page, name in (((), "", "no project"), ((str(place.folder / "projects" / "digits.loom"),), "loom::CanvasView", "project")):
            output, _, _ = place.run(place.program("neuroloom"), *words, **fixed, MEASURE_PAGE=page)
            figures = json.loads(output)
            if number == 0:
                continue
            table.add(f"{name}: window, wall ms", side, figures["window_ms"])
            table.add(f"{name}: window, CPU ms", side, figures["window_cpu_ms"])
            if page:
                table.add(f"{name}: canvas, wall ms", side, figures["page_ms"])
                table.add(f"{name}: canvas, CPU ms", side, figures["page_cpu_ms"])
            table.add(f"{name}: memory, MB", side, figures["rss_mb"])
            table.add(f"{name}: CPU ms used in the {IDLE_MS / 1000:g} s after", side, figures["idle_cpu_ms"])

    in_turns(rounds + 1, measure)
    return table.lines()


def terminal_table(places, rounds):
    table = Table("Terminal", "`loom --version`, `loom runs list` of a project with six runs, `loom check`: the whole process.")

    def measure(side, number):
        project = str(places[side].folder / "projects" / "Blumen größer.loom")
        for name, words in (("--version", ["--version"]), ("runs list", ["runs", "list", project]), ("check", ["check", project])):
            _, wall, cpu = places[side].run(places[side].program("loom"), *words)
            if number > 0:
                table.add(f"{name}, wall ms", side, wall)
                table.add(f"{name}, CPU ms", side, cpu)

    in_turns(2 * rounds + 1, measure)
    return table.lines()


def engine_table(places, rounds, seconds):
    table = Table("Training steps", f"`bench_engine`, µs per full step; both programs stay and measure for {seconds} s in turns, each round the fastest "
                  "of its blocks of about 10 ms.")
    for net in NETS:
        for batch in (32, 128):
            sides = [Side("", [p.program("bench_engine"), "--net", net, "--batch", str(batch), "--threads", "0", "--seconds", str(seconds), "--serve"],
                          AS_THE_TRAINER) for p in places]
            for side in sides:
                if not side.measure():
                    sys.exit(f"bench_engine does not measure {net}")
                side.results.clear()
            in_turns(rounds, lambda number, _, sides=sides: sides[number].measure())
            for number, side in enumerate(sides):
                for result in side.results:
                    table.add(f"{net} {NETS[net]}, batch {batch}", number, result["min"])
                side.close()
            losses = [side.results[0]["loss_after_50"] for side in sides]
            if losses[0] != losses[1]:
                table.note += f" **Losses differ for {net}, batch {batch}: {losses[0]} and {losses[1]}.**"
    return table.lines()


def store_table(places, rounds, points):
    table = Table("Journal to store", f"`bench_store {points} 1`: million points per CPU second (above 1 the new one is faster), and CPU ms of a question "
                  "for 1,440 buckets.")

    def measure(side, number):
        output, _, _ = places[side].run(places[side].program("bench_store"), str(points), "1")
        for line in output.splitlines():
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if "min" in line:
                continue
            if len(cells) == 6 and " / " in cells[3]:
                table.add(f"{cells[0]}, {cells[1]} points", side, float(cells[3].split(" / ")[1]))
            elif len(cells) == 7 and " / " in cells[2]:
                table.add(f"buckets over {cells[0]} points, CPU ms", side, float(cells[2].split(" / ")[1]))

    in_turns(rounds, measure)
    return table.lines()


def canvas_table(places, rounds):
    frames = Table("", "")

    def measure(side, number):
        output, _, _ = places[side].run(places[side].program("bench_canvas"))
        for line in output.splitlines():
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if len(cells) == 8 and re.fullmatch(r"[\d.]+", cells[3]):
                value = cells[4] if cells[4] else cells[3]  # `open` has one value
                frames.add(tuple(cells[:3]), side, float(value))

    in_turns(rounds, measure)
    kinds = {}
    for what in frames.rows:
        kinds.setdefault(what[2], []).append(what)
    lines = ["## Canvas frames", "", "`bench_canvas`: median CPU ms of the GUI thread per frame, in 4 networks and up to 3 views; each row's ratio is the "
             "median over the rounds.", "", "| frame | rows | ratio over the rows: min / median / max | slowest row |", "|---|--:|--:|---|"]
    for kind, rows in kinds.items():
        middle = {what: statistics.median(frames.ratios(what)) for what in rows}
        worst = max(middle, key=middle.get)
        old, new = (statistics.median(side) for side in frames.rows[worst])
        lines.append(f"| {kind} | {len(rows)} | {spread(list(middle.values()))} | {worst[0]}, {worst[1]}: {old:.2f} → {new:.2f} ms |")
    return [*lines, ""]


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.processor())
    return f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.release()}; load before: {os.getloadavg()[0]:.1f}, after: "


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=0.25, help="that a side of the engine measures in a round")
    parser.add_argument("--points", type=int, default=500_000, help="of bench_store")
    parser.add_argument("--only", default="start,terminal,engine,store,canvas")
    parser.add_argument("--plugins", help="the folder with generic/libmeasurestart.so; NEW/lib when left out")
    parser.add_argument("--output")
    args = parser.parse_args()
    facts, begun = machine(), time.monotonic()
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        places = [Place(args.old, Path(folder) / "old"), Place(args.new, Path(folder) / "new")]
        parts = {"start": lambda: start_table(places, args.rounds, Path(args.plugins or places[1].build / "lib").resolve()),
                 "terminal": lambda: terminal_table(places, args.rounds), "engine": lambda: engine_table(places, args.rounds, args.seconds),
                 "store": lambda: store_table(places, max(3, args.rounds // 3), args.points),
                 "canvas": lambda: canvas_table(places, max(3, args.rounds // 3))}
        for part in args.only.split(","):
            lines += parts[part]()
            print(f"{part}: {time.monotonic() - begun:.0f} s", file=sys.stderr)
    date = datetime.date.today().isoformat()
    head = ["<!-- SPDX-License-Identifier: Apache-2.0 -->", f"# Two builds side by side, {date}", "",
            f"{facts}{os.getloadavg()[0]:.1f}. {args.rounds} rounds in turns; a ratio is after over before in one round: minimum / median / maximum.", ""]
    text = "\n".join(head + lines)
    if args.output:
        Path(args.output).write_text(text)
    print(text)


if __name__ == "__main__":
    main()
