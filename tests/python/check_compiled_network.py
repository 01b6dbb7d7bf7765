#!/usr/bin/env python3
"""A network that AOTInductor compiled restores a clip as its TorchScript archive does.

usage: check_compiled_network.py LVTINO_RUN SCRATCH   (torch 2.11, numpy, a C++ compiler; else 77: skipped)
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys

RUN, SCRATCH = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()


def skip(why):
    print("skipped:", why)
    sys.exit(77)


try:
    import numpy as np
    import torch
except ImportError as missing:
    skip(str(missing))
if not torch.__version__.startswith("2.11."):
    skip(f"a package is for one version of libtorch: 2.11, and this is torch {torch.__version__}")
if not (os.environ.get("CXX") or shutil.which("g++") or shutil.which("clang++")):
    skip("no C++ compiler")


class Network(torch.nn.Module):
    """A velocity in the contract's layout frames_first: frames are mixed by a matrix of channels and by time."""

    def __init__(self):
        super().__init__()
        self.mix = torch.nn.Parameter(torch.linspace(-1, 1, 9).view(3, 3))

    def forward(self, z, t):
        mixed = torch.einsum("ntcij,dc->ntdij", z, self.mix)
        return torch.tanh(mixed + mixed.roll(1, 1)) - t.view(-1, 1, 1, 1, 1) / 1000


def check(passed, what):
    if not passed:
        sys.exit(f"failed: {what}")
    print("ok:", what)


def run(network, width=24):
    """Exit code, words and restoration of a spec whose video prior is the network."""
    folder = SCRATCH / "out"
    shutil.rmtree(folder, ignore_errors=True)
    spec = {"clips": [{"name": "made", "source": {"type": "procedural", "frames": 5, "height": 16, "width": width}}],
            "operator": {"type": "spatial_decimation", "factor": 2}, "noise": {"sigma": 0.01},
            "priors": {"video": {"type": "script", "network": network, "predicts": "velocity", "layout": "frames_first"},
                       "image": {"type": "gaussian_image"}},
            "sampler": {"steps": [{"t_video": 500, "t_image": 300}, {"t_video": 200}]}, "output": {"folder": str(folder)}}
    (SCRATCH / "spec.json").write_text(json.dumps(spec))
    ended = subprocess.run([RUN, str(SCRATCH / "spec.json")], capture_output=True, text=True)
    found = list(folder.rglob("restoration.npy"))
    return ended.returncode, ended.stdout + ended.stderr, np.load(found[0]) if found else None


SCRATCH.mkdir(parents=True, exist_ok=True)
os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(SCRATCH / "cache")
network = Network().eval()
arguments = (torch.randn(1, 5, 3, 16, 24), torch.full((1,), 249.0))
with torch.no_grad():
    torch.jit.trace(network, arguments).save(str(SCRATCH / "network.pt"))
    torch._inductor.aoti_compile_and_package(torch.export.export(network, arguments),
                                             package_path=str(SCRATCH / "network.pt2"),
                                             inductor_configs={"aot_inductor.link_libtorch": False})

code, words, expected = run("network.pt")
check(code == 0, f"TorchScript {words if code else ''}")
code, words, found = run("network.pt2")
check(code == 0, f"compiled {words if code else ''}")
apart = np.linalg.norm(found - expected) / np.linalg.norm(expected)
check(apart < 1e-5, f"the same restoration: {apart:.1e} apart")

code, words, _ = run("network.pt2", width=32)
check(code != 0 and "network.pt2: forward failed" in words, f"another shape than compiled for is an error: {words[-300:]}")
shutil.copy(SCRATCH / "network.pt", SCRATCH / "archive.pt2")
code, words, _ = run("archive.pt2")
check(code != 0 and "archive.pt2: not a package" in words, f"another file is an error: {words[-300:]}")
