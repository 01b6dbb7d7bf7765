"""The toolkit beside its peers, in one run on one machine, with the same inputs, objectives and threads.

    python3 -m venv .deps/peers-venv
    .deps/peers-venv/bin/pip install torch==2.11.0 deepinv==0.5.0 pyproximal==0.13.0 scikit-image==0.25.2
    cmake --build --preset release --target lvtino_side_by_side
    .deps/peers-venv/bin/python benchmarks/peers/compare.py [--size clip] [--threads 2] [--rounds 2] [--json FILE]

Everything is float32, results are judged here in float64. Peers get what suits them best: frames as a batch in the
layout of torch, a heap that keeps its pages, the step sizes that need the fewest iterations (beside those that they come
with), exactly as many iterations as the accuracy takes. Ours and theirs take turns; of each the fastest time counts, for other load on the machine only
ever adds. On a machine that is never calm, --clock cpu --threads 1 compares processor time on one thread, which other
load hardly touches; peers that run for long are not hit harder by it than we are.
"""
import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time

HEAP = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "68719476736", "MALLOC_TOP_PAD_": "1073741824"}
WEIGHT = 0.02    # of total variation, gamma 1, on a video with noise of deviation .1
GAP = 1e-4       # relative, of the objective
SIGMA = 0.001
GAMMA = 0.01
CLOCK = "wall"


def with_heap():
    """Begins anew with a heap that keeps its pages: what the peers allocate is not faulted in again each time."""
    if any(os.environ.get(key) != value for key, value in HEAP.items()):
        os.execve(sys.executable, [sys.executable] + sys.argv, {**os.environ, **HEAP})


