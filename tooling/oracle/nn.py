"""Writes what PyTorch's layers compute to packages/nn/test/fixtures: outputs, gradients and buffers for given state dicts.

    python nn.py

The tests build the same layer under each case's name, load the state dict and compare.
"""

import json
from pathlib import Path

import torch
from torch import nn

OUT = Path(__file__).parents[2] / "packages" / "nn" / "test" / "fixtures"
IMAGE = (2, 4, 6, 5)


def plain(t):
    """A tensor as JSON; nine digits are exact for float32."""
    values = t.detach().flatten().tolist()
    return {
        "dtype": str(t.dtype).removeprefix("torch."),
        "shape": list(t.shape),
        "data": [float(f"{v:.9g}") if isinstance(v, float) else v for v in values],
    }


def run(make, *inputs, train=True, steps=1):
    """One layer: state before, output, gradients of sum(output * weights), buffers after `steps` calls."""
    torch.manual_seed(0)
    module = make()
    with torch.no_grad():
        for p in module.parameters():
            p.add_(torch.randn_like(p) * 0.1)  # so that no scale is 1 and no shift 0
        for name, b in module.named_buffers():
            if b.is_floating_point() and "running" in name:
                b.add_(torch.rand_like(b))
    module.train(train)
    before = {k: plain(v) for k, v in module.state_dict().items()}
    given = [x.clone().requires_grad_() if x.is_floating_point() and i == 0 else x for i, x in enumerate(inputs)]
    for _ in range(steps):
        output = module(*given)
    weights = torch.linspace(-1, 1, output.numel()).reshape(output.shape)
    (output * weights).sum().backward()
    return {
        "train": train,
        "steps": steps,
        "inputs": [plain(x) for x in inputs],
        "state": before,
        "output": plain(output),
        "inputGrad": None if given[0].grad is None else plain(given[0].grad),
        "grads": {n: plain(p.grad) for n, p in module.named_parameters() if p.grad is not None},
        "buffers": {k: plain(v) for k, v in module.named_buffers()},
    }


