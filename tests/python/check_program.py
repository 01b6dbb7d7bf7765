#!/usr/bin/env python3
"""lvtino_run as its users meet it: the same result again and again, clear failures, nothing lost.

usage: check_program.py LVTINO_RUN   (standard library only)
"""
import json
import os
import pathlib
import signal
import struct
import subprocess
import sys
import tempfile
import time

RUN = sys.argv[1]
SPEC = {
    "name": "program",
    "seed": 5,
    "clips": [{"name": "a", "source": {"type": "procedural", "seed": 1, "frames": 9, "height": 48, "width": 64}}],
    "operator": {"type": "compose", "operators": [
        {"type": "temporal_average", "factor": 4}, {"type": "spatial_decimation", "factor": 4}]},
    "noise": {"sigma": 0.001},
    "priors": {"video": {"type": "gaussian_video"}, "image": {"type": "gaussian_image"}},
    "total_variation": {"weights": [1, 1, 1]},
    "solver": {"tolerance": 1e-3},
    "sampler": {"steps": [{"t_video": 375, "t_image": 124}, {"t_video": 255, "t_image": 124}, {"t_video": 125}]},
    "output": {"formats": ["npy"]},
}


def npy(path, shape, values, kind="<f4"):
    header = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }" % (kind, tuple(shape))
    header += " " * (63 - (10 + len(header)) % 64) + "\n"
    code = "f" if kind == "<f4" else "d"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode()
                     + struct.pack("<%d%s" % (len(values), code), *values))


