"""PyTorch's side. Speaks the protocol of src/protocol.ts; what it computes is in operations.py and models.py."""
import json
import os
import resource
import sys
import time

try:
    import torch
except ImportError as error:
    print(json.dumps({"absent": str(error)}), flush=True)
    sys.exit(0)

from passes import PASSES

torch.set_num_threads(int(os.environ["BENCH_THREADS"]))

PERIOD = 1048573  # as in src/arrays.ts
SAMPLE = 1 << 20


def read_input(file, spec):
    """A tensor with memory of its own, of the shape that the operation sees."""
    shape = spec["shape"]
    size = 1
    for n in shape:
        size *= n
    period = min(size, PERIOD)
    flat = torch.from_file(file, size=period, dtype=torch.int64 if "classes" in spec else torch.float32)
    flat = flat.repeat(-(-size // period))[:size].clone()
    t = flat.to(getattr(torch, spec.get("dtype", "float32"))).reshape(shape)
    if "permute" in spec:
        t = t.permute(spec["permute"])
    return t[..., :: spec["step"]] if "step" in spec else t


def read_inputs(folder):
    with open(os.path.join(folder, "inputs.json")) as file:
        return {name: read_input(os.path.join(folder, f"{name}.bin"), spec) for name, spec in json.load(file).items()}


def sample(tensor):
    """All of a tensor's elements, or about SAMPLE of them."""
    flat = tensor.detach().flatten()
    if flat.numel() > 2 * SAMPLE:
        flat = torch.cat([flat[:: -(-flat.numel() // SAMPLE)], flat[-4096:]])
    return flat.float().contiguous()


def write_output(folder, name, tensor):
    flat = sample(tensor)
    torch.from_file(os.path.join(folder, f"{name}.bin"), shared=True, size=flat.numel(), dtype=torch.float32).copy_(flat)


class Peer:
    """`variants`: functions that run the workload a number of times; `outputs(variant)`: the tensors it computes."""

    variants, outputs, folder = {}, None, ""

    def answer(self, request):
        if request["do"] == "prepare":
            self.folder = request["folder"]
            self.variants, self.outputs = {}, None  # the old workload's memory goes first
            peer = request["peer"]
            self.variants, self.outputs = PASSES[peer["pass"]](peer, read_inputs(self.folder))
            return {"variants": list(self.variants)}
        if request["do"] == "outputs":
            outputs = self.outputs(request["variant"])
            for i, tensor in enumerate(outputs):
                write_output(self.folder, f"{request['prefix']}.{i}", tensor)
            return {"count": len(outputs)}
        if request["do"] == "peak":
            return {"bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}
        run, times, seconds = self.variants[request["variant"]], request["times"], []
        for _ in range(request["samples"]):
            start = time.perf_counter()
            run(times)
            seconds.append(time.perf_counter() - start)
        return {"seconds": seconds}


peer = Peer()
print(json.dumps({"version": f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads"}), flush=True)
for line in sys.stdin:
    try:
        answer = peer.answer(json.loads(line))
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
