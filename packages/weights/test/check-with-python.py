"""Reads a file that the tests wrote and prints what PyTorch finds: name, dtype, shape, values as JSON."""
import json
import sys
from safetensors import safe_open

def plain(value):
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, complex):
        return [value.real, value.imag]
    return value if not isinstance(value, float) or value == value and abs(value) != float('inf') else str(value)

with safe_open(sys.argv[1], 'pt') as f:
    found = {name: [str(t.dtype).removeprefix('torch.'), list(t.shape), plain(t.tolist())]
             for name, t in ((name, f.get_tensor(name)) for name in f.keys())}
    print(json.dumps({'metadata': f.metadata(), 'tensors': found}))
