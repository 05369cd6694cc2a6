"""What PyTorch, safetensors and NumPy say about checkpoint files.

usage: checkpoints.py fixtures FOLDER           writes small files with PyTorch and NumPy, and their descriptions
       checkpoints.py describe ROOT FILE OUT    describes the files whose paths (below ROOT) are the lines of FILE
       checkpoints.py verify FOLDER             loads every file of a folder (weights_only=True) and prints its description
A description is JSON: containers as they are, of tensors the dtype, the shape and the start of a SHA-256 of the bytes.
"""
import argparse
import collections
import hashlib
import json
import math
import os
import sys

import numpy as np
import torch
from safetensors.torch import load_file, save_file

# Types that Flambeau has no dtype for are read into these.
WIDER = {torch.uint16: torch.int32, torch.uint32: torch.int64, torch.uint64: torch.int64,
         torch.float8_e4m3fn: torch.float16, torch.float8_e5m2: torch.float16}


def digest_of(t):
    t = t.detach().to(WIDER.get(t.dtype, t.dtype)).resolve_conj().resolve_neg().contiguous()
    data = t.reshape(-1).view(torch.uint8).numpy().tobytes() if t.numel() > 0 else b""
    name = str(t.dtype).removeprefix("torch.")
    return f"{name} ({', '.join(map(str, t.shape))}) {hashlib.sha256(data).hexdigest()[:16]}"


def describe(value):
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**53 else {"int": str(value)}
    if isinstance(value, float):
        return value if math.isfinite(value) else {"float": str(value)}
    if isinstance(value, complex):
        return {"complex": [value.real, value.imag]}
    if isinstance(value, (bytes, bytearray)):
        return {"bytes": value.hex()}
    if isinstance(value, torch.Tensor):
        return {"tensor": digest_of(value)}
    if isinstance(value, torch.Size):
        return {"size": list(value)}
    if isinstance(value, torch.device):
        return {"device": str(value)}
    if isinstance(value, torch.dtype):
        return {"dtype": str(value).removeprefix("torch.")}
    if isinstance(value, tuple):
        return {"tuple": [describe(x) for x in value]}
    if isinstance(value, list):
        return [describe(x) for x in value]
    if isinstance(value, (set, frozenset)):
        return {"set": sorted((describe(x) for x in value), key=json.dumps)}
    if isinstance(value, torch.nn.Module):
        return describe(dict(value.state_dict()))
    if isinstance(value, dict):
        return {"dict": [[describe(k), describe(v)] for k, v in value.items()]}
    raise TypeError(f"cannot describe {type(value)}")


def load(path, weights_only=True):
    if path.endswith(".safetensors"):
        return load_file(path)
    if path.endswith(".npy"):
        return from_numpy(np.load(path))
    if path.endswith(".npz"):
        with np.load(path) as arrays:
            return {name: from_numpy(arrays[name]) for name in arrays.files}
    try:
        return dict(sorted(torch.jit.load(path, map_location="cpu").state_dict().items()))
    except RuntimeError:  # no TorchScript archive
        return torch.load(path, weights_only=weights_only, map_location="cpu")


def from_numpy(array):
    return torch.from_numpy(np.ascontiguousarray(array.astype(array.dtype.newbyteorder("="))).reshape(array.shape))


def write_json(path, value):
    with open(path, "w", encoding="utf8") as file:
        lines = (f"{json.dumps(name)}: {json.dumps(entry)}" for name, entry in value.items())
        file.write("{\n" + ",\n".join(lines) + "\n}\n")


# ---- files that PyTorch and NumPy write ----

# Has classes that are not loaded with weights_only, and is not described.
UNKNOWN = "unknown-classes.pt"


def values(legacy):
    base = torch.arange(12.0).reshape(3, 4)
    weight = torch.nn.Parameter(torch.tensor([[0.5, -2.0]]))
    marked = torch.nn.Parameter(torch.tensor([1.0]))
    marked.note = "an attribute"
    attributed = torch.ones(2)
    attributed.note = "another"
    model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3))
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    model(torch.arange(8.0).reshape(4, 2)).sum().backward()
    optimizer.step()
    numbers = torch.tensor([[0, 1, -2], [3, 100, -100]])
    names = ["float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "complex64", "complex128"]
    dtypes = {name: numbers.to(getattr(torch, name)) for name in names}
    dtypes |= {"uint8": numbers.abs().to(torch.uint8), "bool": numbers > 0}
    if not legacy:
        dtypes |= {"uint16": torch.tensor([0, 65535], dtype=torch.uint16), "uint32": torch.tensor([2**32 - 1], dtype=torch.uint32),
                   "uint64": torch.tensor([2**63 - 1], dtype=torch.uint64)}
        every = torch.arange(256, dtype=torch.uint8)
        dtypes |= {"float8_e4m3fn": every.view(torch.float8_e4m3fn), "float8_e5m2": every[:120].view(torch.float8_e5m2)}
    return {
        "dtypes": dtypes,
        "special": torch.tensor([float("nan"), float("inf"), -0.0, 2.0**-149]),
        "scalar": torch.tensor(0.1), "empty": torch.zeros(2, 0, 3),
        "views": {"base": base, "transposed": base.t(), "column": base[:, 1], "row": base[2], "expanded": base[0, :1].expand(2, 3)},
        "conjugate": torch.tensor([1 + 2j, -3.5j]).conj(), "negative": torch.tensor([1 + 2j, 4j]).conj().imag,
        "tied": {"encoder": weight, "decoder": weight}, "marked": marked, "attributed": attributed,
        "model": model.state_dict(), "optimizer": optimizer.state_dict(),
        "plain": [None, True, False, 0, -1, 255, 65535, -(2**31), 2**40, 2**70, -(2**70), 0.1, float("inf"), "text ä", "", b"\x00\xff"],
        "tuples": ((), (1,), (1, 2), (1, 2, 3), (1, (2, [3, {"a": ()}]))),
        "keys": {1: "a", "1": "b", (1, 2): "c", None: "d", 0.5: "e", -3: "f"},
        "digits": {"0": "text", "1": torch.ones(1)}, "numbers": {0: "a", 1: {"x": 1}, 5: "b"}, "names": {"0": torch.ones(1), "1": torch.zeros(1)},
        "set": {1, 2, "three"}, "complex": 1 - 2.5j, "counter": collections.Counter("abca"), "bytearray": bytearray(b"abc"),
        "device": torch.device("cuda", 1), "dtype": torch.bfloat16, "size": torch.Size([2, 3]),
        "many": list(range(1500)), "long": "x" * 300,
    }


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3))
        self.register_buffer("steps", torch.tensor([1, 2]))
        self.shape: list[int] = [1, 2]
        self.plain = torch.zeros(2)

    def forward(self, x):
        return self.layers(x) + torch.tensor([1.0, 2.0, 3.0]) + self.plain[0]


