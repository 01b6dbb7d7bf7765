#!/usr/bin/env python3
"""--dry-run of the published networks plans within a budget, without weights.

usage: check_memory_plan.py LVTINO_RUN EXAMPLES [FRAMES]   (standard library only)
"""
import json
import pathlib
import re
import subprocess
import sys

RUN, EXAMPLES = sys.argv[1], pathlib.Path(sys.argv[2])
FRAMES = int(sys.argv[3]) if len(sys.argv) > 3 else 25
BUDGETS = {"video": 18000, "image": 6000}
KEYS = {"video": ("residency", "chunk", "tile"), "image": ("residency", "frames")}
SOURCE = {"type": "procedural", "frames": FRAMES, "height": 768, "width": 1280}


def dry_run(spec, changes):
    changes = {"/clips/0/source": SOURCE, **changes}
    command = [RUN, str(EXAMPLES / spec), "--dry-run"]
    for pointer, value in changes.items():
        command += ["--set", f"{pointer}={json.dumps(value)}"]
    return subprocess.run(command, capture_output=True, text=True)


def tables(output):
    """Prior to (peak, budget or None, stages), megabytes."""
    found = {}
    for block in re.split(r"^memory of ", output, flags=re.M)[1:]:
        peak = re.search(r"^  peak (\d+) MB(?: of (\d+))?$", block, flags=re.M)
        stages = {name: (int(weights), int(work))
                  for name, weights, work in re.findall(r"^  (\w+) +(\d+) +(\d+)$", block, flags=re.M)}
        found[block.split()[0]] = (int(peak[1]), peak[2] and int(peak[2]), stages)
    return found


def check(passed, what):
    if not passed:
        sys.exit(f"failed: {what}")
    print("ok:", what)


for problem in "abc":
    spec = f"lvtino_wan_sdxl_problem_{problem}.json"
    free = dry_run(spec, {})
    check(free.returncode == 0, f"{spec}: --dry-run without weights {free.stderr.strip()}")
    check(all(budget is None for _, budget, _ in tables(free.stdout).values()), f"{spec}: no budget, no limit")
    bound = dry_run(spec, {f"/priors/{prior}/memory_budget": mb for prior, mb in BUDGETS.items()})
    check(bound.returncode == 0, f"{spec}: --dry-run within a budget {bound.stderr.strip()}")
    plans, resolved = tables(bound.stdout), json.JSONDecoder().raw_decode(bound.stdout)[0]["priors"]
    check(set(plans) == {"video", "image"}, f"{spec}: both priors have a plan")
    for prior, (peak, budget, stages) in plans.items():
        check(budget == BUDGETS[prior] and peak <= budget, f"{spec}: {prior}: {peak} of {budget} MB")
        largest = max(weights + work for weights, work in stages.values())
        check(len(stages) == 3 and largest <= peak + 1, f"{spec}: {prior}: {stages} within the peak")
        check(all(key in resolved[prior] for key in KEYS[prior]),
              f"{spec}: {prior}: " + ", ".join(f"{key} {resolved[prior][key]}" for key in KEYS[prior]))
    if problem == "a":
        small = dry_run(spec, {"/priors/video/memory_budget": 1000})
        check(small.returncode != 0 and "/priors/video/memory_budget: expected at least" in small.stderr,
              f"{spec}: {small.stderr.strip()}")
