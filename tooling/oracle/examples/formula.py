"""Weights and batches that a formula gives, the same here and in apps/examples/test/formula.ts."""
import numpy as np
import torch


def scattered(count, salt):
    """Numbers in [0, 1) that look random: multiplicative hashing of (index, salt)."""
    i = np.arange(count, dtype=np.uint32) + np.uint32(salt * 1000003 % 2**32)
    i = (i ^ (i >> np.uint32(16))) * np.uint32(0x45D9F3B)
    i = (i ^ (i >> np.uint32(16))) * np.uint32(0x45D9F3B)
    return (i ^ (i >> np.uint32(16))).astype(np.float64) / 2**32


def scattered_tensor(shape, salt, scale):
    """A float32 tensor of numbers in [-scale / 2, scale / 2)."""
    count = int(np.prod(shape))
    return torch.from_numpy((scale * (scattered(count, salt) - 0.5)).astype(np.float32)).view(*shape)


def set_weights(model, scale):
    """Fills every parameter of two or more axes with numbers in [-scale / 2, scale / 2) and biases with zeros; the others stay."""
    with torch.no_grad():
        for salt, (name, p) in enumerate(model.named_parameters()):
            if p.ndim >= 2:
                p.copy_(scattered_tensor(p.shape, salt, scale))
            elif "bias" in name:
                p.zero_()
