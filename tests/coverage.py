"""Line coverage of operators/ and solvers/ by the tests (gcov, standard library only).

    cmake --preset coverage -DLVTINO_TORCH_DIR=... && cmake --build --preset coverage
    OMP_NUM_THREADS=1 ctest --test-dir build/coverage -R '^(operators|solvers|validation)/|tests/law_table'
    python3 tests/coverage.py build/coverage [--lines]

Prints executable and executed lines of each file, those that no test reached with --lines, and fails below 95 %.
"""
import collections
import json
import os
import subprocess
import sys

FOLDERS = ("operators", "solvers")
LEAST = 0.95


def counts(build, root):
    """{file: {line: executions}}, summed over the objects that hold the line."""
    out = collections.defaultdict(collections.Counter)
    for folder in FOLDERS:
        objects = os.path.join(build, "CMakeFiles", "lvtino_%s.dir" % folder)
        notes = [os.path.join(base, name) for base, _, names in os.walk(objects) for name in names if name.endswith(".gcno")]
        for note in notes:
            # An object that no test linked or ran has no .gcda: gcov then reports its lines as not executed.
            done = subprocess.run(["gcov", "--json-format", "--stdout", os.path.abspath(note)], stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, text=True)
            for document in done.stdout.splitlines():
                for source in json.loads(document)["files"]:
                    path = os.path.relpath(os.path.join(root, source["file"]), root)
                    if path.split(os.sep)[0] not in FOLDERS:
                        continue
                    for line in source["lines"]:
                        out[path][line["line_number"]] += line["count"]
    return out


def main():
    build, show = sys.argv[1], "--lines" in sys.argv[2:]
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    files = counts(build, root)
    failed = not files
    for folder in FOLDERS:
        total = reached = 0
        for path in sorted(p for p in files if p.startswith(folder + os.sep)):
            lines = files[path]
            missed = sorted(n for n in lines if lines[n] == 0)
            total, reached = total + len(lines), reached + len(lines) - len(missed)
            if missed:
                print("%-44s %5d lines, %4d missed%s" % (path, len(lines), len(missed),
                                                         ": " + " ".join(map(str, missed)) if show else ""))
        share = reached / max(total, 1)
        failed = failed or share < LEAST
        print("%-44s %5d lines, %.1f %% reached" % (folder, total, 100 * share))
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main())
