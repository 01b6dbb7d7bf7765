#!/usr/bin/env python3
"""Recomputes the metrics of a run with NumPy and scikit-image and checks its report.

usage: check_metrics.py RESULTS_FOLDER [--schema SCHEMA.json]

The folder holds report.json, truth.npy and restoration.npy (float32 [1, 3, T, H, W]); further
methods of the report are checked where NAME.npy is there. Exits with 1 on a disagreement of more
than 1e-4 dB (PSNR) or 1e-5 (SSIM), or if the report does not follow its schema.
"""

import argparse
import json
import math
import pathlib
import sys

import numpy as np
from skimage.metrics import structural_similarity

BOUNDS = {"psnr": 1e-4, "ssim": 1e-5}


def psnr(restored, truth):
    """Whole clip and each frame, in dB, for pixels of range 1."""

    def decibels(error):
        return math.inf if error == 0 else -10 * math.log10(error)

    squares = (restored - truth) ** 2
    frames = [decibels(squares[:, :, t].mean()) for t in range(truth.shape[2])]
    return decibels(squares.mean()), frames


def ssim(restored, truth):
    """Mean over frames, and each frame."""
    frames = [
        structural_similarity(
            truth[0, :, t], restored[0, :, t], gaussian_weights=True, sigma=1.5,
            use_sample_covariance=False, data_range=1.0, channel_axis=0)
        for t in range(truth.shape[2])
    ]
    return float(np.mean(frames)), frames


def distance(reported, computed):
    """The report writes an infinite PSNR as null."""
    if reported is None or math.isinf(computed):
        return 0.0 if reported is None and math.isinf(computed) else math.inf
    return abs(reported - computed)


def check_method(method, restored, truth):
    """Yields one line for each metric: (good, text)."""
    for name, compute in (("psnr", psnr), ("ssim", ssim)):
        if name not in method["metrics"]:
            continue
        reported = method["metrics"][name]
        whole, frames = compute(restored, truth)
        if len(reported["per_frame"]) != len(frames):
            yield False, f"{method['name']} {name}: {len(reported['per_frame'])} frames, expected {len(frames)}"
            continue
        worst = max([distance(reported["whole"], whole)] + [distance(*pair) for pair in zip(reported["per_frame"], frames)])
        yield worst <= BOUNDS[name], f"{method['name']} {name}: recomputed {whole:.6f}, largest difference {worst:.2e}"


def load(path):
    video = np.load(path)
    if video.ndim != 5 or video.dtype != np.float32:
        sys.exit(f"{path}: expected float32 [1, 3, T, H, W], got {video.dtype} {video.shape}")
    return video.astype(np.float64)


def check_schema(report, path):
    import jsonschema

    schema = json.loads(pathlib.Path(path).read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    errors = sorted(jsonschema.Draft202012Validator(schema).iter_errors(report), key=str)
    for error in errors:
        yield False, f"report.json: {error.json_path}: {error.message}"
    if not errors:
        yield True, "report.json follows its schema"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--schema", help="JSON Schema of the report (default: FOLDER/report.schema.json where it is there)")
    options = parser.parse_args()
    report = json.loads((options.folder / "report.json").read_text())
    results = []
    schema = options.schema or options.folder / "report.schema.json"
    if options.schema or pathlib.Path(schema).exists():
        results += check_schema(report, schema)
    truth = load(options.folder / "truth.npy")
    checked = 0
    for method in report["result"]["methods"]:
        path = options.folder / f"{method['name']}.npy"
        if path.exists():
            results += check_method(method, load(path), truth)
            checked += 1
    if checked == 0:
        results.append((False, "no method of the report has its frames in the folder"))
    for good, line in results:
        print("ok      " if good else "WRONG   ", line)
    sys.exit(0 if all(good for good, _ in results) else 1)


if __name__ == "__main__":
    main()
