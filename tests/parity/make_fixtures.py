"""Writes what deepinv 0.5 makes of one small video, for tests/parity_test.cpp: tests/parity/*.npy and cases.json.

    .deps/peers-venv/bin/python tests/parity/make_fixtures.py     (see benchmarks/peers/compare.py for the environment)

A case names a spec of ours, what is compared (`apply`, `adjoint`, `normal`: A'A, `prox`, `tv`), the file with deepinv's
answer, and, where conventions differ, `difference`: why, between which bounds the relative difference lies, and where
there is one `instead`, the spec of ours that is equal.
"""
import json
import os

import deepinv
import numpy as np
import torch
from deepinv.physics import Blur, Decolorize, Demosaicing, Downsampling, Inpainting, StackedLinearPhysics

HERE = os.path.dirname(os.path.abspath(__file__))
SHAPE = (1, 3, 5, 12, 12)
PADDING = {"reflect": "reflect", "replicate": "replicate", "circular": "circular", "zero": "constant"}
CASES = []


def save(name, value):
    np.save(os.path.join(HERE, name + ".npy"), np.ascontiguousarray(value.numpy().astype(np.float32)))


def frames_of(x):
    """[1, C, T, H, W] -> [T, C, H, W]."""
    return x[0].transpose(0, 1).contiguous()


def video_of(frames):
    return frames.transpose(0, 1)[None].contiguous()


def case(name, spec, what, expected, **more):
    save(name, expected)
    CASES.append({"name": name, "spec": spec, "compare": what, **more})


def differs(why, least, most):
    return {"difference": {"why": why, "least": least, "most": most}}


EVEN = ("deepinv centres an even kernel at tap K/2, ours at K/2 - 1 (so that it reaches one sample further back); the "
        "kernel with a zero appended is the same in both")


def even(spec, **changes):
    """Of a kernel with an even side: apart, and equal with a row of zeros appended."""
    return {**differs(EVEN, 1e-2, 1), "instead": {**spec, **changes}}


def frame_by_frame(name, spec, physics, adjoint=True, **more):
    """A of frames, and A' of what it gave."""
    y = physics.A(frames_of(X))
    case(name, spec, "apply", video_of(y), **more)
    if adjoint:
        save(name + "_y", video_of(y))
        case(name + "_adjoint", spec, "adjoint", video_of(physics.A_adjoint(y)), of=name + "_y", **more)


def outer(taps):
    taps = torch.tensor(taps, dtype=torch.float64)
    return torch.outer(taps, taps)[None, None]