class Block(nn.Module):
    """A residual block with the names that PyTorch people use."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(4, 4, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(4)
        self.down_sample = nn.Sequential(nn.Conv2d(4, 4, 1), nn.BatchNorm2d(4))
        self.LayerNorm = nn.LayerNorm(5)
        self.A_log = nn.Parameter(torch.zeros(1))
        self.layers = nn.ModuleList([nn.Linear(5, 5), nn.Linear(5, 5)])
        self.heads = nn.ModuleDict({"first_head": nn.Linear(5, 2), "secondHead": nn.Linear(5, 3)})
        self.register_buffer("position_ids", torch.arange(3))
        self.register_buffer("scratch", torch.zeros(2), persistent=False)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x))) + self.down_sample(x)
        x = self.LayerNorm(x) * torch.exp(self.A_log)
        for layer in self.layers:
            x = x + layer(x)
        return torch.cat([self.heads["first_head"](x), self.heads["secondHead"](x)], -1)


def layers():
    torch.manual_seed(1)
    image, rows, sequence = torch.randn(IMAGE), torch.randn(5, 4), torch.randn(2, 4, 7)
    ids = torch.tensor([[1, 0, 2], [4, 2, 2]])
    activations = {
        "ReLU": nn.ReLU(), "ReLU6": nn.ReLU6(), "LeakyReLU": nn.LeakyReLU(0.2), "ELU": nn.ELU(0.7), "SELU": nn.SELU(),
        "GELU": nn.GELU(), "GELU tanh": nn.GELU(approximate="tanh"), "SiLU": nn.SiLU(), "Mish": nn.Mish(), "Sigmoid": nn.Sigmoid(),
        "LogSigmoid": nn.LogSigmoid(), "Tanh": nn.Tanh(), "Hardtanh": nn.Hardtanh(-0.5, 0.7), "Hardswish": nn.Hardswish(),
        "Hardsigmoid": nn.Hardsigmoid(), "Softplus": nn.Softplus(beta=2, threshold=3), "Softsign": nn.Softsign(), "GLU": nn.GLU(1),
        "Softmax": nn.Softmax(1), "LogSoftmax": nn.LogSoftmax(-1), "PReLU": nn.PReLU(4), "Identity": nn.Identity(),
    }
    cases = {
        "Linear": run(lambda: nn.Linear(4, 3), rows),
        "Linear without bias": run(lambda: nn.Linear(4, 3, bias=False), torch.randn(2, 3, 4)),
        "Conv1d": run(lambda: nn.Conv1d(4, 6, 3, stride=2, padding=1), sequence),
        "Conv2d": run(lambda: nn.Conv2d(4, 3, (3, 2), stride=(2, 1), padding=(1, 0)), image),
        "Conv2d grouped and dilated": run(lambda: nn.Conv2d(4, 8, 2, groups=2, dilation=2, bias=False), image),
        "Conv2d same": run(lambda: nn.Conv2d(4, 3, (2, 3), padding="same"), image),
        "Conv2d reflect": run(lambda: nn.Conv2d(4, 2, 3, padding=(2, 1), padding_mode="reflect"), image),
        "Conv2d circular": run(lambda: nn.Conv2d(4, 2, 3, padding=1, padding_mode="circular"), image),
        "BatchNorm1d": run(lambda: nn.BatchNorm1d(4), rows, steps=3),
        "BatchNorm1d sequence": run(lambda: nn.BatchNorm1d(4, momentum=0.3, eps=1e-3), sequence),
        "BatchNorm2d": run(lambda: nn.BatchNorm2d(4), image, steps=2),
        "BatchNorm2d eval": run(lambda: nn.BatchNorm2d(4), image, train=False),
        "BatchNorm2d average": run(lambda: nn.BatchNorm2d(4, momentum=None), image, steps=3),
        "BatchNorm2d without statistics": run(lambda: nn.BatchNorm2d(4, track_running_stats=False, affine=False), image, train=False),
        "LayerNorm": run(lambda: nn.LayerNorm([6, 5]), image),
        "LayerNorm without bias": run(lambda: nn.LayerNorm(5, bias=False, eps=1e-3), image),
        "RMSNorm": run(lambda: nn.RMSNorm(5), image),
        "GroupNorm": run(lambda: nn.GroupNorm(2, 4), image),
        "Embedding": run(lambda: nn.Embedding(5, 3), ids),
        "Embedding with padding": run(lambda: nn.Embedding(5, 3, padding_idx=-3), ids),
        "Flatten": run(lambda: nn.Flatten(), image),
        "Unflatten": run(lambda: nn.Unflatten(1, (2, 2)), image),
        "MaxPool1d": run(lambda: nn.MaxPool1d(3, stride=2, padding=1), sequence),
        "MaxPool2d": run(lambda: nn.MaxPool2d(2, ceil_mode=True), image),
        "AvgPool1d": run(lambda: nn.AvgPool1d(3), sequence),
        "AvgPool2d": run(lambda: nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=False), image),
        "AdaptiveAvgPool2d": run(lambda: nn.AdaptiveAvgPool2d((2, None)), image),
        "AdaptiveMaxPool2d": run(lambda: nn.AdaptiveMaxPool2d(3), image),
        "Dropout eval": run(lambda: nn.Dropout(0.5), image, train=False),
        "Dropout2d eval": run(lambda: nn.Dropout2d(0.5), image, train=False),
        "Sequential": run(lambda: nn.Sequential(nn.Conv2d(4, 3, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(6, 2)), image),
        "Block": run(Block, image, steps=2),
        **{name: run(lambda m=m: m, sequence) for name, m in activations.items()},
    }
    return cases


def losses():
    torch.manual_seed(2)
    scores, other = torch.randn(6, 4), torch.randn(6, 4)
    classes, probabilities = torch.tensor([0, 3, 1, 1, 2, 0]), torch.rand(6, 4)
    logs, soft = torch.log_softmax(scores, 1), torch.softmax(other, 1)
    weight = torch.tensor([0.5, 1.0, 2.0, 0.1])

    def reduced(make, x, y):
        return {r: run(lambda: make(r), x.clone(), y) for r in ("mean", "sum", "none")}

    return {
        "CrossEntropyLoss": reduced(lambda r: nn.CrossEntropyLoss(reduction=r), scores, classes),
        "CrossEntropyLoss weighted": reduced(
            lambda r: nn.CrossEntropyLoss(weight=weight, ignore_index=1, label_smoothing=0.2, reduction=r), scores, classes
        ),
        "CrossEntropyLoss soft": reduced(lambda r: nn.CrossEntropyLoss(reduction=r), scores, soft),
        "NLLLoss": reduced(lambda r: nn.NLLLoss(reduction=r), logs, classes),
        "NLLLoss weighted": reduced(lambda r: nn.NLLLoss(weight=weight, reduction=r), logs, classes),
        "MSELoss": reduced(lambda r: nn.MSELoss(reduction=r), scores, other),
        "L1Loss": reduced(lambda r: nn.L1Loss(reduction=r), scores, other),
        "SmoothL1Loss": reduced(lambda r: nn.SmoothL1Loss(beta=0.5, reduction=r), scores, other),
        "HuberLoss": reduced(lambda r: nn.HuberLoss(delta=0.7, reduction=r), scores, other),
        "BCELoss": reduced(lambda r: nn.BCELoss(reduction=r), torch.sigmoid(scores), probabilities),
        "BCEWithLogitsLoss": reduced(lambda r: nn.BCEWithLogitsLoss(pos_weight=weight, reduction=r), scores, probabilities),
        "KLDivLoss": reduced(lambda r: nn.KLDivLoss(reduction="batchmean" if r == "mean" else r), logs, soft),
    }


def normal():
    """Quantiles of the normal distribution, centre and both tails."""
    p = torch.tensor([1e-300, 1e-100, 1e-30, 1e-12, 1e-6, 0.01, 0.07, 0.0751, 0.3, 0.5, 0.7, 0.93, 0.99, 1 - 1e-6], dtype=torch.float64)
    return {"probabilities": p.tolist(), "quantiles": torch.special.ndtri(p).tolist()}


def write(name, value):
    text = json.dumps({"torch": torch.__version__, **value}, separators=(",", ":"))
    (OUT / name).write_text(text + "\n")
    print(f"{name}: {len(text) // 1024} KiB")


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    write("layers.json", {"cases": layers()})
    write("losses.json", {"cases": losses()})
    write("normal.json", normal())
