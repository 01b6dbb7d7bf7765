#!/usr/bin/env python3
"""How well priors denoise in one step: PSNR (dB) by noise level, for clips.

usage: denoising.py LVTINO_RUN CLIP.npy ... [--sigmas .05 .1 .2 .4 .8] [--prior NAME=JSON ...]

CLIP is a video [1, 3, T, H, W] in [0, 1], as `save: truth` of a run writes it. A noise level is noise over
signal in the units of the priors' latents (twice the pixel unit). Every prior sees the same noise: one
stochastic autoencoding at temperature 1. Without --prior: the shipped networks, and the Gaussian and
heavy-tailed priors. A NAME that begins with "image" is applied frame by frame.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

SCHEDULE = {"type": "rectified_flow", "snap": False}
PRIORS = {
    "video network": {"type": "tiny_video"},
    "video Gaussian": {"type": "gaussian_video", "schedule": SCHEDULE},
    "video heavy-tailed": {"type": "heavy_tailed_video", "schedule": SCHEDULE},
    "image network": {"type": "tiny_image"},
    "image Gaussian": {"type": "gaussian_image", "schedule": SCHEDULE},
    "image heavy-tailed": {"type": "heavy_tailed_image", "schedule": SCHEDULE},
}


def spec_of(name, prior, sigmas):
    kind = "image" if name.startswith("image") else "video"
    times = [{f"t_{kind}": 1000 * s / (1 + s), "delta": 1} for s in sigmas]
    # The last step has no image half: one more is never asked for.
    return {"seed": 1, "operator": {"type": "identity"}, "noise": {"sigma": 1},
            "priors": {kind: prior}, "sampler": {"steps": times + [{"delta": 1}]
                                                 if kind == "image" else times}}, kind


def psnr(a, b):
    return -10 * np.log10(np.mean((np.clip(a, 0, 1) - np.clip(b, 0, 1)) ** 2, dtype=np.float64))


def denoise(run, name, prior, clip, sigmas, folder):
    spec, kind = spec_of(name, prior, sigmas)
    path, out = folder / "spec.json", folder / "out.npy"
    path.write_text(json.dumps(spec))
    truth = np.load(clip)
    values = []
    for step in range(len(sigmas)):
        done = subprocess.run([run, str(path), "--apply", f"sae_{kind}", "--in", str(clip), "--out", str(out),
                               "--step", str(step)], capture_output=True, text=True)
        values.append(psnr(np.load(out), truth) if done.returncode == 0 else None)
        if done.returncode != 0:
            print(f"note: {name}, sigma {sigmas[step]}: {done.stderr.strip()}", file=sys.stderr)
    return values


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("run", metavar="LVTINO_RUN")
    parser.add_argument("clips", nargs="+", type=pathlib.Path, metavar="CLIP.npy")
    parser.add_argument("--sigmas", nargs="+", type=float, default=[0.05, 0.1, 0.2, 0.4, 0.8])
    parser.add_argument("--prior", nargs="+", default=[], metavar="NAME=JSON")
    arguments = parser.parse_args()
    priors = dict(PRIORS)
    for entry in arguments.prior:
        name, _, document = entry.partition("=")
        priors[name] = json.loads(document)
    with tempfile.TemporaryDirectory() as scratch:
        for clip in arguments.clips:
            title = clip.parent.name if clip.stem == "truth" else clip.stem
            print(f"\n| {title} | " + " | ".join(f"{s:g}" for s in arguments.sigmas) + " |")
            print("|---" * (len(arguments.sigmas) + 1) + "|")
            for name, prior in priors.items():
                row = denoise(arguments.run, name, prior, clip.resolve(), arguments.sigmas, pathlib.Path(scratch))
                print(f"| {name} | " + " | ".join("" if v is None else f"{v:.2f}" for v in row) + " |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
