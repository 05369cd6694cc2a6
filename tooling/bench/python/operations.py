"""Single operations as one writes them in PyTorch: functions of the inputs `i` and the workload's parameters `p`."""
import functools

import torch
import torch.nn.functional as F
from torch.nn.functional import scaled_dot_product_attention

CONV = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
CONV_TRANSPOSE = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}


def conv(i, p):
    return CONV[p["dims"]](i["x"], i["weight"], None, p["stride"], p["padding"], p["dilation"], p["groups"])


def conv_transpose(i, p):
    f = CONV_TRANSPOSE[p["dims"]]
    return f(i["x"], i["weight"], None, p["stride"], p["padding"], groups=p["groups"], dilation=p["dilation"])


def attention(i, p):
    return scaled_dot_product_attention(i["q"], i["k"], i["v"], attn_mask=i.get("mask"), is_causal=p["causal"])


def batch_norm(i, p):
    return F.batch_norm(i["x"], i.get("mean"), i.get("variance"), i["weight"], i["bias"], training=p["training"])


def chain(i, p):
    y = i["x"]
    for _ in range(10):
        y = (y * 1.01).tanh()
    return y.sum()


def shifted(x):
    return x + torch.eye(x.shape[-1], dtype=x.dtype)


LINALG = {
    "lu_factor": lambda x, b: torch.linalg.lu_factor(shifted(x))[0],
    "slogdet": lambda x, b: torch.linalg.slogdet(shifted(x))[1],
    "solve": lambda x, b: torch.linalg.solve(shifted(x), b),
    "solve_triangular": lambda x, b: torch.linalg.solve_triangular(shifted(x), b, upper=False),
    "inv": lambda x, b: torch.linalg.inv(shifted(x)),
    "cholesky": lambda x, b: torch.linalg.cholesky(shifted(x)),
    "qr": lambda x, b: torch.linalg.qr(shifted(x))[1].abs(),
    "lstsq": lambda x, b: torch.linalg.lstsq(shifted(x), b).solution,
    "pinv": lambda x, b: torch.linalg.pinv(shifted(x)),
    "matrix_exp": lambda x, b: torch.linalg.matrix_exp(x),
    "eigvalsh": lambda x, b: torch.linalg.eigvalsh(x),
    "eigh": lambda x, b: torch.linalg.eigh(x)[0],
    "svdvals": lambda x, b: torch.linalg.svdvals(x),
    "svd": lambda x, b: torch.linalg.svd(x)[1],
    "eigvals": lambda x, b: torch.linalg.eigvals(x).abs().sum(),
    "eig": lambda x, b: torch.linalg.eig(x)[0].abs().sum(),
}


def linalg(i, p):
    result = LINALG[p["name"]](i["x"], i["b"])
    return result.square().sum() if p["sum"] else result


hann_window = functools.cache(torch.hann_window)


def transform(f, x, p):
    return torch.view_as_real(f(torch.view_as_complex(x), dim=p["dim"]))


def stft(i, p):
    y = torch.view_as_real(torch.stft(i["x"], p["n_fft"], p["hop"], window=hann_window(p["n_fft"]), return_complex=True))
    return y.square().sum() if p["pass"] == "training" else y


