#!/usr/bin/env python3
"""The printed JSON Schema against specs: every example, and the resolved spec of each.

usage: check_schema.py LVTINO_RUN EXAMPLES_FOLDER   (needs the package jsonschema)
"""
import copy
import json
import pathlib
import subprocess
import sys

import jsonschema


def run(*arguments):
    done = subprocess.run(arguments, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit("%s: exit code %d\n%s" % (" ".join(arguments), done.returncode, done.stderr))
    return done.stdout


def main():
    program, examples = sys.argv[1], pathlib.Path(sys.argv[2])
    schema = json.loads(run(program, "--schema"))
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    failures = 0
    paths = [path for folder in (".", "official", "comparison") for path in sorted((examples / folder).glob("*.json"))]
    for path in paths:
        written = json.loads(path.read_text())
        small = [a for k in range(len(written["clips"])) for a in
                 ("--set", '/clips/%d/source={"type": "procedural", "frames": 9, "height": 64, "width": 64}' % k)]
        for key, prior in (written.get("priors") or {}).items():
            if "weights" in (prior or {}):  # files that only some machines have
                small += ["--set", "/priors/%s/weights=random" % key]
        if any(clip.get("role") == "measurement" for clip in written["clips"]):
            small = []
            resolved = None
        else:
            printed = run(program, str(path), "--dry-run", *small)
            resolved = json.JSONDecoder().raw_decode(printed)[0]
        for name, spec in (("as written", written), ("resolved", resolved)):
            errors = [] if spec is None else list(validator.iter_errors(spec))
            failures += bool(errors)
            print("%s %s: %s" % (path.name, name, errors[0].message if errors else "valid"))
        for pointer, value in (("sampler", 3), ("operatr", {}), ("seed", "x")):  # the schema can say no
            broken = copy.deepcopy(written)
            broken[pointer] = value
            if validator.is_valid(broken):
                failures += 1
                print("%s: the schema accepts %s = %r" % (path.name, pointer, value))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
