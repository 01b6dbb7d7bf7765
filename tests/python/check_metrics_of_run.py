#!/usr/bin/env python3
"""Runs a small experiment and has check_metrics.py recompute its report.

usage: check_metrics_of_run.py LVTINO_RUN FOLDER   (needs numpy, scikit-image, jsonschema)
"""
import json
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
SPEC = {
    "clips": [{"name": "a", "source": {"type": "procedural", "frames": 9, "height": 96, "width": 128}}],
    "preset": "paper",
    "operator": {"type": "compose", "operators": [
        {"type": "temporal_average", "factor": 4}, {"type": "spatial_decimation", "factor": 4}]},
    "priors": {"video": {"type": "gaussian_video"}, "image": {"type": "gaussian_image"}},
    "total_variation": {"weights": [1, 1, 1]},
    "solver": {"tolerance": 1e-3},
    "output": {"formats": ["npy"], "save": ["restoration", "truth", "pseudo_inverse", "interpolation"]},
}


def main():
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "spec.json").write_text(json.dumps(SPEC))
    subprocess.run([program, str(folder / "spec.json"), "--quiet", "--output", str(folder / "out")], check=True)
    schema = subprocess.run([program, "--report-schema"], check=True, capture_output=True, text=True).stdout
    (folder / "report.schema.json").write_text(schema)
    check = [sys.executable, str(HERE / "check_metrics.py"), str(folder / "out"),
             "--schema", str(folder / "report.schema.json")]
    if subprocess.run(check).returncode != 0:
        return 1
    # The check can fail: a report with one digit changed is refused.
    report = folder / "out" / "report.json"
    document = json.loads(report.read_text())
    document["result"]["methods"][0]["metrics"]["psnr"]["whole"] += 0.01
    report.write_text(json.dumps(document))
    return 0 if subprocess.run(check, capture_output=True).returncode != 0 else 1


if __name__ == "__main__":
    sys.exit(main())
