"""Draws docs/calibration.md from the numbers of lvtino_calibration (standard library only).

    cmake --build --preset release --target lvtino_calibration
    build/release/lvtino_calibration > numbers.json
    python3 reports/calibration.py numbers.json docs
"""
import json
import math
import os
import sys

COLOURS = ("#1b6ca8", "#c2571a", "#3d7a37")
DASHES = ("", "6 3", "2 3")


def write(path, content):
    with open(path + ".part", "w") as file:
        file.write(content)
    os.replace(path + ".part", path)


def text(x, y, content, anchor="middle", size=11):
    return '<text x="%.1f" y="%.1f" text-anchor="%s" font-size="%d">%s</text>' % (x, y, anchor, size, content)


def page(width, height, parts):
    return ('<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" '
            'font-family="sans-serif">\n<rect width="%d" height="%d" fill="white"/>\n%s\n</svg>\n' %
            (width, height, width, height, width, height, "\n".join(parts)))


class Panel:
    """Axes with logarithmic scales, one panel of a row."""

    def __init__(self, left, xs, ys, title, x_title):
        self.left, self.top, self.width, self.height = left + 52, 34, 270, 200
        self.x = (math.floor(math.log10(min(xs)) + 1e-9), math.ceil(math.log10(max(xs)) - 1e-9))
        self.y = (math.floor(math.log10(min(ys)) + 1e-9), math.ceil(math.log10(max(ys)) - 1e-9))
        self.parts = [text(self.left + self.width / 2, 18, title, size=13),
                      text(self.left + self.width / 2, self.top + self.height + 34, x_title)]
        for k in range(self.x[0], self.x[1] + 1):
            x = self.at(10.0 ** k, None)[0]
            self.parts.append('<path d="M%.1f %d V%d" stroke="#ddd"/>' % (x, self.top, self.top + self.height))
            self.parts.append(text(x, self.top + self.height + 16, "1e%d" % k))
        for k in range(self.y[0], self.y[1] + 1):
            y = self.at(None, 10.0 ** k)[1]
            self.parts.append('<path d="M%d %.1f H%d" stroke="#ddd"/>' % (self.left, y, self.left + self.width))
            self.parts.append(text(self.left - 6, y + 4, "1e%d" % k, "end"))

    def at(self, x, y):
        def share(value, bounds):
            return (math.log10(value) - bounds[0]) / max(1, bounds[1] - bounds[0])
        return (self.left + self.width * share(x, self.x) if x else None,
                self.top + self.height * (1 - share(y, self.y)) if y else None)

    def line(self, points, colour, dash):
        self.parts.append('<polyline fill="none" stroke="%s" stroke-width="2" stroke-dasharray="%s" points="%s"/>' %
                          (colour, dash, " ".join("%.1f,%.1f" % self.at(x, y) for x, y in points)))


def bias_figure(rows):
    etas = sorted({r["eta"] for r in rows})
    parts = []
    for k, tie in enumerate(dict.fromkeys(r["tie"] for r in rows)):
        own = [r for r in rows if r["tie"] == tie]
        panel = Panel(340 * k, [r["delta"] for r in rows], [max(r["divergence"], 1e-12) for r in rows],
                      "times tied to " + tie, "delta")
        for eta, colour, dash in zip(etas, COLOURS, DASHES):
            panel.line([(r["delta"], max(r["divergence"], 1e-12)) for r in own if r["eta"] == eta], colour, dash)
        parts += panel.parts
    for k, (eta, colour, dash) in enumerate(zip(etas, COLOURS, DASHES)):
        x = 200 + 110 * k
        parts.append('<path d="M%d 286 h26" stroke="%s" stroke-width="2" stroke-dasharray="%s"/>' % (x, colour, dash))
        parts.append(text(x + 32, 290, "eta = %g" % eta, "start"))
    return page(690, 300, parts)


def rank_figure(rows, truths, samples):
    samplers = list(dict.fromkeys(r["sampler"] for r in rows))
    statistics = list(dict.fromkeys(r["statistic"] for r in rows))
    parts = []
    for k, statistic in enumerate(statistics):
        parts.append(text(300 + 150 * k, 18, statistic, size=12))
    expected = truths / (samples + 1)
    band = 2 * math.sqrt(expected)
    for j, sampler in enumerate(samplers):
        top = 30 + 62 * j
        words = sampler.replace("the five steps of the examples, ", "five steps of the examples, ")
        for n, line in enumerate((words[:34], words[34:])):
            parts.append(text(6, top + 22 + 14 * n, line.strip(), "start", 11))
        for k, statistic in enumerate(statistics):
            row = next(r for r in rows if r["sampler"] == sampler and r["statistic"] == statistic)
            left, height = 232 + 150 * k, 50
            full = max(4 * expected, max(row["ranks"]))
            low, high = ((expected - band) / full, (expected + band) / full)
            parts.append('<rect x="%d" y="%.1f" width="136" height="%.1f" fill="#cfe3f1"/>' %
                         (left, top + height * (1 - high), height * (high - low)))
            bar = 136 / len(row["ranks"])
            for i, count in enumerate(row["ranks"]):
                parts.append('<rect x="%.2f" y="%.2f" width="%.2f" height="%.2f" fill="#1b6ca8"/>' %
                             (left + bar * i, top + height * (1 - count / full), bar - 0.6, height * count / full))
            parts.append('<path d="M%d %d h136" stroke="#333"/>' % (left, top + height))
    return page(836, 40 + 62 * len(samplers), parts)


