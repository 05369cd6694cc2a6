"""Writes what PyTorch's layers compute to packages/nn/test/fixtures: outputs, gradients and buffers for given state dicts.

    python nn.py

The tests build the same layer under each case's name, load the state dict and compare.
"""

import json
from pathlib import Path

import torch
import torch.nn.utils.prune
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


def run(make, *inputs, train=True, steps=1, wanted=1):
    """One layer: state before, output, gradients of sum(output * weights), buffers after `steps` calls.

    The first `wanted` inputs get gradients, if they are floating.
    """
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
    given = [x.clone().requires_grad_() if x.is_floating_point() and i < wanted else x for i, x in enumerate(inputs)]
    for _ in range(steps):
        output = module(*given)
    weights = torch.linspace(-1, 1, output.numel()).reshape(output.shape)
    if output.requires_grad:
        (output * weights).sum().backward()
    return {
        "train": train,
        "steps": steps,
        "inputs": [plain(x) for x in inputs],
        "state": before,
        "output": plain(output),
        "inputGrads": [None if x.grad is None else plain(x.grad) for x in given],
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


def convolutions():
    torch.manual_seed(3)
    volume, image, sequence = torch.randn(1, 4, 3, 3, 4), torch.randn(1, 4, 4, 5), torch.randn(2, 4, 6)
    return {
        "Conv3d": run(lambda: nn.Conv3d(4, 2, (2, 3, 2), stride=(1, 2, 1), padding=1), volume),
        "Conv3d grouped and dilated": run(lambda: nn.Conv3d(4, 4, 2, groups=2, dilation=(2, 1, 1), bias=False), volume),
        "Conv3d same": run(lambda: nn.Conv3d(4, 2, (2, 1, 3), padding="same"), volume[0]),
        "Conv3d replicate": run(lambda: nn.Conv3d(4, 2, 2, padding=(1, 0, 1), padding_mode="replicate"), volume),
        "ConvTranspose1d": run(lambda: nn.ConvTranspose1d(4, 6, 3, stride=2, padding=1, output_padding=1, groups=2), sequence),
        "ConvTranspose2d": run(lambda: nn.ConvTranspose2d(4, 2, (3, 2), stride=(2, 1), dilation=(1, 2)), image),
        "ConvTranspose3d": run(lambda: nn.ConvTranspose3d(4, 2, 2, stride=(2, 1, 2), padding=(1, 0, 1), bias=False), volume),
        "Bilinear": run(lambda: nn.Bilinear(4, 3, 2), torch.randn(2, 5, 4), torch.randn(2, 5, 3), wanted=2),
        "Bilinear without bias": run(lambda: nn.Bilinear(4, 3, 2, bias=False), torch.randn(4), torch.randn(3), wanted=2),
    }


def normalizations():
    torch.manual_seed(4)
    volume, image, sequence = torch.randn(2, 4, 2, 3, 2), torch.randn(2, 4, 3, 4), torch.randn(2, 4, 6)
    return {
        "BatchNorm3d": run(lambda: nn.BatchNorm3d(4), volume, steps=2),
        "InstanceNorm1d": run(lambda: nn.InstanceNorm1d(4, affine=True), sequence),
        "InstanceNorm1d without batch": run(lambda: nn.InstanceNorm1d(4, affine=True), sequence[0]),
        "InstanceNorm2d": run(lambda: nn.InstanceNorm2d(4, eps=1e-3), image, train=False),
        "InstanceNorm2d statistics": run(lambda: nn.InstanceNorm2d(4, track_running_stats=True, momentum=0.3), image, steps=2),
        "InstanceNorm2d statistics eval": run(
            lambda: nn.InstanceNorm2d(4, affine=True, track_running_stats=True), image, train=False
        ),
        "InstanceNorm3d": run(lambda: nn.InstanceNorm3d(4, affine=True), volume),
        "LocalResponseNorm": run(lambda: nn.LocalResponseNorm(3, alpha=0.5, beta=0.6, k=1.5), image),
        "LocalResponseNorm even": run(lambda: nn.LocalResponseNorm(4, alpha=0.5), sequence),
        "GroupNorm sequence": run(lambda: nn.GroupNorm(4, 4, affine=False), sequence),
        "LayerNorm plain": run(lambda: nn.LayerNorm([3, 4], elementwise_affine=False), image),
    }


class Chain(nn.Module):
    """A pooling with indices and its inverse."""

    def __init__(self, pool, unpool, size=None):
        super().__init__()
        self.pool, self.unpool, self.size = pool, unpool, size

    def forward(self, x):
        y, indices = self.pool(x)
        return self.unpool(y * y, indices, self.size)


def poolings():
    torch.manual_seed(5)
    volume, image, sequence = torch.randn(2, 1, 4, 5, 4), torch.randn(2, 2, 6, 5), torch.randn(2, 2, 7)
    planes, boxes = torch.rand(2, 2, 2), torch.rand(2, 1, 3)
    return {
        "MaxPool3d": run(lambda: nn.MaxPool3d((2, 3, 2), stride=(1, 2, 2), padding=(1, 1, 0), ceil_mode=True), volume),
        "AvgPool3d": run(lambda: nn.AvgPool3d(2, padding=1, count_include_pad=False), volume),
        "AvgPool3d divisor": run(lambda: nn.AvgPool3d((2, 1, 2), stride=1, divisor_override=3), volume),
        "AdaptiveAvgPool1d": run(lambda: nn.AdaptiveAvgPool1d(3), sequence),
        "AdaptiveAvgPool3d": run(lambda: nn.AdaptiveAvgPool3d((2, None, 3)), volume),
        "AdaptiveMaxPool1d": run(lambda: nn.AdaptiveMaxPool1d(3), sequence),
        "AdaptiveMaxPool3d": run(lambda: nn.AdaptiveMaxPool3d(2), volume),
        "LPPool1d": run(lambda: nn.LPPool1d(2, 3, stride=2), sequence),
        "LPPool2d": run(lambda: nn.LPPool2d(3, (2, 3)), image.abs()),
        "LPPool3d": run(lambda: nn.LPPool3d(2, 2, stride=(2, 1, 2), ceil_mode=True), volume),
        "MaxUnpool1d": run(lambda: Chain(nn.MaxPool1d(2, return_indices=True), nn.MaxUnpool1d(2), [7]), sequence),
        "MaxUnpool2d": run(lambda: Chain(nn.MaxPool2d(2, return_indices=True), nn.MaxUnpool2d(2), [6, 5]), image),
        "MaxUnpool2d overlapping": run(
            lambda: Chain(nn.MaxPool2d((3, 2), (2, 1), (1, 0), return_indices=True), nn.MaxUnpool2d((3, 2), (2, 1), (1, 0)), [2, 2, 6, 5]),
            image,
        ),
        "MaxUnpool3d": run(lambda: Chain(nn.MaxPool3d(2, return_indices=True), nn.MaxUnpool3d(2), [4, 5, 4]), volume),
        "FractionalMaxPool2d": run(lambda: nn.FractionalMaxPool2d((2, 3), output_size=(3, 2), _random_samples=planes), image),
        "FractionalMaxPool3d": run(lambda: nn.FractionalMaxPool3d(2, output_ratio=0.6, _random_samples=boxes), volume),
        "FractionalMaxPool2d indices": run(
            lambda: Chain(nn.FractionalMaxPool2d(2, output_size=3, return_indices=True, _random_samples=planes), nn.MaxUnpool2d((2, 1), (2, 2)), [6, 5]),
            image,
        ),
    }, {"planes": plain(planes), "boxes": plain(boxes)}


def paddings():
    torch.manual_seed(6)
    inputs = {1: torch.randn(1, 2, 4), 2: torch.randn(1, 2, 3, 4), 3: torch.randn(1, 1, 3, 2, 4)}
    sizes = {1: (3, 1), 2: (2, 1, 0, 2), 3: (1, 2, 1, 0, 2, 1)}
    cases = {}
    for d in (1, 2, 3):
        cases[f"ConstantPad{d}d"] = run(lambda: getattr(nn, f"ConstantPad{d}d")(sizes[d], 3.5), inputs[d])
        for name in ("ZeroPad", "ReflectionPad", "ReplicationPad", "CircularPad"):
            cases[f"{name}{d}d"] = run(lambda: getattr(nn, f"{name}{d}d")(sizes[d]), inputs[d])
        cases[f"ReflectionPad{d}d all sides"] = run(lambda: getattr(nn, f"ReflectionPad{d}d")(1), inputs[d])
    return cases


class Function(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *args):
        return self.function(*args)


class Adaptive(nn.Module):
    """Output and loss of an adaptive softmax, together."""

    def __init__(self, softmax):
        super().__init__()
        self.softmax = softmax

    def forward(self, x, target):
        output, loss = self.softmax(x, target)
        return output * loss + self.softmax.log_prob(x if x.ndim == 2 else x[None]).sum()


def others():
    torch.manual_seed(7)
    x, y, image = torch.randn(3, 5), torch.randn(3, 5), torch.randn(2, 4, 4, 2)
    flat, offsets, factors = torch.tensor([1, 0, 2, 4, 2, 3]), torch.tensor([0, 2, 2, 5]), torch.rand(6)
    rows = torch.tensor([[1, 0, 2], [4, 2, 2]])
    bag = lambda mode, **options: run(lambda: nn.EmbeddingBag(5, 3, mode=mode, **options), flat, offsets)
    return {
        "ReLU in place": run(lambda: nn.Sequential(nn.Identity(), Function(lambda t: t * 2), nn.ReLU(inplace=True)), x),
        "ELU in place": run(lambda: nn.Sequential(Function(lambda t: t * 2), nn.ELU(0.5, inplace=True)), x),
        "RReLU eval": run(lambda: nn.RReLU(0.1, 0.5), x, train=False),
        "CELU": run(lambda: nn.CELU(0.7), x),
        "Threshold": run(lambda: nn.Threshold(0.1, -2), x),
        "Hardshrink": run(lambda: nn.Hardshrink(0.4), x),
        "Softshrink": run(lambda: nn.Softshrink(0.4), x),
        "Tanhshrink": run(lambda: nn.Tanhshrink(), x),
        "Softmin": run(lambda: nn.Softmin(1), x),
        "Softmax2d": run(lambda: nn.Softmax2d(), image),
        "AlphaDropout eval": run(lambda: nn.AlphaDropout(0.5), x, train=False),
        "PixelShuffle": run(lambda: nn.PixelShuffle(2), image),
        "PixelUnshuffle": run(lambda: nn.PixelUnshuffle(2), image),
        "ChannelShuffle": run(lambda: nn.ChannelShuffle(2), image),
        "CosineSimilarity": run(lambda: nn.CosineSimilarity(dim=1), x, y, wanted=2),
        "PairwiseDistance": run(lambda: nn.PairwiseDistance(p=3, keepdim=True), x, y, wanted=2),
        "pdist": run(lambda: Function(lambda t: nn.functional.pdist(t, 1.5)), x),
        "linearCrossEntropy": run(
            lambda: Function(lambda t, w, c: nn.functional.linear_cross_entropy(t, w, c, label_smoothing=0.1)), x, torch.randn(4, 5), torch.tensor([3, 0, 1]), wanted=2
        ),
        "LinearCrossEntropyLoss": run(lambda: nn.LinearCrossEntropyLoss(5, 4, bias=True, label_smoothing=0.1), x, torch.tensor([3, 0, 1])),
        "AdaptiveLogSoftmaxWithLoss": run(
            lambda: Adaptive(nn.AdaptiveLogSoftmaxWithLoss(5, 10, [3, 6], div_value=2, head_bias=True)), x, torch.tensor([8, 1, 4])
        ),
        "AdaptiveLogSoftmaxWithLoss single": run(lambda: Adaptive(nn.AdaptiveLogSoftmaxWithLoss(5, 10, [3, 6], div_value=2)), x[0], torch.tensor(9)),
        "Embedding scaled": run(lambda: nn.Embedding(5, 3, scale_grad_by_freq=True), rows),
        "Embedding limited": run(lambda: nn.Embedding(5, 3, max_norm=0.5, norm_type=1.5), rows),
        "EmbeddingBag rows": run(lambda: nn.EmbeddingBag(5, 3), rows),
        "EmbeddingBag sum": bag("sum", padding_idx=2),
        "EmbeddingBag mean": bag("mean", padding_idx=-3),
        "EmbeddingBag max": bag("max"),
        "EmbeddingBag last offset": run(
            lambda: nn.EmbeddingBag(5, 3, mode="mean", include_last_offset=True, scale_grad_by_freq=True),
            torch.tensor([1, 0, 4, 2, 4, 3]),  # PyTorch takes the frequencies of other rows unless the last one is the repeated one
            torch.tensor([0, 3, 6]),
        ),
        "EmbeddingBag weighted": run(lambda: nn.EmbeddingBag(5, 3, mode="sum"), flat, offsets, factors, wanted=3),
    }


def margin_losses():
    torch.manual_seed(8)
    a, b, c = torch.randn(4, 3), torch.randn(4, 3), torch.randn(4, 3)
    signs, sides = torch.tensor([1.0, -1.0, -1.0, 1.0]), torch.randn(4, 3).sign()
    counts, classes, binary = torch.randint(0, 5, (4, 3)).float(), torch.tensor([0, 2, 1, 1]), torch.randint(0, 2, (4, 3)).float()
    labels = torch.tensor([[2, 0, -1], [-1, 1, 0], [1, -1, 2], [0, 1, 2]])
    weight = torch.tensor([0.5, 1.0, 2.0])
    cases = {
        "MarginRankingLoss": (lambda r: nn.MarginRankingLoss(margin=0.3, reduction=r), (a, b, sides), 2),
        "HingeEmbeddingLoss": (lambda r: nn.HingeEmbeddingLoss(margin=0.8, reduction=r), (a, sides), 1),
        "CosineEmbeddingLoss": (lambda r: nn.CosineEmbeddingLoss(margin=-0.2, reduction=r), (a, b, signs), 2),
        "SoftMarginLoss": (lambda r: nn.SoftMarginLoss(reduction=r), (a, sides), 1),
        "MultiMarginLoss": (lambda r: nn.MultiMarginLoss(reduction=r), (a, classes), 1),
        "MultiMarginLoss squared": (lambda r: nn.MultiMarginLoss(p=2, margin=0.7, weight=weight, reduction=r), (a, classes), 1),
        "MultiLabelMarginLoss": (lambda r: nn.MultiLabelMarginLoss(reduction=r), (a, labels), 1),
        "MultiLabelSoftMarginLoss": (lambda r: nn.MultiLabelSoftMarginLoss(weight=weight, reduction=r), (a, binary), 1),
        "TripletMarginLoss": (lambda r: nn.TripletMarginLoss(reduction=r), (a, b, c), 3),
        "TripletMarginLoss swapped": (lambda r: nn.TripletMarginLoss(margin=0.5, p=1, swap=True, reduction=r), (a, b, c), 3),
        "TripletMarginWithDistanceLoss": (
            lambda r: nn.TripletMarginWithDistanceLoss(distance_function=lambda x, y: 1 - nn.functional.cosine_similarity(x, y), swap=True, reduction=r),
            (a, b, c),
            3,
        ),
        "PoissonNLLLoss": (lambda r: nn.PoissonNLLLoss(full=True, reduction=r), (a, counts), 1),
        "PoissonNLLLoss rate": (lambda r: nn.PoissonNLLLoss(log_input=False, eps=1e-4, reduction=r), (a.abs() + 0.1, counts), 1),
        "GaussianNLLLoss": (lambda r: nn.GaussianNLLLoss(full=True, reduction=r), (a, b, c.square() * 0.5), 3),
        "GaussianNLLLoss per row": (lambda r: nn.GaussianNLLLoss(eps=0.1, reduction=r), (a, b, torch.tensor([0.01, 1.0, 2.0, 0.5])), 3),
    }
    return {f"{name}, {r}": run(lambda: make(r), *inputs, wanted=wanted) for name, (make, inputs, wanted) in cases.items() for r in ("mean", "sum", "none")}


def dense_losses():
    """Losses of places: (N, C, d…) scores."""
    torch.manual_seed(9)
    scores, classes = torch.randn(2, 3, 2, 2), torch.randint(0, 3, (2, 2, 2))
    weight = torch.tensor([0.5, 1.0, 2.0])
    logs, soft = torch.log_softmax(scores, 1), torch.softmax(torch.randn(2, 3, 2, 2), 1)
    cases = {
        "CrossEntropyLoss": (lambda r: nn.CrossEntropyLoss(weight=weight, label_smoothing=0.1, ignore_index=2, reduction=r), scores, classes),
        "CrossEntropyLoss soft": (lambda r: nn.CrossEntropyLoss(weight=weight, label_smoothing=0.1, reduction=r), scores, soft),
        "CrossEntropyLoss single": (lambda r: nn.CrossEntropyLoss(reduction=r), scores[0, :, 0, 0], classes[0, 0, 0]),
        "NLLLoss": (lambda r: nn.NLLLoss(weight=weight, ignore_index=0, reduction=r), logs, classes),
        "BCELoss": (lambda r: nn.BCELoss(weight=soft[0], reduction=r), torch.sigmoid(scores), soft),
        "BCEWithLogitsLoss": (lambda r: nn.BCEWithLogitsLoss(weight=soft[0], pos_weight=weight[:, None, None], reduction=r), scores, soft),
        "KLDivLoss": (lambda r: nn.KLDivLoss(log_target=True, reduction=r), logs, torch.log(soft)),
    }
    return {f"{name}, {r}": run(lambda: make(r), x.clone(), y) for name, (make, x, y) in cases.items() for r in ("mean", "sum", "none")}


def parametrizations():
    torch.manual_seed(10)
    rows, image = torch.randn(3, 4), torch.randn(1, 2, 4, 3)
    p = nn.utils.parametrizations
    return {
        "weightNorm": run(lambda: p.weight_norm(nn.Linear(4, 3)), rows),
        "weightNorm conv": run(lambda: p.weight_norm(nn.Conv2d(2, 3, 2), dim=1), image),
        "weightNorm whole": run(lambda: p.weight_norm(nn.Linear(4, 3), dim=None), rows),
        "spectralNorm": run(lambda: p.spectral_norm(nn.Linear(4, 3), n_power_iterations=2), rows, steps=2),
        "spectralNorm eval": run(lambda: p.spectral_norm(nn.Conv2d(2, 3, 2)), image, train=False),
        "spectralNorm transposed": run(lambda: p.spectral_norm(nn.ConvTranspose2d(2, 3, 2)), image),
        "spectralNorm bias": run(lambda: p.spectral_norm(nn.Linear(4, 3), name="bias"), rows),
        "weightNorm of spectralNorm": run(lambda: p.spectral_norm(p.weight_norm(nn.Linear(4, 3))), rows, train=False),
        "orthogonal matrixExp": run(lambda: p.orthogonal(nn.Linear(4, 3), orthogonal_map="matrix_exp"), rows),
        "orthogonal cayley": run(lambda: p.orthogonal(nn.Linear(4, 5), orthogonal_map="cayley"), rows),
        "orthogonal householder": run(lambda: p.orthogonal(nn.Linear(4, 3)), rows),
        "orthogonal householder tall": run(lambda: p.orthogonal(nn.Linear(4, 5), use_trivialization=False), rows),
        "pruned": run(lambda: nn.utils.prune.l1_unstructured(nn.Linear(4, 3), "weight", 0.4), rows),
    }


def pruning():
    """The masks that pruning makes of given weights."""
    torch.manual_seed(11)
    prune, weight, scores, other = nn.utils.prune, torch.randn(4, 5), torch.rand(4, 5), torch.randn(3, 4)

    def masks(*steps):
        layer = nn.Linear(5, 4)
        layer.weight = nn.Parameter(weight.clone())
        for step in steps:
            step(layer)
        return plain(layer.weight_mask)

    first, second = nn.Linear(5, 4), nn.Linear(4, 3)
    first.weight, second.weight = nn.Parameter(weight.clone()), nn.Parameter(other.clone())
    prune.l1_unstructured(first, "weight", 3)
    prune.global_unstructured([(first, "weight"), (second, "weight")], prune.L1Unstructured, amount=0.4)
    return {
        "weight": plain(weight),
        "scores": plain(scores),
        "other": plain(other),
        "fraction": masks(lambda m: prune.l1_unstructured(m, "weight", 0.4)),
        "count": masks(lambda m: prune.l1_unstructured(m, "weight", 3)),
        "scored": masks(lambda m: prune.l1_unstructured(m, "weight", 7, importance_scores=scores)),
        "rows": masks(lambda m: prune.ln_structured(m, "weight", 0.5, n=2, dim=0)),
        "columns": masks(lambda m: prune.ln_structured(m, "weight", 2, n=1, dim=-1)),
        "twice": masks(lambda m: prune.l1_unstructured(m, "weight", 0.3), lambda m: prune.l1_unstructured(m, "weight", 0.5)),
        "mixed": masks(lambda m: prune.ln_structured(m, "weight", 1, n=2, dim=0), lambda m: prune.ln_structured(m, "weight", 0.4, n=2, dim=1)),
        "global": [plain(first.weight_mask), plain(second.weight_mask)],
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
    write("convolutions.json", {"cases": convolutions()})
    write("normalizations.json", {"cases": normalizations()})
    cases, samples = poolings()
    write("poolings.json", {"cases": cases, "samples": samples})
    write("paddings.json", {"cases": paddings()})
    write("others.json", {"cases": others()})
    write("margin-losses.json", {"cases": margin_losses()})
    write("parametrizations.json", {"cases": parametrizations(), "pruning": pruning()})
    write("dense-losses.json", {"cases": dense_losses()})
