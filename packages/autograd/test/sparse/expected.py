"""Writes expected.json: what PyTorch computes with the sparse tensors of sparse.test.ts.

    python packages/autograd/test/sparse/expected.py
"""
import json
import math
import pathlib
import warnings

import torch

warnings.simplefilter("ignore")
torch.set_default_dtype(torch.float64)

# (1, 2) twice, not sorted; the third row is empty
INDICES = torch.tensor([[1, 0, 3, 1, 0, 1], [2, 3, 0, 2, 1, 0]])
OTHER = torch.tensor([[0, 1, 2, 3], [1, 2, 0, 4]])


def wave(*shape, k=0):
    """The same generic numbers as in the TypeScript tests."""
    return torch.tensor([math.sin(1 + 0.7 * i + 5 * k) for i in range(math.prod(shape))]).reshape(shape)


def weight(t):
    return wave(*t.shape, k=9)


def parts(t):
    """A tensor as plain lists."""
    if t.layout == torch.strided:
        return t.tolist()
    if t.layout == torch.sparse_coo:
        t = t.coalesce()
        return {"size": list(t.shape), "indices": t.indices().tolist(), "values": t.values().tolist()}
    by_rows = t.layout == torch.sparse_csr
    compressed, plain = (t.crow_indices(), t.col_indices()) if by_rows else (t.ccol_indices(), t.row_indices())
    return {"size": list(t.shape), "compressed": compressed.tolist(), "plain": plain.tolist(), "values": t.values().tolist()}


def case(function):
    """The result for sparse leaves a (4, 5) and b (4, 5) and dense leaves x (5, 3), y (4, 5), and the gradients of a weighted sum."""
    a = torch.sparse_coo_tensor(INDICES, wave(6), (4, 5)).requires_grad_()
    b = torch.sparse_coo_tensor(OTHER, wave(4, k=1), (4, 5)).requires_grad_()
    x, y = wave(5, 3, k=2).requires_grad_(), wave(4, 5, k=3).requires_grad_()
    result = function(a, b, x, y)
    dense = result.to_dense()
    (dense * weight(dense)).sum().backward()
    gradients = {name: None if t.grad is None else t.grad.to_dense().tolist() for name, t in (("a", a), ("b", b), ("x", x), ("y", y))}
    return {"result": parts(result.detach()), "gradients": gradients}


CASES = {
    "toDense": lambda a, b, x, y: a.to_dense(),
    "coalesce": lambda a, b, x, y: a.coalesce(),
    "mm": lambda a, b, x, y: torch.sparse.mm(a, x),
    "mv": lambda a, b, x, y: a.mv(x[:, 0]),
    "transposed": lambda a, b, x, y: torch.sparse.mm(a.t(), y),
    "csr": lambda a, b, x, y: a.to_sparse_csr() @ x,
    "addmm": lambda a, b, x, y: torch.sparse.addmm(y[:, :3], a, x, beta=2, alpha=0.5),
    "sparseTimesSparse": lambda a, b, x, y: torch.sparse.mm(a, b.t()),
    "add": lambda a, b, x, y: a + b,
    "addToDense": lambda a, b, x, y: y + a,
    "sub": lambda a, b, x, y: torch.sub(a, b, alpha=3),
    "mulNumber": lambda a, b, x, y: a * 3,
    "mulDense": lambda a, b, x, y: a.coalesce() * y.detach(),
    "divNumber": lambda a, b, x, y: a / 4,
    "pow": lambda a, b, x, y: a.coalesce().pow(3),
    "sum": lambda a, b, x, y: torch.sparse.sum(a),
    "sumRows": lambda a, b, x, y: torch.sparse.sum(a, 0),
    "sumColumns": lambda a, b, x, y: torch.sparse.sum(a, 1),
    "softmaxRows": lambda a, b, x, y: torch.sparse.softmax(a, 1),
    "logSoftmaxColumns": lambda a, b, x, y: torch.sparse.log_softmax(a, 0),
    "sparseMask": lambda a, b, x, y: y.sparse_mask(a.detach().coalesce()),
    "toSparse": lambda a, b, x, y: y.relu().to_sparse(),
    "toSparseCsr": lambda a, b, x, y: y.relu().to_sparse_csr(),
}


def without_gradient(function):
    """PyTorch has no derivative, or wants something else of it."""
    a, b = torch.sparse_coo_tensor(INDICES, wave(6), (4, 5)), torch.sparse_coo_tensor(OTHER, wave(4, k=1), (4, 5))
    return {"result": parts(function(a, b, wave(5, 3, k=2), wave(4, 5, k=3)))}


FORWARD = {
    "mulSparse": lambda a, b, x, y: a * (b + a),
    "csc": lambda a, b, x, y: a.to_sparse_csc(),
    "denseTimesSparse": lambda a, b, x, y: y.t() @ a.to_sparse_csr(),
    "tanh": lambda a, b, x, y: a.tanh(),
    "cat": lambda a, b, x, y: torch.cat([a, b], 1),
    "unsqueeze": lambda a, b, x, y: a.unsqueeze(1),
    "abs": lambda a, b, x, y: a.abs(),
    "hybrid": lambda a, b, x, y: torch.sparse.sum(torch.sparse_coo_tensor(INDICES, wave(6, 2), (4, 5, 2)), (0, 2)),
    "hybridToSparse": lambda a, b, x, y: y.to_sparse(1).to_dense(),
    "int64": lambda a, b, x, y: (a * 10).long() @ (x * 10).long(),
}

if __name__ == "__main__":
    expected = {name: case(function) for name, function in CASES.items()}
    expected |= {name: without_gradient(function) for name, function in FORWARD.items()}
    pathlib.Path(__file__).with_name("expected.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")