class Checks:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.failures = []

    def spec(self, changes=(), base=SPEC):
        document = json.loads(json.dumps(base))
        for pointer, value in changes:
            *path, last = pointer.strip("/").split("/")
            at = document
            for key in path:
                at = at[int(key)] if isinstance(at, list) else at[key]
            at[int(last) if isinstance(at, list) else last] = value
        path = self.folder / "spec.json"
        path.write_text(json.dumps(document))
        return path

    def run(self, spec, *arguments, output="out", **options):
        return subprocess.run([RUN, str(spec), "--quiet", "--output", str(self.folder / output), *arguments],
                              capture_output=True, text=True, timeout=300, **options)

    def result(self, output="out"):
        return json.loads((self.folder / output / "report.json").read_text())["result"]

    def expect(self, what, truth, detail=""):
        print(("ok    " if truth else "FAIL  ") + what + ("" if truth else "\n      " + str(detail)))
        if not truth:
            self.failures.append(what)

    def fails(self, what, code, words, changes=(), arguments=(), spec=None, output="failed"):
        path = spec if spec else self.spec(changes)
        done = self.run(path, *arguments, output=output)
        said = all(word in done.stderr for word in words)
        written = [p for p in (self.folder / output).rglob("*") if p.is_file()] if (self.folder / output).is_dir() else []
        self.expect("%s: exit code %d, says %s, leaves nothing" % (what, code, " ".join(words)),
                    done.returncode == code and said and not written, (done.returncode, done.stderr, written))

    def same_result(self):
        one = self.run(self.spec())
        self.expect("a good spec runs", one.returncode == 0, one.stderr)
        first = self.result()
        self.run(self.spec(), output="again")
        self.expect("the same spec and seed give the same result", self.result("again") == first)
        for threads in ("1", "2"):
            self.run(self.spec(), "--threads", threads, output="threads")
            self.expect("and on %s threads" % threads, self.result("threads") == first)
        other = json.loads(json.dumps(SPEC["clips"][0]))
        other["name"], other["source"]["seed"] = "b", 2
        listed = self.run(self.spec([("/clips", [other, SPEC["clips"][0]])]), output="list")
        self.expect("and as part of a list of clips",
                    listed.returncode == 0 and self.result("list/a") == first and self.result("list/b") != first,
                    listed.stderr)
        self.run(self.spec([("/seed", 6)]), output="seed")
        self.expect("another seed gives another result",
                    self.result("seed")["hashes"]["restoration"] != first["hashes"]["restoration"])
        return first

    def interrupted(self, first):
        """Interrupts a run in the middle, with its checkpoint on disk, and resumes it."""
        long = self.spec([("/solver/tolerance", 1e-9), ("/solver/max_iterations", 3000)])
        whole = self.run(long, output="whole")
        self.expect("a longer run ends", whole.returncode == 0, whole.stderr)
        state = self.folder / "stopped" / "checkpoint" / "state.json"
        process = subprocess.Popen([RUN, str(long), "--quiet", "--output", str(self.folder / "stopped")],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        deadline = time.time() + 120
        while not state.exists() and process.poll() is None and time.time() < deadline:
            time.sleep(0.002)
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=120)
        self.expect("an interrupt exits with 130 and points to --resume",
                    process.returncode == 130 and "--resume" in error, (process.returncode, error))
        self.expect("and leaves its checkpoint, no report",
                    state.exists() and not (self.folder / "stopped" / "report.json").exists())
        clash = self.run(self.spec(), "--resume", output="stopped")
        self.expect("a checkpoint of another spec is refused", clash.returncode == 2 and "another spec" in clash.stderr,
                    clash.stderr)
        long = self.spec([("/solver/tolerance", 1e-9), ("/solver/max_iterations", 3000)])
        resumed = self.run(long, "--resume", output="stopped")
        self.expect("--resume gives the identical result",
                    resumed.returncode == 0 and self.result("stopped") == self.result("whole"), resumed.stderr)
        self.expect("and removes the checkpoint", not state.exists())

    def bad_input(self):
        self.fails("unknown key", 2, ["/operatr", 'did you mean "operator"'], [("/operatr", {})])
        self.fails("nested unknown key", 2, ["/solver/tolerence", '"tolerance"'], [("/solver/tolerence", 1)])
        self.fails("wrong type", 2, ["/sampler/eta", "expected a number", '"half"'], [("/sampler/eta", "half")])
        self.fails("unknown operator", 2, ["/operator/type", '"identity"'], [("/operator", {"type": "identify"})])
        self.fails("impossible factor", 2, ["/operator/operators/1", "factor"], [("/operator/operators/1/factor", 100)])
        self.fails("block that does not divide", 2, ["block"],
                   [("/priors/video/autoencoder", {"type": "block_dct", "block": 7})])
        self.fails("sigma 0", 2, ["/noise/sigma", "(0, "], [("/noise/sigma", 0)])
        self.fails("negative sigma", 2, ["/noise/sigma", "-1"], [("/noise/sigma", -1)])
        self.fails("missing video", 2, ["/clips/0/source/path", "nowhere.mp4"],
                   [("/clips/0/source", {"type": "file", "path": "nowhere.mp4"})])
        self.fails("bad --set", 2, ["--set"], arguments=["--set", "seed"])
        self.fails("a run on CUDA", 2, ["cuda"], arguments=["--device", "cuda"])
        broken = self.folder / "broken.json"
        broken.write_text('{"seed": 1,')
        self.fails("not JSON", 2, ["broken.json", "line 1"], spec=broken)
        self.fails("missing spec", 4, ["nothere.json"], spec=self.folder / "nothere.json")
        (self.folder / "torn.mp4").write_bytes(b"\0\0\0\x20ftypisom" + bytes(3000))
        self.fails("truncated video", 4, ["torn.mp4"], [("/clips/0/source", {"type": "file", "path": "torn.mp4"})])
        npy(self.folder / "nan.npy", [3, 2, 16, 16], [0.5] * (3 * 2 * 256 - 1) + [float("nan")])
        self.fails("NaN frames", 4, ["nan.npy"], [("/clips/0/source", {"type": "file", "path": "nan.npy"})])
        whole = (self.folder / "nan.npy").read_bytes()
        (self.folder / "short.npy").write_bytes(whole[:-100])
        self.fails("truncated array", 4, ["short.npy"], [("/clips/0/source", {"type": "file", "path": "short.npy"})])
        (self.folder / "file").write_text("in the way")
        done = self.run(self.spec(), output="file/out")
        self.expect("output folder below a file", done.returncode == 4 and "file/out" in done.stderr, done.stderr)
        if os.access("/proc/1", os.F_OK):
            done = subprocess.run([RUN, str(self.spec()), "--quiet", "--output", "/proc/nowhere"], capture_output=True, text=True)
            self.expect("unwritable output folder", done.returncode == 4 and "/proc/nowhere" in done.stderr, done.stderr)

    def comparison(self):
        methods = [{"name": "tv", "label": "TV", "set": {"priors": {"video": None, "image": None}, "sampler": {"steps": [{"delta": 1}]}}},
                   {"name": "pair", "set": {"sampler": {"samples": 2}}}]
        spec = self.spec([("/methods", methods), ("/output/save", ["restoration", "mean", "truth"])])
        ran = self.run(spec, output="compared")
        self.expect("a spec with methods runs", ran.returncode == 0, ran.stderr)
        folder = self.folder / "compared"
        table = json.loads((folder / "comparison.json").read_text())["result"]
        self.expect("its rows are methods, means and baselines", [row["label"].split(",")[0] for row in table["rows"]]
                    == ["TV", "pseudo-inverse A⁺y", "bicubic", "pair", "pair"], str(table["rows"]))
        psnr = {row["label"]: row["average"]["psnr"] for row in table["rows"]}
        report = json.loads((folder / "a" / "tv" / "report.json").read_text())["result"]
        self.expect("its values are those of the reports",
                    psnr["TV"] == report["methods"][0]["metrics"]["psnr"]["whole"], str(psnr))
        self.expect("every method saw the same measurement", table["notes"] == [], str(table["notes"]))
        page = (folder / "comparison.html").read_text()
        self.expect("its page shows the pictures", page.count("<img") >= 4, str(page.count("<img")))
        before = (folder / "a" / "pair" / "report.json").stat().st_mtime_ns
        again = self.run(spec, "--resume", output="compared")
        self.expect("--resume keeps what is done", again.stdout.count("already in") == 2 and
                    (folder / "a" / "pair" / "report.json").stat().st_mtime_ns == before, again.stdout)
        gathered = self.run(spec, "--compare", output="compared")
        self.expect("--compare gathers again", gathered.returncode == 0, gathered.stderr)
        self.fails("a faulty method", 2, "/methods/0/set/clips", [("/methods", [{"name": "x", "set": {"clips": []}}])])

    def full_disk(self):
        small = self.folder / "small"
        small.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(small)], capture_output=True)
        if mounted.returncode != 0:
            print("skip  full disk: a small file system cannot be mounted here")
            return
        try:
            done = self.run(self.spec(), output="small/out")
            left = [p for p in (small / "out").rglob("*") if p.is_file() and p.suffix in (".json", ".html")]
            parts = [p for p in (small / "out").rglob(".*part*")]
            self.expect("full disk: exit code 4, no report, nothing half-written",
                        done.returncode == 4 and not left and not parts, (done.returncode, done.stderr, left, parts))
        finally:
            subprocess.run(["umount", str(small)])

    def pieces(self):
        """--apply: the adjoint identity, held by a program that knows nothing of the toolkit."""
        values = [((i * 37) % 101) / 101 for i in range(3 * 9 * 16 * 16)]
        npy(self.folder / "x.npy", [3, 9, 16, 16], values, "<f8")
        spec = self.spec()

        def apply(what, source, *more):
            out = self.folder / (what + ".npy")
            done = subprocess.run([RUN, str(spec), "--apply", what, "--in", str(self.folder / source), "--out", str(out), *more],
                                  capture_output=True, text=True)
            self.expect("--apply " + what, done.returncode == 0, done.stderr)
            raw = out.read_bytes()
            start = 10 + struct.unpack("<H", raw[8:10])[0]
            return struct.unpack("<%dd" % ((len(raw) - start) // 8), raw[start:])

        ax = apply("forward", "x.npy")
        self.expect("its output has the operator's size", len(ax) == 3 * 3 * 4 * 4, len(ax))
        (self.folder / "y.npy").write_bytes((self.folder / "forward.npy").read_bytes())
        aty = apply("adjoint", "y.npy", "--shape", "3,9,16,16")
        left, right = sum(v * v for v in ax), sum(a * b for a, b in zip(values, aty))
        self.expect("<Ax, Ax> = <x, A'Ax> in float64", abs(left - right) < 1e-12 * left, (left, right))
        apply("pseudo_inverse", "y.npy", "--shape", "3,9,16,16")
        prox = apply("data_prox", "x.npy", "--measurement", str(self.folder / "y.npy"), "--gamma", "0.1")
        self.expect("the data prox of x with y = A x is x", max(abs(a - b) for a, b in zip(prox, values)) < 1e-12)
        for what in ("joint_prox", "tv_prox"):
            apply(what, "x.npy", "--measurement", str(self.folder / "y.npy"), "--gamma", "0.01")
        for what in ("sae_video", "sae_image"):
            apply(what, "x.npy", "--step", "1")
        done = subprocess.run([RUN, str(spec), "--apply", "data_prox", "--in", str(self.folder / "x.npy"), "--out",
                               str(self.folder / "no.npy")], capture_output=True, text=True)
        self.expect("a prox without --gamma or --measurement is refused", done.returncode == 2, done.stderr)

    def tools(self):
        for flag in ("--list", "--schema", "--help", "--version"):
            done = subprocess.run([RUN, flag], capture_output=True, text=True)
            self.expect(flag, done.returncode == 0 and done.stdout, done.stderr)
        done = self.run(self.spec(), "--check")
        self.expect("--check passes every law", done.returncode == 0 and "FAIL" not in done.stdout, done.stdout + done.stderr)
        done = self.run(self.spec(), "--dry-run", output="dry")
        self.expect("--dry-run prints NFE 5 and writes nothing",
                    "NFE             5 (3 video, 2 image)" in done.stdout and not (self.folder / "dry").exists(), done.stdout)

    def networks(self):
        corpus = pathlib.Path(__file__).parent.parent / "fuzz" / "corpus"
        run = lambda *arguments: subprocess.run([RUN, *map(str, arguments)], capture_output=True, text=True)
        done = run("--inspect", corpus / "checkpoint" / "nested.pt", "--key", "critic")
        self.expect("--inspect tells what a file holds", done.returncode == 0 and "torch zip" in done.stdout
                    and "1 (F32 1)" in done.stdout, done.stdout + done.stderr)
        done = run("--inspect", corpus / "npy")
        self.expect("--inspect of no file is an input error", done.returncode == 4 and "npy" in done.stderr, done.stderr)
        model, wide = self.folder / "model.json", self.folder / "wide.safetensors"
        model.write_text(json.dumps({"architecture": "clip_l", "weights": "random", "config": {
            "vocab_size": 50, "max_positions": 4, "hidden_size": 8, "layers": 2, "heads": 2, "intermediate_size": 12,
            "eos_token_id": 49}}))
        header = json.dumps({"input_ids": {"dtype": "I64", "shape": [1, 4], "data_offsets": [0, 32]}}).encode()
        wide.write_bytes(struct.pack("<Q", len(header)) + header + struct.pack("<4q", 48, 3, 49, 0))
        out = self.folder / "outputs.safetensors"
        done = run("--forward", model, "--in", wide, "--out", out)
        self.expect("--forward writes the outputs", done.returncode == 0 and b"hidden_states" in out.read_bytes(), done.stderr)
        done = run("--forward", model, "--in", wide, "--out", out, "--block", "embeddings")
        self.expect("--block writes those of a part", done.returncode == 0 and b"pooled" not in out.read_bytes(), done.stderr)
        done = run("--forward", model, "--in", wide)
        self.expect("--forward without --out is refused", done.returncode == 2 and "--out" in done.stderr, done.stderr)


def main():
    with tempfile.TemporaryDirectory() as folder:
        checks = Checks(folder)
        first = checks.same_result()
        checks.interrupted(first)
        checks.bad_input()
        checks.comparison()
        checks.full_disk()
        checks.pieces()
        checks.tools()
        checks.networks()
    print("%d failed" % len(checks.failures))
    return 1 if checks.failures else 0


if __name__ == "__main__":
    sys.exit(main())
