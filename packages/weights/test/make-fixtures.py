"""Makes fixtures/*.safetensors with PyTorch and the safetensors package. Run once; the files are committed."""
import os
import torch
from safetensors.torch import save_file

here = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'fixtures')
values = torch.tensor([[0, 1, -2], [3, 100, -100]])
tensors = {name: values.to(getattr(torch, name)) for name in
           ['float32', 'float64', 'float16', 'bfloat16', 'int64', 'int32', 'int16', 'int8']}
tensors['uint8'] = torch.tensor([0, 1, 255], dtype=torch.uint8)
tensors['bool'] = torch.tensor([[True], [False]])
tensors['complex64'] = torch.tensor([1 + 2j, -3.5j], dtype=torch.complex64)
tensors['scalar'] = torch.tensor(0.1)
tensors['empty'] = torch.zeros(2, 0, 3)
tensors['große Schicht.weight'] = torch.tensor([2.0**-149, float('inf'), float('nan')])
tensors['large int64'] = torch.tensor([2**63 - 1, -2**63])
save_file(tensors, os.path.join(here, 'pytorch.safetensors'), metadata={'format': 'pt', 'note': 'ä "quoted"'})