OPERATIONS = {
    "matmul": lambda i, p: i["a"] @ i["b"],
    "int_mm": lambda i, p: torch._int_mm(i["a"], i["b"]),
    "linalg": linalg,
    "conv": conv,
    "conv_transpose": conv_transpose,
    "attention": attention,
    # pointwise
    "add": lambda i, p: i["a"] + i["b"],
    "mul": lambda i, p: i["a"] * i["b"],
    "relu": lambda i, p: i["a"].relu(),
    "gelu": lambda i, p: F.gelu(i["a"]),
    "exp": lambda i, p: i["a"].exp(),
    "tanh": lambda i, p: i["a"].tanh(),
    "sigmoid": lambda i, p: i["a"].sigmoid(),
    "where": lambda i, p: torch.where(i["c"], i["a"], i["b"]),
    "cast": lambda i, p: i["a"].bfloat16(),
    "transpose": lambda i, p: i["a"].contiguous(),
    # reductions
    "sum": lambda i, p: i["x"].sum(p["dim"]),
    "mean": lambda i, p: i["x"].mean(p["dim"]),
    "amax": lambda i, p: i["x"].amax() if p["dim"] is None else i["x"].amax(p["dim"]),
    "var": lambda i, p: i["x"].var(p["dim"]),
    "argmax": lambda i, p: i["x"].argmax(p["dim"]),
    # normalisation and loss
    "softmax": lambda i, p: i["x"].softmax(p["dim"]),
    "log_softmax": lambda i, p: i["x"].log_softmax(p["dim"]),
    "layer_norm": lambda i, p: F.layer_norm(i["x"], i["weight"].shape, i["weight"], i["bias"]),
    "rms_norm": lambda i, p: F.rms_norm(i["x"], i["weight"].shape, i["weight"]),
    "batch_norm": batch_norm,
    "group_norm": lambda i, p: F.group_norm(i["x"], p["groups"], i["weight"], i["bias"]),
    "cross_entropy": lambda i, p: F.cross_entropy(i["x"], i["y"]),
    # looking up, putting in order, moving
    "embedding": lambda i, p: F.embedding(i["y"], i["weight"]),
    "gather": lambda i, p: i["x"].gather(p["dim"], i["y"]),
    "index_select": lambda i, p: i["x"].index_select(0, i["y"]),
    "scatter_add": lambda i, p: i["x"].scatter_add(p["dim"], i["y"], i["source"]),
    "index_add": lambda i, p: i["x"].index_add(0, i["y"], i["source"]),
    "sort": lambda i, p: i["x"].sort().values,
    "topk": lambda i, p: i["x"].topk(p["k"]).values,
    "cumsum": lambda i, p: i["x"].cumsum(p["dim"]),
    "cat": lambda i, p: torch.cat([i["a"], i["b"], i["c"]], p["dim"]),
    "stack": lambda i, p: torch.stack([i["a"], i["b"]], p["dim"]),
    "contiguous": lambda i, p: i["x"].contiguous(),
    "dropout": lambda i, p: F.dropout(i["x"], 0.1),
    # Fourier transforms
    "fft": lambda i, p: transform(torch.fft.fft, i["x"], p),
    "ifft": lambda i, p: transform(torch.fft.ifft, i["x"], p),
    "rfft": lambda i, p: torch.view_as_real(torch.fft.rfft(i["x"], dim=p["dim"])),
    "irfft": lambda i, p: torch.fft.irfft(torch.view_as_complex(i["x"]), dim=p["dim"]),
    "fft2": lambda i, p: torch.view_as_real(torch.fft.fft2(torch.view_as_complex(i["x"]))),
    "stft": stft,
    "istft": lambda i, p: torch.istft(torch.view_as_complex(i["x"]), p["n_fft"], p["hop"], window=hann_window(p["n_fft"])),
    # small
    "chain": chain,
    "reshape_transpose": lambda i, p: i["x"].reshape(4, 16).transpose(0, 1),
    "index_slices": lambda i, p: i["x"][1:5, None, 2, 0:8:2],
    "index_tensor": lambda i, p: i["x"][i["y"]],
}

# The operations that are also measured into a tensor `o` that is there already.
OUT = {
    "add": lambda o, i: torch.add(i["a"], i["b"], out=o),
    "mul": lambda o, i: torch.mul(i["a"], i["b"], out=o),
    "relu": lambda o, i: torch.clamp_min(i["a"], 0, out=o),
    "exp": lambda o, i: torch.exp(i["a"], out=o),
    "tanh": lambda o, i: torch.tanh(i["a"], out=o),
    "sigmoid": lambda o, i: torch.sigmoid(i["a"], out=o),
    "where": lambda o, i: torch.where(i["c"], i["a"], i["b"], out=o),
    "cast": lambda o, i: o.copy_(i["a"]),
    "transpose": lambda o, i: o.copy_(i["a"]),
}
