#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the landed `loom` answers about the projects of make.sh: every question with its answer, as tst_landed asks it again.

record.py LOOM ROOT: writes ROOT/expected.json. A question of one `state` and `project` is asked in a fresh copy, in order;
"@" stands for the folder of the copy. `computed` answers depend on the processor's kernels, stored ones do not.
"""
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

LOOM, ROOT = sys.argv[1], Path(sys.argv[2])
RUNS = json.loads((ROOT / "runs.json").read_text())
FOLDERS = {"flowers": "Blumen größer.loom", "houses": "houses.loom", "pictures": "pictures.loom", "digits": "digits.loom",
           "shoes": "shoes.loom", "rebuilt": "rebuilt.loom"}
INPUT_FILES = {"flowers": ["flowers.csv"], "houses": ["houses.csv"], "pictures": ["picture one.png", "picture two.png"],
               "digits": ["digits-images-idx3-ubyte"]}
# State of the files before the first question, as globs of what is deleted in the project's folder.
STATES = {"as made": [], "without journals": ["runs/*/attempts/*/journal"], "without databases": ["history/*.db", "history/*.db-*"],
          "without labels.json": ["history/labels.json"], "evaluations computed again": ["runs/*/evaluations/*"], "used": []}
entries = []


class Copy:
    def __init__(self, state, project):
        self.state, self.project = state, project
        self.folder = Path(tempfile.mkdtemp(prefix="neuroloom-landed-"))
        self.path = f"@/projects/{FOLDERS[project]}"
        shutil.copytree(ROOT / "inputs", self.folder / "inputs")
        shutil.copytree(ROOT / "projects" / FOLDERS[project], self.folder / "projects" / FOLDERS[project], symlinks=True)
        for pattern in STATES[state]:
            for found in (self.folder / "projects" / FOLDERS[project]).glob(pattern):
                shutil.rmtree(found) if found.is_dir() else found.unlink()

    def ask(self, *words, computed=False, files=()):
        done = subprocess.run([LOOM, *[w.replace("@", str(self.folder), 1) if w.startswith("@") else w for w in words]],
                              capture_output=True, text=True)
        if done.returncode not in (0, 3):
            sys.exit(f"loom {words}: {done.returncode} {done.stderr}")
        text = done.stdout.replace(str(self.folder), "@")
        lines = [json.loads(line) for line in text.splitlines() if line.strip()]
        entry = {"state": self.state, "project": self.project, "arguments": list(words), "exit": done.returncode,
                 "answer": lines[-1] if lines else None, "computed": computed, "files": {}}
        for file in files:
            name = file(lines[-1]) if callable(file) else file
            place = self.folder / name.removeprefix("@/")
            if not place.exists():
                continue
            data = place.read_bytes()
            entry["files"][name] = data.decode() if name.endswith((".py", ".json")) else hashlib.sha256(data).hexdigest()
        entries.append(entry)
        return entry["answer"]

    def listing(self, keys=None):
        labels = f"{self.path}/history/labels.json"
        self.ask("runs", "list", self.path, "--json", files=[labels] if (ROOT / labels[2:]).exists() else [])
        for run in RUNS[self.project].values():
            shown = self.ask("runs", "show", self.path, run, "--json")
            for key in shown["metrics"] if keys is None else [k for k in keys if k in shown["metrics"]]:
                self.ask("runs", "series", self.path, run, key, "--json")

    def close(self):
        shutil.rmtree(self.folder)


def checkpoint(project, run):
    return lambda done: f"@/projects/{FOLDERS[project]}/runs/{run}/checkpoints/{done['steps']}/model.safetensors"


def stored_evaluations(project, run):
    return sorted(e.name for e in (ROOT / "projects" / FOLDERS[project] / "runs" / run / "evaluations").glob("*-*"))


def main():
    for project, runs in RUNS.items():
        for state in ("as made", "without journals", "without databases", "without labels.json"):
            copy = Copy(state, project)
            copy.listing(None if state == "as made" else ["train/loss", "val/loss"])
            if state == "as made":
                copy.ask("check", copy.path, "--json")
                copy.ask("history", "verify", copy.path, "--json")
            copy.close()
        for state in ("as made", "evaluations computed again"):
            copy = Copy(state, project)
            for run in runs.values():
                for name in stored_evaluations(project, run):
                    step, part = name.split("-")
                    copy.ask("evaluate", copy.path, run, "--split", part, "--checkpoint", step, "--json", computed=state != "as made")
            copy.close()
        copy = Copy("used", project)
        copy.ask("export", copy.path, "@/drawn", "--json", files=[lambda done, i=i: done["files"][i] for i in (0,)])
        for role, run in runs.items():
            if role in ("failed", "diverged"):
                continue  # without a checkpoint
            copy.ask("export", copy.path, f"@/{role}", "--run", run, "--json", files=[lambda done, i=i: done["files"][i] for i in (0, 1)])
            for file in INPUT_FILES.get(project, []):
                copy.ask("predict", copy.path, run, f"@/inputs/{file}", "--json", computed=True)
        for role, epochs in {"stopped": [], "killed": [], "paused": [], "whole": ["--epochs", "14"], "only": ["--epochs", "2"]}.items():
            if role not in runs or project == "rebuilt":
                continue
            run = runs[role]
            copy.ask("train", copy.path, "--resume", run, *epochs, "--json", computed=True, files=[checkpoint(project, run)])
            for key in ("train/loss", "val/loss", "train/lr"):
                copy.ask("runs", "series", copy.path, run, key, "--json", computed=True)
        copy.ask("runs", "list", copy.path, "--json", computed=True)
        copy.close()
    # The resumed run ends with the very weights of the one that was never stopped.
    flowers = {e["arguments"][3]: e["files"] for e in entries if e["project"] == "flowers" and e["arguments"][0] == "train"}
    whole = ROOT / "projects" / FOLDERS["flowers"] / "runs" / RUNS["flowers"]["whole"] / "checkpoints" / "84" / "model.safetensors"
    if list(flowers[RUNS["flowers"]["stopped"]].values()) != [hashlib.sha256(whole.read_bytes()).hexdigest()]:
        sys.exit("the resumed run differs from the whole one")
    doctor = json.loads(subprocess.run([LOOM, "doctor", "--json"], capture_output=True, text=True).stdout)
    facts = {c["check"]: c["detail"] for c in doctor["checks"]}
    made_by = {"version": facts["version"], "kernels": facts["device cpu"].split(": ")[-1], "oneDNN": facts["oneDNN"].split(",")[0]}
    (ROOT / "expected.json").write_text(json.dumps({"made_by": made_by, "folders": FOLDERS, "deleted": STATES, "runs": RUNS, "questions": entries},
                                                   ensure_ascii=False) + "\n")
    print(f"{len(entries)} questions")


main()
