"""Writes which dtype each function has under PyTorch's CPU autocast to packages/{autograd,nn}/test/fixtures/autocast.json.

    python autocast.py

Every function is called with operands of ones in float32, bfloat16 and float64; the tests call ours of the same name.
"""
import json
import warnings
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import linalg

PACKAGES = Path(__file__).parents[2] / "packages"
PAIR = torch.tensor([0, 1])


def complex_part(x):
    """The dtype of a complex tensor's parts tells in which precision it was computed."""
    return torch.view_as_real(x)


FUNCTIONS = {
    "autograd": {
        "matmul": lambda m: m(2, 3) @ m(3, 2),
        "mm": lambda m: torch.mm(m(2, 3), m(3, 2)),
        "bmm": lambda m: torch.bmm(m(1, 2, 3), m(1, 3, 2)),
        "addmm": lambda m: torch.addmm(m(2, 2), m(2, 3), m(3, 2)),
        "baddbmm": lambda m: torch.baddbmm(m(1, 2, 2), m(1, 2, 3), m(1, 3, 2), beta=0.5),
        "addbmm": lambda m: torch.addbmm(m(2, 2), m(1, 2, 3), m(1, 3, 2)),
        "einsum": lambda m: torch.einsum("ij,jk->ik", m(2, 3), m(3, 2)),
        "linear": lambda m: F.linear(m(2, 3), m(4, 3), m(4)),
        "vecdot": lambda m: linalg.vecdot(m(2, 3), m(2, 3)),
        "mv": lambda m: torch.mv(m(2, 3), m(3)),
        "dot": lambda m: torch.dot(m(3), m(3)),
        "outer": lambda m: torch.outer(m(3), m(3)),
        "tensordot": lambda m: torch.tensordot(m(2, 3), m(3, 2), 1),
        "multiDot": lambda m: linalg.multi_dot([m(2, 3), m(3, 2), m(2, 2)]),
        "conv1d": lambda m: F.conv1d(m(1, 2, 5), m(3, 2, 2)),
        "conv2d": lambda m: F.conv2d(m(1, 2, 5, 5), m(3, 2, 2, 2), m(3)),
        "conv3d": lambda m: F.conv3d(m(1, 2, 3, 3, 3), m(3, 2, 2, 2, 2)),
        "convTranspose1d": lambda m: F.conv_transpose1d(m(1, 2, 5), m(2, 3, 2)),
        "convTranspose2d": lambda m: F.conv_transpose2d(m(1, 2, 5, 5), m(2, 3, 2, 2), m(3)),
        "convTranspose3d": lambda m: F.conv_transpose3d(m(1, 2, 3, 3, 3), m(2, 3, 2, 2, 2)),
        "scaledDotProductAttention": lambda m: F.scaled_dot_product_attention(m(1, 1, 2, 4), m(1, 1, 2, 4), m(1, 1, 2, 4)),
        "mseLoss": lambda m: F.mse_loss(m(3), m(3)),
        "l1Loss": lambda m: F.l1_loss(m(3), m(3)),
        "smoothL1Loss": lambda m: F.smooth_l1_loss(m(3), m(3)),
        "huberLoss": lambda m: F.huber_loss(m(3), m(3)),
        "crossEntropy": lambda m: F.cross_entropy(m(2, 3), PAIR),
        "crossEntropy of probabilities": lambda m: F.cross_entropy(m(2, 3), m(2, 3)),
        "nllLoss": lambda m: F.nll_loss(m(2, 3), PAIR),
        "nllLoss of images": lambda m: F.nll_loss(m(2, 3, 1, 1), PAIR.view(2, 1, 1)),
        "binaryCrossEntropy": lambda m: F.binary_cross_entropy(m(3), m(3)),
        "binaryCrossEntropyWithLogits": lambda m: F.binary_cross_entropy_with_logits(m(3), m(3)),
        "klDiv": lambda m: F.kl_div(m(3), m(3), reduction="sum"),
        "ctcLoss": lambda m: F.ctc_loss(m(4, 1, 3), torch.tensor([[1, 2]]), torch.tensor([4]), torch.tensor([2])),
        "cdist": lambda m: torch.cdist(m(2, 3), m(2, 3)),
        "prod": lambda m: m(3).prod(),
        "prod of a dimension": lambda m: m(2, 3).prod(1),
        "cumprod": lambda m: m(3).cumprod(0),
        "trace": lambda m: m(2, 2).trace(),
        "quantile": lambda m: m(3).quantile(0.5),
        "nanquantile": lambda m: m(3).nanquantile(0.5),
        "polar": lambda m: complex_part(torch.polar(m(3), m(3))),
        "viewAsComplex": lambda m: complex_part(torch.view_as_complex(m(3, 2))),
        "stft": lambda m: complex_part(torch.stft(m(16), 8, window=m(8), return_complex=True)),
        "gridSample": lambda m: F.grid_sample(m(1, 1, 3, 3), m(1, 2, 2, 2), align_corners=False),
        "avgPool1d": lambda m: F.avg_pool1d(m(1, 1, 4), 2),
        "avgPool2d": lambda m: F.avg_pool2d(m(1, 1, 4, 4), 2),
        "avgPool3d": lambda m: F.avg_pool3d(m(1, 1, 4, 4, 4), 2),
        "maxPool2d": lambda m: F.max_pool2d(m(1, 1, 4, 4), 2),
        "maxPool3d": lambda m: F.max_pool3d(m(1, 1, 4, 4, 4), 2),
        "adaptiveAvgPool2d": lambda m: F.adaptive_avg_pool2d(m(1, 1, 4, 4), 2),
        "adaptiveAvgPool3d": lambda m: F.adaptive_avg_pool3d(m(1, 1, 4, 4, 4), 2),
        "adaptiveMaxPool2d": lambda m: F.adaptive_max_pool2d(m(1, 1, 4, 4), 2),
        "adaptiveMaxPool3d": lambda m: F.adaptive_max_pool3d(m(1, 1, 4, 4, 4), 2),
        "pad with zeros": lambda m: F.pad(m(1, 2, 4), (1, 1)),
        "pad circular": lambda m: F.pad(m(1, 2, 4), (1, 1), "circular"),
        "pad reflecting 1d": lambda m: F.pad(m(1, 2, 4), (1, 1), "reflect"),
        "pad reflecting 2d": lambda m: F.pad(m(1, 2, 4, 4), (1, 1, 1, 1), "reflect"),
        "pad reflecting 3d": lambda m: F.pad(m(1, 2, 4, 4, 4), (1, 1, 1, 1, 1, 1), "reflect"),
        "pad replicating 1d": lambda m: F.pad(m(1, 2, 4), (1, 1), "replicate"),
        "pad replicating 2d": lambda m: F.pad(m(1, 2, 4, 4), (1, 1, 1, 1), "replicate"),
        "pad replicating 3d": lambda m: F.pad(m(1, 2, 4, 4, 4), (1, 1, 1, 1, 1, 1), "replicate"),
        "inv": lambda m: linalg.inv(m(1, 1)),
        "solve": lambda m: linalg.solve(m(1, 1), m(1, 1)),
        "cholesky": lambda m: linalg.cholesky(m(1, 1)),
        "choleskySolve": lambda m: torch.cholesky_solve(m(1, 1), m(1, 1)),
        "choleskyInverse": lambda m: torch.cholesky_inverse(m(1, 1)),
        "qr": lambda m: linalg.qr(m(2, 2))[0],
        "svd": lambda m: linalg.svd(m(2, 2))[1],
        "svdvals": lambda m: linalg.svdvals(m(2, 2)),
        "eigh": lambda m: linalg.eigh(m(1, 1))[0],
        "eigvalsh": lambda m: linalg.eigvalsh(m(1, 1)),
        "eigvals": lambda m: complex_part(linalg.eigvals(m(1, 1))),
        "lstsq": lambda m: linalg.lstsq(m(2, 1), m(2, 1)).solution,
        "cond": lambda m: linalg.cond(m(1, 1)),
        "pinv": lambda m: torch.pinverse(m(2, 1)),
        "householderProduct": lambda m: linalg.householder_product(m(2, 1), m(1)),
        "fft": lambda m: complex_part(torch.fft.fft(m(4))),
        "rfft": lambda m: complex_part(torch.fft.rfft(m(4))),
        "rfft2": lambda m: complex_part(torch.fft.rfft2(m(4, 4))),
        "fftn": lambda m: complex_part(torch.fft.fftn(m(4, 4))),
        "softmax": lambda m: m(3).softmax(0),
        "logSoftmax": lambda m: m(3).log_softmax(0),
        "layerNorm": lambda m: F.layer_norm(m(2, 3), [3]),
        "groupNorm": lambda m: F.group_norm(m(1, 2, 3), 1),
        "norm": lambda m: m(3).norm(),
        "sum": lambda m: m(3).sum(),
        "cumsum": lambda m: m(3).cumsum(0),
        "exp": lambda m: m(3).exp(),
        "log": lambda m: m(3).log(),
        "pow": lambda m: m(3).pow(2),
        "rsqrt": lambda m: m(3).rsqrt(),
        "add": lambda m: m(3) + m(3),
        "relu": lambda m: m(3).relu(),
        "cat with float32": lambda m: torch.cat([m(2), torch.ones(2)]),
        "stack with float32": lambda m: torch.stack([m(2), torch.ones(2)]),
        "matmul with float32": lambda m: m(2, 3) @ (m(3, 2) if m(1).dtype == torch.float64 else torch.ones(3, 2)),
        "indexCopy with float32": lambda m: m(3).index_copy(0, PAIR, torch.ones(2) if m(1).dtype != torch.float64 else m(2)),
    },
    "nn": {
        "bilinear": lambda m: F.bilinear(m(2, 3), m(2, 4), m(5, 3, 4)),
        "poissonNllLoss": lambda m: F.poisson_nll_loss(m(3), m(3)),
        "gaussianNllLoss": lambda m: F.gaussian_nll_loss(m(3), m(3), m(3)),
        "hingeEmbeddingLoss": lambda m: F.hinge_embedding_loss(m(3), m(3)),
        "softMarginLoss": lambda m: F.soft_margin_loss(m(3), m(3)),
        "marginRankingLoss": lambda m: F.margin_ranking_loss(m(3), m(3), m(3)),
        "cosineEmbeddingLoss": lambda m: F.cosine_embedding_loss(m(2, 3), m(2, 3), m(2)),
        "tripletMarginLoss": lambda m: F.triplet_margin_loss(m(2, 3), m(2, 3), m(2, 3)),
        "tripletMarginWithDistanceLoss": lambda m: F.triplet_margin_with_distance_loss(m(2, 3), m(2, 3), m(2, 3)),
        "multiMarginLoss": lambda m: F.multi_margin_loss(m(2, 3), PAIR),
        "multilabelMarginLoss": lambda m: F.multilabel_margin_loss(m(2, 3), torch.tensor([[0, 1, -1], [2, -1, -1]])),
        "multilabelSoftMarginLoss": lambda m: F.multilabel_soft_margin_loss(m(2, 3), m(2, 3)),
        "cosineSimilarity": lambda m: F.cosine_similarity(m(2, 3), m(2, 3)),
        "pairwiseDistance": lambda m: F.pairwise_distance(m(2, 3), m(2, 3)),
        "fractionalMaxPool2d": lambda m: F.fractional_max_pool2d(m(1, 1, 4, 4), 2, output_size=2, _random_samples=m(1, 1, 2) / 2),
        "fractionalMaxPool3d": lambda m: F.fractional_max_pool3d(m(1, 1, 4, 4, 4), 2, output_size=2, _random_samples=m(1, 1, 3) / 2),
        "maxUnpool1d": lambda m: F.max_unpool1d(m(1, 1, 2), torch.tensor([[[0, 2]]]), 2),
        "maxUnpool2d": lambda m: F.max_unpool2d(m(1, 1, 1, 1), torch.tensor([[[[0]]]]), 2),
        "maxUnpool3d": lambda m: F.max_unpool3d(m(1, 1, 1, 1, 1), torch.tensor([[[[[0]]]]]), 2),
    },
}


def dtype_of(function, dtype):
    with torch.autocast("cpu", dtype=torch.bfloat16):
        result = function(lambda *shape: torch.ones(shape, dtype=dtype))
    return str(result.dtype).removeprefix("torch.")


warnings.simplefilter("ignore")
for package, functions in FUNCTIONS.items():
    dtypes = {name: [dtype_of(f, d) for d in (torch.float32, torch.bfloat16, torch.float64)] for name, f in functions.items()}
    path = PACKAGES / package / "test" / "fixtures" / "autocast.json"
    path.write_text(json.dumps({"torch": torch.__version__, "dtypes": dtypes}) + "\n")