class Ours:
    """The program lvtino_side_by_side: one line in, one line out."""

    def __init__(self, program, size, threads):
        self.folder = tempfile.TemporaryDirectory()
        self.process = subprocess.Popen([program, size, self.folder.name, str(threads)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.read()

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("lvtino_side_by_side ended")
        return json.loads(line)

    def ask(self, line):
        print(line, file=self.process.stdin, flush=True)
        answer = self.read()
        return {"seconds": answer[CLOCK], **answer}

    def load(self, name="out"):
        return np.load(os.path.join(self.folder.name, name + ".npy"))


def by_frames(x):
    """[1, C, T, H, W] -> [1, T, C, H, W], contiguous, as a tensor: one element of a batch, frames together."""
    return torch.from_numpy(np.ascontiguousarray(x.transpose(0, 2, 1, 3, 4)))


def problem(name, shape):
    """Problems A and B of the paper on frames [1, T, C, H, W]: pooling or blur in time, deepinv's Downsampling in space."""
    frames, factor = shape[2], 4 if name == "problem_a" else 8
    down = deepinv.physics.Downsampling(img_size=(shape[1], *shape[3:]), filter="bicubic", factor=factor, padding="reflect")
    whole, tail = divmod(frames, 4)

    def pool(x):
        if tail:
            x = torch.cat([x, x[-1:].expand(4 - tail, *x.shape[1:])])
        return x.view(-1, 4, *x.shape[1:]).mean(1)

    def unpool(y):
        x = (y / 4).repeat_interleave(4, 0)
        if tail:
            x[4 * whole + tail - 1] += x[4 * whole + tail:].sum(0)
        return x[:frames]

    circulant = sum(torch.roll(torch.eye(frames), k, 0) for k in range(-3, 4)) / 7  # symmetric

    def blur(x):
        return (circulant.to(x.dtype) @ x.reshape(frames, -1)).view(x.shape)

    forward, backward = (pool, unpool) if name == "problem_a" else (blur, blur)

    class Composed(deepinv.physics.LinearPhysics):
        def A(self, x, **kwargs):
            return down.A(forward(x[0]))[None]

        def A_adjoint(self, y, **kwargs):
            return backward(down.A_adjoint(y[0]))[None]

    return Composed(), down


def stationarity(physics, down, p, v, y, gamma):
    """|A'(Ap - y)/s2 + (p - v)/gamma| over |A'y|/s2 + |v|/gamma, in float64."""
    down.double()
    p, v, y = p.double(), v.double(), y.double()
    s2 = SIGMA ** 2
    gradient = physics.A_adjoint(physics.A(p) - y) / s2 + (p - v) / gamma
    out = gradient.norm() / (physics.A_adjoint(y).norm() / s2 + v.norm() / gamma)
    down.float()
    return out.item()


def objective(x, u):
    """|x - u|^2 / 2 + WEIGHT TV(x) of channels [C, T, H, W], isotropic over three axes, in float64."""
    out = 0.0
    for plane, start in zip(x, u):
        plane, start = plane.astype(np.float64), start.astype(np.float64)
        square = np.zeros_like(plane)
        for axis in range(3):
            inner = [slice(None)] * 3
            inner[axis] = slice(0, -1)
            square[tuple(inner)] += np.diff(plane, axis=axis) ** 2
        out += 0.5 * ((plane - start) ** 2).sum() + WEIGHT * np.sqrt(square).sum()
    return out


def timed(call):
    clock = time.process_time if CLOCK == "cpu" else time.perf_counter
    begin = clock()
    out = call()
    return clock() - begin, out


# --- total variation of the peers: channels [C, T, H, W] in, as many iterations as told --------------------------------

def tv_deepinv(u, iterations, **steps):
    model = deepinv.models.TVDenoiser(n_it_max=iterations, crit=0.0, **steps)
    return model(torch.from_numpy(u)[None], WEIGHT)[0].numpy()


def tv_pyproximal(u, iterations):
    prox = pyproximal.TV(dims=u.shape[1:], sigma=WEIGHT, niter=iterations, rtol=0.0)
    return np.stack([prox.prox(plane.ravel(), 1.0).reshape(plane.shape) for plane in u])


def tv_skimage(u, iterations):
    return denoise_tv_chambolle(u, weight=WEIGHT, eps=0.0, max_num_iter=iterations, channel_axis=0)


def iterations_for(solve, u, best, guess):
    """The fewest iterations that reach GAP on `u`, whose minimum is `best`; of many, to a twentieth."""
    reaches = {}

    def good(n):
        if n not in reaches:
            reaches[n] = objective(solve(u, n), u) / best - 1 <= GAP
        return reaches[n]

    count, step = guess, 1 + guess // 20
    while not good(count):
        count += step
    while count > step and good(count - step):
        count -= step
    return count, step


# --- the comparison ----------------------------------------------------------------------------------------------------

class Table:
    def __init__(self):
        self.rows = []

    def add(self, what, who, seconds, accuracy, ours=None):
        self.rows.append({"what": what, "who": who, "seconds": seconds, "accuracy": accuracy,
                          "ratio": seconds / ours if ours else None})
        row = self.rows[-1]
        print("%-22s %-44s %9.4f s  %-34s %s" % (what, who, seconds, accuracy,
                                                 "%.1f x" % row["ratio"] if ours else ""), flush=True)

    def markdown(self):
        lines = ["| what | who | seconds | accuracy | times ours |", "|---|---|---|---|---|"]
        for r in self.rows:
            ratio = "" if r["ratio"] is None else ("%.0f" if r["ratio"] >= 10 else "%.1f") % r["ratio"]
            lines.append("| %s | %s | %s | %s | %s |" % (r["what"], r["who"], "%.3g" % r["seconds"], r["accuracy"], ratio))
        return "\n".join(lines)


def fastest(ours, line, count):
    return min(ours.ask(line)["seconds"] for _ in range(count))


def compare_operators(table, ours, name, rounds):
    title = {"problem_a": "Problem A", "problem_b": "Problem B"}[name]
    x, y = ours.load("x"), ours.load("y_" + name)
    physics, _ = problem(name, x.shape)
    frames, seen = by_frames(x), by_frames(y)
    for what, line, call in (("A", "apply", lambda: physics.A(frames)), ("A'", "adjoint", lambda: physics.A_adjoint(seen))):
        mine, theirs = [], []
        for _ in range(3 * rounds):
            mine.append(fastest(ours, "%s %s" % (line, name), 5))
            theirs.append(timed(call))
        own, peer = by_frames(ours.load()), theirs[-1][1]
        difference = ((own - peer).norm() / own.norm()).item()
        what = "%s, %s" % (what, title)
        table.add(what, "lvtino", min(mine), "")
        table.add(what, "deepinv Downsampling + torch in time", min(t for t, _ in theirs),
                  "results differ by %.0e" % difference, min(mine))


def compare_data_prox(table, ours, name, tolerances):
    title = "data prox, Problem " + name[-1].upper()
    v, y = by_frames(ours.load("v")), by_frames(ours.load("y_" + name))
    physics, down = problem(name, ours.load("x").shape)
    line = "data_prox %s %g" % (name, GAMMA)
    mine = [fastest(ours, line, 5)]
    own = stationarity(physics, down, by_frames(ours.load()), v, y, GAMMA)
    theirs = []
    for tolerance in tolerances:
        calls = [0]
        whole = physics.A

        def counted(x, **kwargs):
            calls[0] += 1
            return whole(x, **kwargs)

        physics.A = counted
        seconds, p = timed(lambda: physics.prox_l2(v, y, GAMMA / SIGMA ** 2, solver="CG", max_iter=100, tol=tolerance))
        physics.A = whole
        theirs.append((seconds, "residual %.0e, %d products" % (stationarity(physics, down, p, v, y, GAMMA), calls[0]), tolerance))
        mine.append(fastest(ours, line, 5))
    table.add(title, "lvtino, exact", min(mine), "residual %.0e" % own)
    for seconds, accuracy, tolerance in theirs:
        table.add(title, "deepinv prox_l2, CG, tol %.0e" % tolerance, seconds, accuracy, min(mine))


def compare_tv(table, ours, rounds):
    u = ours.load("v")[0]
    ours.ask("tv %g 1e-6" % WEIGHT)
    exact = ours.load()[0]
    best, best_first = objective(exact, u), objective(exact[:1], u[:1])
    line = "tv %g %g" % (WEIGHT, GAP)
    mine = [ours.ask(line) for _ in range(3)]
    own = objective(ours.load()[0], u) / best - 1
    theirs = []
    for who, solve, guess in (("scikit-image denoise_tv_chambolle", tv_skimage, 29),
                              ("deepinv TVDenoiser, tau .25, rho 1.5",
                               lambda u, n: tv_deepinv(u, n, tau=0.25, rho=1.5), 13),
                              ("deepinv TVDenoiser as it comes", tv_deepinv, 192),
                              ("pyproximal TV", tv_pyproximal, 21)):
        count, step = iterations_for(solve, u[:1], best_first, guess)
        while True:
            seconds, x = timed(lambda: solve(u, count))
            gap = objective(x, u) / best - 1
            if gap <= GAP:
                break
            count += step
        for _ in range(rounds - 1 if count < 100 else 0):
            seconds = min(seconds, timed(lambda: solve(u, count))[0])
            mine += [ours.ask(line) for _ in range(3)]
        theirs.append((who, seconds, "gap %.1e, %d iterations" % (gap, count)))
    fast = min(a["seconds"] for a in mine)
    table.add("TV prox", "lvtino, certified", fast, "gap %.1e, %d iterations" % (own, mine[0]["iterations"]))
    for who, seconds, accuracy in theirs:
        table.add("TV prox", who, seconds, accuracy, fast)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default="build/release/lvtino_side_by_side")
    parser.add_argument("--size", default="clip", choices=("small", "clip"))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--clock", default="wall", choices=("wall", "cpu"))
    parser.add_argument("--json")
    arguments = parser.parse_args()
    global CLOCK
    CLOCK = arguments.clock
    torch.set_num_threads(arguments.threads)
    ours = Ours(arguments.program, arguments.size, arguments.threads)
    shape = ours.load("x").shape
    print("%s float32, %d threads, %s time; torch %s, deepinv %s, scikit-image %s; fastest of several" %
          ("x".join(map(str, shape)), arguments.threads, CLOCK, torch.__version__, deepinv.__version__, skimage.__version__))
    table = Table()
    with torch.no_grad():
        for name in ("problem_a", "problem_b"):
            compare_operators(table, ours, name, arguments.rounds)
        compare_tv(table, ours, arguments.rounds)
        compare_data_prox(table, ours, "problem_a", (1e-3, 1e-5, 1e-6))
        if arguments.size == "small":  # deepinv's conjugate gradients of the whole clip need more than 24 GB
            compare_data_prox(table, ours, "problem_b", (1e-3, 1e-5))
    print()
    print(table.markdown())
    if arguments.json:
        with open(arguments.json + ".part", "w") as file:
            json.dump({"shape": shape, "threads": arguments.threads, "clock": CLOCK, "rows": table.rows}, file, indent=1)
        os.replace(arguments.json + ".part", arguments.json)


if __name__ == "__main__":
    with_heap()
    import deepinv
    import numpy as np
    import pyproximal
    import skimage
    import torch
    from skimage.restoration import denoise_tv_chambolle
    main()
