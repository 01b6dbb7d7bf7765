#!/usr/bin/env python3
"""Runs reports/perceptual.py on a tiny result folder whose order of quality is known.

usage: check_perceptual.py PERCEPTUAL_PY FOLDER   (run by the Python of .deps/metrics-venv)
"""
import json
import pathlib
import shutil
import subprocess
import sys

import numpy as np


def clip():
    """A moving texture, [1, 3, 4, 96, 128]."""
    t, i, j = np.meshgrid(np.arange(4), np.arange(96), np.arange(128), indexing="ij")
    grain = np.random.default_rng(1).normal(size=(96, 128 + 8))
    moving = np.stack([grain[:, 2 * k:2 * k + 128] for k in range(4)])
    wave = np.sin((j + 2 * t) / 5) * np.cos(i / 7)
    return np.stack([0.5 + 0.2 * wave + a * moving for a in (0.08, 0.1, 0.06)])[None].clip(0, 1).astype(np.float32)


def blurred(x, radius):
    for axis in (3, 4):
        x = sum(np.roll(x, k, axis) for k in range(-radius, radius + 1)) / (2 * radius + 1)
    return x.astype(np.float32)


def run(script, folder, videos):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    methods = [{"name": name, "label": name} for name in videos if name != "truth"] + [{"name": "lost", "label": "lost"}]
    (folder / "report.json").write_text(json.dumps({"result": {"methods": methods}}))
    for name, video in videos.items():
        np.save(folder / (name + ".npy"), video)
    return subprocess.run([sys.executable, script, str(folder)], capture_output=True, text=True)


def main():
    script, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    truth = clip()
    done = run(script, folder, {"truth": truth, "same": truth, "soft": blurred(truth, 1), "softer": blurred(truth, 3)})
    print(done.stdout, done.stderr)
    assert done.returncode == 0
    document = json.loads((folder / "perceptual.json").read_text())
    assert document["missing"] == ["lost"], document["missing"]
    scores = {m["name"]: {k: v["mean"] for k, v in m["metrics"].items()} for m in document["methods"]}
    assert all(len(v["per_frame"]) == 4 for m in document["methods"] for v in m["metrics"].values())
    lpips = [scores[name]["st_lpips"] for name in ("same", "soft", "softer")]
    assert abs(lpips[0]) < 1e-6 and lpips[0] < lpips[1] - 1e-3 < lpips[2] - 2e-3, lpips
    vmaf = [scores[name]["vmaf"] for name in ("same", "soft", "softer")]
    assert vmaf[0] > 95 and vmaf[0] > vmaf[1] + 5 > vmaf[2] + 10, vmaf
    # What does not fit is refused by name, and no truth is an error.
    done = run(script, folder, {"truth": truth, "short": truth[:, :, :3]})
    assert done.returncode == 4 and "short" in done.stderr, done.stderr
    done = run(script, folder, {"same": truth})
    assert done.returncode == 4 and "truth" in done.stderr, done.stderr
    return 0


if __name__ == "__main__":
    sys.exit(main())