def bias_table(rows, deltas):
    lines = ["| times tied to | eta | " + " | ".join("%.0e" % d for d in deltas) + " |",
             "|---|---|" + "---|" * len(deltas)]
    for tie in dict.fromkeys(r["tie"] for r in rows):
        for eta in sorted({r["eta"] for r in rows}):
            cells = []
            for d in deltas:
                r = min((r for r in rows if r["tie"] == tie and r["eta"] == eta), key=lambda r: abs(math.log(r["delta"] / d)))
                cells.append("%.3f / %.3f / %.1e" % (r["mean"], r["spread"], r["divergence"]))
            lines.append("| %s | %g | %s |" % (tie, eta, " | ".join(cells)))
    return "\n".join(lines)


def rank_table(rows):
    statistics = list(dict.fromkeys(r["statistic"] for r in rows))
    lines = ["| sampler | " + " | ".join(s.replace("|", "\\|") for s in statistics) + " |", "|---|" + "---|" * len(statistics)]
    for sampler in dict.fromkeys(r["sampler"] for r in rows):
        cells = []
        for statistic in statistics:
            r = next(r for r in rows if r["sampler"] == sampler and r["statistic"] == statistic)
            cells.append("%.0f, %.1f %%" % (r["chi2"], 100 * r["within_28_of_32"]))
        lines.append("| %s | %s |" % (sampler, " | ".join(cells)))
    return "\n".join(lines)


PAGE = """# Calibration

What the sampler's samples are samples of, measured where the answer is known: a small restoration ({unknowns} unknowns,
Problem A in small, sigma {sigma}) with Gaussian priors in pixels of a video and of its frames, no total variation. Then
Algorithm 1 is a linear-Gaussian Markov chain (tests/gaussian_chain.hpp; lvtino/sampler_law_test.cpp holds the sampler to
it), its law after any number of steps and in the limit is known exactly (tests/gaussian_posterior.hpp), and so is the
posterior that it is meant for, exp(-g) pV^eta pI^(1-eta). Made by `lvtino_calibration` and `reports/calibration.py`.

## Bias of the limit law

Equal steps for ever; the law of what a run then returns against the posterior. The noise times are tied to the step
either by (noise/signal)^2 = 2 delta in pixels for both priors, which is what a spec gets that leaves the times out, or by
2 delta eta for the video prior and 2 delta (1 - eta) for the image prior. Kullback-Leibler divergence a unknown:

![divergence over delta](calibration_bias.svg)

Error of the mean (in posterior standard deviations, root mean square) / ratio of the standard deviations / divergence:

{bias}

With the split times the limit law tends to the posterior as delta falls: the divergence falls a hundredfold where delta
falls tenfold. With the whole times it does not: two priors of 2 delta each inject noise of 4 delta against a drift
of delta, and small steps sample pV^1/2 pI^1/2 exp(-g/2) whatever eta is (tests/calibration_law_test.cpp checks both).
From delta = .1 on both ties are off in the same way: the step is longer than the narrow directions of the prior allow.

## Ranks

Simulation-based calibration (Talts et al., 2018): {truths} videos drawn from pV^eta pI^(1-eta), eta = {eta}, each measured
with fresh noise and then sampled {samples} times by the sampler itself. The rank of the truth's statistic among those of
its samples is uniform if the samples are from the posterior. A valley says that samples spread too little, a hill that
they spread too much, a slope that they are off to one side. Blue band: twice the standard deviation of a uniform count.
The runs of equal steps begin in the exact posterior.

![rank histograms](calibration_ranks.svg)

Chi-squared of the histogram (uniform: {samples} +- 8), and how many truths lie within the middle 28 of 32 ranks (uniform:
87.5 %):

{ranks}

The exact posterior passes, so the procedure is sound. The pixels' statistics are nearly uniform for steps of .05. The
misfit is not: a run ends with an exact data prox of size delta eta, which pulls the sample to the data after the last
noise was drawn, so that samples fit the measurement better than the truth does (at delta = .5 all of them). The five
steps of the examples spread too little in the mean of the video.
"""


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1]) as file:
        numbers = json.load(file)
    folder = sys.argv[2]
    write(os.path.join(folder, "calibration_bias.svg"), bias_figure(numbers["bias"]))
    write(os.path.join(folder, "calibration_ranks.svg"), rank_figure(numbers["ranks"], numbers["truths"], numbers["samples"]))
    write(os.path.join(folder, "calibration.md"), PAGE.format(
        bias=bias_table(numbers["bias"], (1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1)), ranks=rank_table(numbers["ranks"]),
        **{key: numbers[key] for key in ("unknowns", "sigma", "truths", "samples", "eta")}))


if __name__ == "__main__":
    main()