def named_tensors():
    numbers = torch.tensor([[0, 1, -2], [3, 100, -100]])
    names = ["float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8"]
    return {name: numbers.to(getattr(torch, name)) for name in names} | {
        "uint8": torch.tensor([0, 1, 255], dtype=torch.uint8), "bool": torch.tensor([[True], [False]]),
        "complex64": torch.tensor([1 + 2j, -3.5j], dtype=torch.complex64), "scalar": torch.tensor(0.1), "empty": torch.zeros(2, 0, 3),
        "große Schicht.weight": torch.tensor([2.0**-149, float("inf"), float("nan")]),
        "large int64": torch.tensor([2**63 - 1, -(2**63)]),
    }


def fixtures(folder):
    torch.manual_seed(0)
    path = lambda name: os.path.join(folder, name)
    save_file(named_tensors(), path("tensors.safetensors"), metadata={"format": "pt", "note": 'ä "quoted"'})
    wider = [name for name in values(legacy=False)["dtypes"] if name.startswith(("uint", "float8"))]
    save_file({name: values(legacy=False)["dtypes"][name].clone() for name in wider}, path("wider.safetensors"))
    torch.save(values(legacy=False), path("values.pt"))
    torch.save(values(legacy=True), path("values-legacy.pt"), _use_new_zipfile_serialization=False)
    for protocol in (3, 4, 5):
        torch.save({"w": torch.ones(2), "s": "text", "b": b"bytes", "set": {1}}, path(f"protocol{protocol}.pt"), pickle_protocol=protocol)
    torch.save(torch.arange(3), path("tensor.pt"))
    whole = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3, bias=False), torch.nn.BatchNorm2d(2), torch.nn.ReLU())
    whole.register_buffer("transient", torch.ones(2), persistent=False)
    torch.save(whole, path("whole-module.pt"))
    torch.jit.save(torch.jit.script(Net()), path("script.pt"))
    constant = torch.tensor([1.0, 2.0, 3.0])
    torch.jit.save(torch.jit.trace(lambda x: x + constant, torch.zeros(3)), path("traced.pt"))
    numbers = np.array([[0, 1, 2], [3, 100, 120]])
    kinds = ["f4", "f8", "f2", "i8", "i4", "i2", "i1", "u1", "u2", "u4", "u8", "?", "c8", "c16", ">f4", ">i8", ">c8", ">u2"]
    arrays = {kind.replace(">", "big-").replace("?", "b1"): numbers.astype(kind) for kind in kinds}
    np.savez(path("arrays.npz"), **arrays)
    np.savez_compressed(path("compressed.npz"), zeros=np.zeros((50, 40)), scalar=np.array(2.5), empty=np.zeros((0, 3)))
    np.save(path("fortran.npy"), np.asfortranarray(np.arange(24.0).reshape(2, 3, 4)))
    for version in ((1, 0), (2, 0), (3, 0)):
        with open(path(f"version{version[0]}.npy"), "wb") as file:
            np.lib.format.write_array(file, numbers.astype("f4"), version=version)
    # our own files: of protocols that PyTorch loads in no other way, too
    names = sorted(name for name in os.listdir(folder) if not name.endswith(".json") and name != UNKNOWN)
    write_json(path("described.json"), {name: describe(load(path(name), weights_only=False)) for name in names})
    torch.save({"args": argparse.Namespace(lr=0.1, name="run"), "loss": np.float64(0.25), "default": collections.defaultdict(list, a=[1])},
               path(UNKNOWN))


def main(command, *args):
    if command == "fixtures":
        fixtures(*args)
    elif command == "describe":
        root, files, out = args
        with open(files, encoding="utf8") as lines:
            names = [line.strip() for line in lines if line.strip()]
        write_json(out, {name: describe(load(os.path.join(root, name))) for name in names})
    elif command == "verify":
        (folder,) = args
        print(json.dumps({name: describe(load(os.path.join(folder, name))) for name in sorted(os.listdir(folder))}))


main(*sys.argv[1:])
