#!/usr/bin/env python3
"""Perceptual metrics of finished runs: ST-LPIPS and VMAF of each method of a report.

usage: perceptual.py FOLDER... [--metrics st_lpips vmaf] [--net alex|vgg]

FOLDER is a result folder of lvtino_run with report.json, the truth and the methods' videos, as .npy
or as folders of frames ("output": {"save": ["restoration", "truth", "pseudo_inverse",
"interpolation"]}). Writes FOLDER/perceptual.json:

  {"format": "lvtino perceptual 1", "versions": {..},
   "methods": [{"name", "label", "metrics": {"st_lpips": {"mean", "per_frame"}, "vmaf": {..}}}],
   "missing": [names of methods whose videos were not kept]}

ST-LPIPS (Ghildyal and Liu, ECCV 2022; 0 is equal, lower is better) is not comparable with LPIPS.
VMAF (model vmaf_v0.6.1, 0 to 100, higher is better) sees the luma of BT.709 in 8 bits. Frames are cut
to [0, 1] as a screen does. The packages come with ./bootstrap.sh --metrics; nothing is downloaded here.
"""
import argparse
import importlib.metadata
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

BATCH = 4  # frames that a network sees at once


def read_frames(folder, name):
    """Frames [T, H, W, 3] float32 in [0, 1], or None if the run did not keep them."""
    path = folder / (name + ".npy")
    if path.exists():
        video = np.load(path, allow_pickle=False)
        if video.ndim != 5 or video.shape[0] != 1 or video.shape[1] != 3:
            raise ValueError(f"{path}: expected a video [1, 3, T, H, W], got {list(video.shape)}")
        return np.clip(np.ascontiguousarray(video[0].transpose(1, 2, 3, 0), dtype=np.float32), 0, 1)
    pictures = sorted((folder / name).glob("*.png"))
    if not pictures:
        return None
    from PIL import Image
    return np.stack([np.asarray(Image.open(p).convert("RGB"), dtype=np.float32) / 255 for p in pictures])


def luma(frames):
    """BT.709 luma of 8 bits, 16 to 235."""
    y = frames @ np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)
    return np.rint(16 + 219 * y).astype(np.uint8)


def write_y4m(path, frames):
    """Luma alone; VMAF looks at nothing else, but wants chroma to be there."""
    y = luma(frames)
    height, width = y.shape[1:]
    chroma = bytes([128]) * (2 * ((height + 1) // 2) * ((width + 1) // 2))
    with open(path, "wb") as file:
        file.write(b"YUV4MPEG2 W%d H%d F25:1 Ip A1:1 C420\n" % (width, height))
        for frame in y:
            file.write(b"FRAME\n" + frame.tobytes() + chroma)


def vmaf(frames, truth):
    import imageio_ffmpeg
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        write_y4m(folder / "distorted.y4m", frames)
        write_y4m(folder / "reference.y4m", truth)
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-loglevel", "error",
                   "-i", "distorted.y4m", "-i", "reference.y4m",
                   "-lavfi", "libvmaf=n_threads=1:log_fmt=json:log_path=log.json", "-f", "null", "-"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError("ffmpeg with libvmaf failed: " + done.stderr.strip()[-500:])
        log = json.loads((folder / "log.json").read_text())
    return [frame["metrics"]["vmaf"] for frame in log["frames"]]


class StLpips:
    def __init__(self, net):
        import torch
        from stlpips_pytorch import stlpips
        self.torch = torch
        self.distance = stlpips.LPIPS(net=net, variant="shift_tolerant", verbose=False).eval()

    def __call__(self, frames, truth):
        def tensor(x):
            return self.torch.from_numpy(np.ascontiguousarray(x.transpose(0, 3, 1, 2))) * 2 - 1
        out = []
        with self.torch.no_grad():
            for t in range(0, len(frames), BATCH):
                d = self.distance(tensor(frames[t:t + BATCH]), tensor(truth[t:t + BATCH]))
                out += [float(v) for v in d.flatten()]
        return out


def evaluate(folder, measures):
    report = json.loads((folder / "report.json").read_text())
    truth = read_frames(folder, "truth")
    if truth is None:
        raise FileNotFoundError(f"{folder}: no truth.npy and no folder truth: the run must save it")
    methods, missing = [], []
    for method in report["result"]["methods"]:
        frames = read_frames(folder, method["name"])
        if frames is None:
            missing.append(method["name"])
            continue
        if frames.shape != truth.shape:
            raise ValueError(f"{folder}: {method['name']} is {list(frames.shape)}, the truth {list(truth.shape)}")
        metrics = {}
        for name, measure in measures.items():
            values = measure(frames, truth)
            metrics[name] = {"mean": float(np.mean(values)), "per_frame": values}
        methods.append({"name": method["name"], "label": method["label"], "metrics": metrics})
    return methods, missing


def versions():
    packages = ("torch", "stlpips-pytorch", "imageio-ffmpeg", "numpy")
    return {name: importlib.metadata.version(name) for name in packages}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folders", nargs="+", type=pathlib.Path, metavar="FOLDER")
    parser.add_argument("--metrics", nargs="+", default=["st_lpips", "vmaf"], choices=["st_lpips", "vmaf"])
    parser.add_argument("--net", default="alex", choices=["alex", "vgg"], help="backbone of ST-LPIPS")
    arguments = parser.parse_args()
    measures = {name: vmaf if name == "vmaf" else StLpips(arguments.net) for name in arguments.metrics}
    for folder in arguments.folders:
        methods, missing = evaluate(folder, measures)
        document = {"format": "lvtino perceptual 1", "versions": versions(), "st_lpips_net": arguments.net,
                    "methods": methods, "missing": missing}
        part = folder / ".perceptual.json.part"
        part.write_text(json.dumps(document, indent=2) + "\n")
        part.replace(folder / "perceptual.json")
        print(folder)
        for method in methods:
            values = ", ".join(f"{name} {m['mean']:.4g}" for name, m in method["metrics"].items())
            print(f"  {method['label']}: {values}")
        for name in missing:
            print(f"  {name}: its video was not kept (output/save)")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, ValueError, RuntimeError, ImportError, KeyError) as failure:
        print(f"error: {failure}", file=sys.stderr)
        sys.exit(4)
