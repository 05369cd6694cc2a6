"""Answers a request of the op database with PyTorch: results, and gradients of sum(result * weight).

usage: oracle.py REQUEST ANSWER
"""
import json
import math
import struct
import sys
import warnings

import torch
import torch.nn.functional as F

# Results longer than this are stored as PICKED elements, evenly spaced.
LONG = 2048
PICKED = 256

NAMES = {
    torch.float32: "float32", torch.float64: "float64", torch.float16: "float16", torch.bfloat16: "bfloat16",
    torch.int64: "int64", torch.int32: "int32", torch.int16: "int16", torch.int8: "int8", torch.uint8: "uint8",
    torch.bool: "bool", torch.complex64: "complex64", torch.complex128: "complex128",
}
DTYPES = {name: dtype for dtype, name in NAMES.items()}


def read(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    tensors = {}
    for name, (dtype, shape, begin, end) in header["tensors"].items():
        flat = torch.frombuffer(bytearray(data[begin:end]), dtype=DTYPES[dtype]) if end > begin else torch.empty(0, dtype=DTYPES[dtype])
        tensors[name] = flat.reshape(shape)
    return header["metadata"], tensors


def write(path, metadata, tensors):
    header, blocks, at = {}, [], 0
    for name, (dtype, shape, block) in tensors.items():
        header[name] = [dtype, shape, at, at + len(block)]
        blocks.append(block)
        at += len(block)
    text = json.dumps({"metadata": metadata, "tensors": header}).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)))
        file.write(text)
        for block in blocks:
            file.write(block)


def argument(value, tensors):
    if isinstance(value, list):
        return [argument(v, tensors) for v in value]
    if isinstance(value, dict):
        if "$tensor" in value:
            return tensors[value["$tensor"]]
        if "$int" in value:
            return int(value["$int"])
        if "$float" in value:
            return float(value["$float"].replace("Infinity", "inf"))
        if "$slice" in value:
            return slice(*value["$slice"])
        if "$ellipsis" in value:
            return ...
        return {k: argument(v, tensors) for k, v in value.items()}
    return DTYPES.get(value, value) if isinstance(value, str) else value


def weight(like, which):
    """A fixed weight in [-1, 1] for each element of the result number `which`; the tests compute the same."""
    i = torch.arange(like.numel(), dtype=torch.int64) + 7 * which
    w = ((i * 37 + 11) % 101).to(torch.float64) / 50 - 1
    return w.reshape(like.shape).to(like.dtype)


def flatten(result):
    if isinstance(result, torch.Tensor):
        return [result]
    if isinstance(result, (list, tuple)):
        return [t for r in result for t in flatten(r)]
    if isinstance(result, (bool, float)):
        return [torch.tensor(result, dtype=torch.bool if isinstance(result, bool) else torch.float64)]
    raise TypeError(f"a result of type {type(result)}")


def stored(t):
    shape = list(t.shape)
    flat = torch.empty(t.numel(), dtype=t.dtype).copy_(t.detach().reshape(-1))
    if flat.numel() > LONG:
        flat = flat[torch.arange(PICKED) * (flat.numel() - 1) // (PICKED - 1)].contiguous()
    raw = flat.view(torch.uint8).numpy().tobytes() if flat.numel() > 0 else b""
    return NAMES[t.dtype], shape, raw


def rounded_once(function):
    """The function with float16 and bfloat16 computed in float32: for those whose kernels round on the way."""
    def call(*args, **kwargs):
        dtype = args[0].dtype
        if dtype not in (torch.float16, torch.bfloat16):
            return function(*args, **kwargs)
        wide = [a.float() if isinstance(a, torch.Tensor) else a for a in args]
        return function(*wide, **kwargs).to(dtype)
    return call


def answer(case, inputs, results):
    key, wanted = case["key"], case["gradients"]
    own = {name: t.clone() for name, t in inputs.items() if name.startswith(key + "/in")}
    leaves = [own[f"{key}/in{i}"].requires_grad_() for i in wanted]
    # an in-place function may not write to a leaf
    given = {name: t.clone() if case["inplace"] and t.requires_grad else t for name, t in own.items()}
    function = eval(case["function"], {"torch": torch, "F": F, "math": math, "rounded_once": rounded_once})
    outputs = flatten(function(*argument(case["args"], given), **argument(case["kwargs"], given)))
    for i, out in enumerate(outputs):
        results[f"{key}/out{i}"] = stored(out)
    if wanted:
        terms = [(out * weight(out, i)).sum() for i, out in enumerate(outputs) if out.requires_grad]
        if not terms:
            raise ValueError("no result depends on the inputs differentiably")
        for i, gradient in zip(wanted, torch.autograd.grad(sum(terms), leaves, allow_unused=True)):
            if gradient is not None:
                results[f"{key}/grad{i}"] = stored(gradient)


def main():
    warnings.simplefilter("ignore")
    request, target = sys.argv[1:]
    metadata, inputs = read(request)
    by_case = {}
    for name, t in inputs.items():
        by_case.setdefault(name.rsplit("/", 1)[0], {})[name] = t
    results, failures = {}, []
    for case in metadata["cases"]:
        try:
            answer(case, by_case.get(case["key"], {}), results)
        except Exception as error:
            failures.append(f"{case['key']}: {case['function']}: {type(error).__name__}: {str(error).splitlines()[0]}")
    if failures:
        sys.exit("PyTorch refuses:\n  " + "\n  ".join(failures))
    write(target, {"torch": torch.__version__}, results)


main()
