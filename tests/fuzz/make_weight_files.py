"""Writes the seeds of the fuzzers of weight files with torch and safetensors themselves:

    python tests/fuzz/make_weight_files.py      (torch 2.11, safetensors; into tests/fuzz/corpus)

priors/nn/checkpoint_test.cpp reads them too and knows their numbers.
"""
import collections
import json
import pathlib
import shutil

import torch
from safetensors.torch import save_file

CORPUS = pathlib.Path(__file__).parent / "corpus"


def state():
    """Shared storage, a transposed and an offset view, a parameter, small dtypes, a scalar, nothing."""
    a = torch.arange(12, dtype=torch.float32).view(3, 4)
    return collections.OrderedDict([
        ("a.weight", a), ("a.transposed", a.t()), ("a.rows", a[1:]), ("parameter", torch.nn.Parameter(a[0].clone())),
        ("half", a.half()), ("bfloat", a.bfloat16()), ("double", a.double()), ("long", torch.arange(-2, 3)),
        ("int", torch.arange(3, dtype=torch.int32)), ("bool", torch.tensor([True, False])),
        ("byte", torch.arange(4, dtype=torch.uint8)), ("scalar", torch.tensor(2.5)), ("empty", torch.empty(0, 3))])


def main():
    for folder in ("checkpoint", "legacy", "safetensors"):
        (CORPUS / folder).mkdir(parents=True, exist_ok=True)
    files = {
        "state": state(),
        "nested": {"generator": collections.OrderedDict(("model." + k, v) for k, v in state().items()),
                   "critic": {"bias": torch.ones(2)}, "step": 3, "note": "text", "losses": [1.0, 2.0]},
        "module": torch.nn.Sequential(torch.nn.Conv2d(2, 3, 1), torch.nn.Linear(3, 2)).state_dict()}
    torch.manual_seed(0)
    for name, content in files.items():
        torch.save(content, CORPUS / "checkpoint" / f"{name}.pt")
        torch.save(content, CORPUS / "legacy" / f"{name}.pth", _use_new_zipfile_serialization=False)
    plain = {k: v.detach().clone().contiguous() for k, v in state().items()}
    save_file(plain, CORPUS / "safetensors" / "state.safetensors", metadata={"format": "pt"})
    save_file({"x": torch.ones(3).to(torch.float8_e4m3fn), "y": torch.ones(2).to(torch.float8_e5m2)},
              CORPUS / "safetensors" / "float8.safetensors")
    save_file({"a": torch.ones(2, 2)}, CORPUS / "safetensors" / "part-1.safetensors")
    save_file({"b": torch.full((3,), 2.0), "c": torch.zeros(1)}, CORPUS / "safetensors" / "part-2.safetensors")
    index = {"metadata": {"total_size": 28}, "weight_map": {"a": "part-1.safetensors", "b": "part-2.safetensors"}}
    (CORPUS / "safetensors" / "parts.safetensors.index.json").write_text(json.dumps(index))
    # The index of the shard that fuzz_checkpoint lays beside it.
    index = {"metadata": {"total_size": 20}, "weight_map": {"a": "part-1.safetensors", "b": "part-1.safetensors"}}
    (CORPUS / "checkpoint" / "index.json").write_text(json.dumps(index))
    for seed in ("safetensors/state.safetensors", "legacy/module.pth"):
        shutil.copy(CORPUS / seed, CORPUS / "checkpoint")


if __name__ == "__main__":
    main()
