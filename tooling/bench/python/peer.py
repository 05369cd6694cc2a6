"""PyTorch's side. Speaks the protocol of src/protocol.ts; workloads are in workloads.py."""
import json
import os
import sys
import time

try:
    import torch
except ImportError as error:
    print(json.dumps({"absent": str(error)}), flush=True)
    sys.exit(0)

from workloads import WORKLOADS

torch.set_num_threads(int(os.environ["BENCH_THREADS"]))


def read_inputs(folder):
    """Every input of inputs.json as a tensor with memory of its own."""
    with open(os.path.join(folder, "inputs.json")) as file:
        specs = json.load(file)
    inputs = {}
    for name, spec in specs.items():
        size = 1
        for n in spec["shape"]:
            size *= n
        flat = torch.from_file(os.path.join(folder, f"{name}.bin"), size=size, dtype=getattr(torch, spec["dtype"]))
        inputs[name] = flat.clone().reshape(spec["shape"])
    return inputs


def write_output(folder, name, tensor):
    flat = tensor.detach().float().contiguous().flatten()
    torch.from_file(os.path.join(folder, f"{name}.bin"), shared=True, size=flat.numel(), dtype=torch.float32).copy_(flat)


class Peer:
    """`variants`: functions that run the workload a number of times; `outputs(variant)`: the tensors it computes."""

    variants, outputs, folder = {}, None, ""

    def answer(self, request):
        if request["do"] == "prepare":
            self.folder = request["folder"]
            self.variants, self.outputs = {}, None  # the old workload's memory goes first
            prepare = WORKLOADS.get(request["workload"])
            if prepare is not None:
                self.variants, self.outputs = prepare(read_inputs(self.folder))
            return {"variants": list(self.variants)}
        if request["do"] == "outputs":
            outputs = self.outputs(request["variant"])
            for i, tensor in enumerate(outputs):
                write_output(self.folder, f"{request['prefix']}.{i}", tensor)
            return {"count": len(outputs)}
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
