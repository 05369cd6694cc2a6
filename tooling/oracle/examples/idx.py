"""MNIST and its relatives: idx files of unsigned bytes, compressed with gzip."""
import gzip
from pathlib import Path

import numpy as np
import torch


def read_idx(path):
    """uint8, of the shape that the file states."""
    data = gzip.decompress(Path(path).read_bytes())
    shape = np.frombuffer(data, ">u4", count=data[3], offset=4)
    return torch.from_numpy(np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(shape).copy())


def read_images(root, train):
    """float32 (N, 1, H, W) in [0, 1]."""
    return read_idx(Path(root) / f"{'train' if train else 't10k'}-images-idx3-ubyte.gz").unsqueeze(1).float() / 255


def read_labels(root, train):
    """int64 (N)."""
    return read_idx(Path(root) / f"{'train' if train else 't10k'}-labels-idx1-ubyte.gz").long()