def main():
    for factor in (2, 3, 4):
        for boundary, padding in PADDING.items():
            physics = Downsampling(img_size=(3, 12, 12), filter="bicubic", factor=factor, padding=padding).double()
            spec = {"type": "spatial_decimation", "factor": factor, "filter": "bicubic", "boundary": boundary}
            frame_by_frame("bicubic_%d_%s" % (factor, boundary), spec, physics, adjoint=factor == 2 or boundary == "reflect")
    for factor in (2, 3):
        physics = Downsampling(img_size=(3, 12, 12), filter="bilinear", factor=factor, padding="circular").double()
        spec = {"type": "spatial_decimation", "factor": factor, "filter": "bilinear", "boundary": "circular"}
        frame_by_frame("bilinear_%d" % factor, spec, physics, adjoint=False)
    physics = Downsampling(img_size=(3, 12, 12), filter="sinc", factor=2, padding="circular").double()
    spec = {"type": "spatial_decimation", "factor": 2, "filter": "lanczos", "boundary": "circular"}
    frame_by_frame("sinc_2", spec, physics, adjoint=False, **differs(
        "deepinv's sinc is another window over another length than Lanczos-3", 1e-3, 0.3))
    physics = Downsampling(img_size=(3, 12, 12), filter="bicubic", factor=4, padding="reflect").double()
    spec = {"type": "spatial_decimation", "factor": 4, "filter": "bicubic", "boundary": "reflect", "centre": "block"}
    frame_by_frame("bicubic_4_block", spec, physics, adjoint=False, **differs(
        "centre block samples the middle of the pixels, j factor + 3/2; deepinv (our `published`) j factor + 1/2", 1e-3, 1))

    for boundary, padding in PADDING.items():
        for kernel, taps in (("odd", [0.5, 0.3, 0.2]), ("even", [0.4, 0.3, 0.2, 0.1])):
            spec = {"type": "spatial_blur", "kernel": "taps", "taps": taps, "boundary": boundary}
            frame_by_frame("blur_%s_%s" % (kernel, boundary), spec, Blur(outer(taps), padding=padding),
                           adjoint=boundary == "reflect", **(even(spec, taps=taps + [0]) if kernel == "even" else {}))
        taps = [0.5, 0.125, -0.25, 0.25, 0.125, 0.25]
        spec = {"type": "psf", "kernel": "taps", "size": [2, 3], "taps": taps, "boundary": boundary}
        filter = torch.tensor(taps, dtype=torch.float64).view(1, 1, 2, 3)
        frame_by_frame("psf_" + boundary, spec, Blur(filter, padding=padding), adjoint=boundary == "replicate",
                       **even(spec, size=[3, 3], taps=taps + [0] * 3))
    spec = {"type": "psf", "kernel": "taps", "size": [2, 3], "taps": taps, "boundary": "valid"}
    frame_by_frame("psf_valid", spec, Blur(filter, padding="valid"))
    for sigma, more in ((0.75, {}), (1.0, {}), (2.0, differs(
            "deepinv cuts at int(sigma / .3 + 1) = 7 samples, we at 4 sigma = 8", 1e-6, 1e-2))):
        filter = deepinv.physics.functional.gaussian_blur(sigma=(sigma, sigma), dtype=torch.float64)
        filter = filter.view(1, 1, *filter.shape[-2:])
        spec = {"type": "spatial_blur", "kernel": "gaussian", "sigma": sigma, "boundary": "replicate"}
        frame_by_frame("gaussian_%g" % sigma, spec, Blur(filter, padding="replicate"), adjoint=False, **more)

    # In time: deepinv's three-dimensional blur, whose borders are periodic or left out.
    box = torch.full((1, 1, 3, 1, 1), 1 / 3, dtype=torch.float64)
    case("temporal_blur", {"type": "temporal_blur", "kernel": "uniform", "size": 3, "boundary": "circular"}, "apply",
         Blur(box, padding="circular").A(X))
    pair = torch.full((1, 1, 2, 1, 1), 0.5, dtype=torch.float64)
    case("temporal_average", {"type": "temporal_average", "factor": 2, "tail": "drop"}, "apply",
         Blur(pair, padding="valid").A(X)[:, :, ::2])
    case("shutter_whole", {"type": "shutter", "ratio": 2, "exposure": 1, "tail": "drop"}, "apply",
         Blur(pair, padding="valid").A(X)[:, :, ::2])
    taps = [0, 0.125, 0, 0.125, 0.5, 0.125, 0, 0.125, 0, 0.25, 0, 0, 0, -0.125, 0, 0.5, 0, 0]
    filter = torch.tensor(taps, dtype=torch.float64).view(1, 1, 2, 3, 3)
    spec = {"type": "circular_convolution", "size": [2, 3, 3], "taps": taps}
    case("circular_convolution", spec, "apply", Blur(filter, padding="circular").A(X),
         **even(spec, size=[3, 3, 3], taps=taps + [0] * 9))

    # Selections: deepinv hides with zeros where we leave out, so A'A is what can be compared.
    mask = torch.zeros(SHAPE[1:], dtype=torch.float64)
    mask[:, 1:3, 2:10, 3:7] = 1
    crop = {"type": "crop", "first_frame": 1, "frames": 2, "top": 2, "height": 8, "left": 3, "width": 4}
    case("crop", crop, "normal", mask[None] * X)
    case("mask", {"type": "mask", "kind": "boxes", "boxes": [{key: crop[key] for key in crop if key != "type"}]}, "apply",
         Inpainting(img_size=SHAPE[1:], mask=1 - mask).double().A(X))
    kept = torch.zeros(SHAPE[1:], dtype=torch.float64)
    kept[:, 1::3] = 1
    case("frame_dropping", {"type": "frame_dropping", "factor": 3, "offset": 1}, "normal",
         Inpainting(img_size=SHAPE[1:], mask=kept).double().A_adjoint_A(X))
    physics = Demosaicing(img_size=(12, 12)).double()
    case("bayer", {"type": "bayer", "pattern": "BGGR"}, "normal", video_of(physics.A_adjoint_A(frames_of(X))))
    case("grey_given", {"type": "grey", "weights": "given", "coefficients": [1 / 3, 1 / 3, 1 / 3]}, "apply",
         video_of(Decolorize(srf="flat").double().A(frames_of(X))))
    case("grey", {"type": "grey", "weights": "rec601"}, "apply", video_of(Decolorize().double().A(frames_of(X))),
         **differs("deepinv's rec601 is .29895, .58702, .11405; the standard says .299, .587, .114", 1e-6, 1e-3))

    # Several at once, one after the other, the data prox and total variation.
    low = Downsampling(img_size=(3, 12, 12), filter="bicubic", factor=2, padding="reflect").double()
    blurred = Blur(outer([0.25, 0.5, 0.25]), padding="reflect")
    stacked = StackedLinearPhysics([low, blurred])
    parts = [{"type": "spatial_decimation", "factor": 2}, {"type": "spatial_blur", "kernel": "taps", "taps": [0.25, 0.5, 0.25]}]
    case("stack", {"type": "stack", "operators": parts}, "normal", video_of(stacked.A_adjoint(stacked.A(frames_of(X)))))
    case("compose", {"type": "compose", "operators": parts[::-1]}, "apply", video_of(low.A(blurred.A(frames_of(X)))))
    circular = Downsampling(img_size=(3, 12, 12), filter="bicubic", factor=2, padding="circular").double()
    y = circular.A(frames_of(X).flip(0))
    save("prox_y", video_of(y))
    case("prox", {"type": "spatial_decimation", "factor": 2, "boundary": "circular"}, "prox",
         video_of(circular.prox_l2(frames_of(X), y, 50.0)), of="prox_y", gamma=0.5, sigma=0.1)
    denoised = deepinv.models.TVDenoiser(tau=0.25, rho=1.5, n_it_max=5000, crit=0)(X, 0.1)
    case("tv", {"type": "identity"}, "tv", denoised, weight=0.1)

    with open(os.path.join(HERE, "cases.json"), "w") as file:
        json.dump({"deepinv": deepinv.__version__, "video": "x", "cases": CASES}, file, indent=1)
        file.write("\n")
    print("%d cases" % len(CASES))


if __name__ == "__main__":
    torch.manual_seed(0)
    X = torch.rand(SHAPE, dtype=torch.float64).float().double()
    save("x", X)
    with torch.no_grad():
        main()
