"""Makes the fixtures of tests/parity/networks again, elsewhere, and holds them against the committed ones.

    check_network_fixtures.py FOLDER        needs torch, diffusers, transformers, safetensors, sentencepiece, tokenizers

Weights and inputs must be the same numbers; what the networks answer may differ by the rounding of another processor.
"""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

from safetensors.torch import load_file

BOUND = 1e-5  # |a - b| / |b|


def difference(a, b):
    if a.shape != b.shape or a.dtype != b.dtype:
        return float("inf")
    a, b = a.double(), b.double()
    return ((a - b).norm() / b.norm().clamp_min(1e-30)).item()


def compare(made, kept):
    a, b = load_file(made), load_file(kept)
    if a.keys() != b.keys():
        return ["other tensors: " + ", ".join(sorted(a.keys() ^ b.keys())[:5])]
    worst = {key: difference(a[key], b[key]) for key in b}
    print("%-28s %4d tensors, largest relative difference %.1e" % (kept.name, len(b), max(worst.values())))
    return ["%s: %.1e" % item for item in worst.items() if not item[1] <= BOUND]


def main():
    folder = pathlib.Path(sys.argv[1])
    wrong = []
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        for script in folder.glob("*.py"):
            shutil.copy(script, scratch)
        (scratch / "tokenizers").mkdir()
        for vocabulary in (folder / "tokenizers").glob("bpe_*"):
            shutil.copy(vocabulary, scratch / "tokenizers")
        for script in sorted(scratch.glob("*_fixture*.py")):
            subprocess.run([sys.executable, str(script)], cwd=scratch, check=True, stdout=subprocess.DEVNULL)
        for kept in sorted(folder.glob("*.safetensors")):
            wrong += [f"{kept.name}: {words}" for words in compare(scratch / kept.name, kept)]
        made, kept = (json.loads((base / "tokenizers" / "answers.json").read_text()) for base in (scratch, folder))
        print("tokenizers                   %4d answers" % sum(map(len, kept.values())))
        if made != kept:
            wrong.append("tokenizers: other answers")
    for words in wrong:
        print(words)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
