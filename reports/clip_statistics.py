#!/usr/bin/env python3
"""Statistics of clips, to hold the procedural world against real footage.

usage: clip_statistics.py CLIP.npy ...      (arrays [C, T, H, W] or [1, C, T, H, W], as `save: truth` writes them)

Of the luminance: deviation; kurtosis of horizontal differences (a Gaussian has 3, photographs 10 to 30); exponent a of
the spatial power spectrum f^-a between 1/32 and 1/4 cycles a pixel (photographs about 2); root mean square change
from frame to frame over the deviation, and the shift (pixels a frame) that explains most of it: the median over frames
of the peak of the phase correlation.
"""
import sys

import numpy as np


def luminance(path):
    video = np.load(path).astype(np.float64)
    video = video.reshape(video.shape[-4:])
    return np.tensordot([0.299, 0.587, 0.114], video, 1)


def spectral_exponent(frames):
    _, height, width = frames.shape
    window = np.outer(np.hanning(height), np.hanning(width))
    power = np.mean(np.abs(np.fft.fft2((frames - frames.mean()) * window)) ** 2, axis=0)
    radius = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None, :])
    edges = np.geomspace(1 / 32, 1 / 4, 10)
    bins = [(np.sqrt(low * high), power[(radius >= low) & (radius < high)].mean()) for low, high in zip(edges, edges[1:])]
    f, p = np.log(np.array(bins)).T
    return -np.polyfit(f, p, 1)[0]


def shift(first, second):
    window = np.outer(np.hanning(first.shape[0]), np.hanning(first.shape[1]))
    cross = np.fft.fft2((first - first.mean()) * window) * np.conj(np.fft.fft2((second - second.mean()) * window))
    peak = np.fft.ifft2(cross / (np.abs(cross) + 1e-9)).real
    index = np.unravel_index(np.argmax(peak), peak.shape)
    wrapped = [i - n if i > n // 2 else i for i, n in zip(index, peak.shape)]
    return np.hypot(*wrapped)


def main(paths):
    if not paths:
        sys.exit(__doc__)
    print("| clip | deviation | kurtosis | exponent | change | shift |\n|---|---|---|---|---|---|")
    for path in paths:
        frames = luminance(path)
        gradient = np.diff(frames, axis=2)
        kurtosis = np.mean((gradient - gradient.mean()) ** 4) / np.var(gradient) ** 2
        change = np.sqrt(np.mean(np.diff(frames, axis=0) ** 2)) / frames.std()
        moved = np.median([shift(a, b) for a, b in zip(frames, frames[1:])])
        print(f"| {path} | {frames.std():.3f} | {kurtosis:.1f} | {spectral_exponent(frames):.2f} | {change:.3f} | {moved:.0f} |")


if __name__ == "__main__":
    main(sys.argv[1:])
