"""Writes what PyTorch's flex_attention computes to packages/nn/test/fixtures/flex-attention.json: outputs, gradients, block masks.

    python flex_attention.py
"""
import json
import warnings

import torch
from torch.nn.attention.flex_attention import and_masks, create_block_mask, create_mask, flex_attention, or_masks

from nn import OUT, plain

warnings.simplefilter("ignore")  # that it is not compiled
B, H, N, M, E, F = 2, 2, 24, 32, 4, 3
torch.manual_seed(0)
INPUTS = torch.randn(B, H, N, E), torch.randn(B, H, M, E), torch.randn(B, H, M, F)
TABLE = torch.randn(H, N, M)
LENGTHS = torch.tensor([20, 30])
DOCUMENTS = torch.arange(M) // 12

MASKS = {
    "causal": lambda b, h, q, k: q >= k,
    "window": and_masks(lambda b, h, q, k: q >= k, lambda b, h, q, k: q - k < 10),
    "padding": lambda b, h, q, k: k < LENGTHS[b],
    "documents": or_masks(lambda b, h, q, k: DOCUMENTS[q] == DOCUMENTS[k], lambda b, h, q, k: k == 0),
    "heads": lambda b, h, q, k: (q + h) % 3 != k % 3,
    "late": lambda b, h, q, k: q >= k + 10,
    "blocks": lambda b, h, q, k: (q // 8 + k // 8) % 2 == 0,
}
SCORES = {
    "relative": lambda s, b, h, q, k: s + (q - k) * 0.1,
    "alibi": lambda s, b, h, q, k: s - torch.exp2(-(h + 1.0)) * (q - k).abs(),
    "softcap": lambda s, b, h, q, k: 2 * torch.tanh(s / 2),
    "table": lambda s, b, h, q, k: s + TABLE[h, q, k],
}
#        score, mask, (batches, heads) of the mask, heads of keys, dtype, block size
CASES = {
    "plain": (None, None, (None, None), H, "float32", 8),
    "grouped heads": (None, None, (None, None), 1, "float32", 8),
    "relative": ("relative", None, (None, None), H, "float32", 8),
    "alibi, causal": ("alibi", "causal", (None, None), H, "float32", 8),
    "softcap, window": ("softcap", "window", (None, None), H, "float32", 8),
    "table": ("table", "causal", (None, None), 1, "float32", 8),
    "padding": (None, "padding", (B, None), H, "float32", 8),
    "documents": (None, "documents", (None, None), H, "float32", 4),
    "heads": (None, "heads", (None, H), H, "float32", 8),
    "blind queries": ("relative", "late", (None, None), H, "float32", 8),
    "blocks": (None, "blocks", (None, None), H, "float32", 8),
    "float64": ("softcap", "causal", (None, None), H, "float64", 128),
    "bfloat16": ("relative", "causal", (None, None), H, "bfloat16", 8),
}


def dense(q, k, v, score_mod, mask):
    """The same with the whole matrix of scores, for gradients, which flex_attention has none of on a CPU."""
    wide = torch.float64 if q.dtype == torch.float64 else torch.float32
    k, v = (t.repeat_interleave(H // t.shape[1], 1).to(wide) for t in (k, v))
    scores = q.to(wide) @ k.transpose(-2, -1) / E**0.5
    if score_mod:
        b, h, n, m = (torch.arange(size).view(-1, *[1] * (3 - i)) for i, size in enumerate(scores.shape))
        scores = score_mod(scores, b, h, n, m)
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf)
    blind = (scores == -torch.inf).all(-1, keepdim=True)
    return (scores.masked_fill(blind, 0).softmax(-1).masked_fill(blind, 0) @ v).to(q.dtype), scores.logsumexp(-1)


def run(score, mask, lead, key_heads, dtype, block_size):
    inputs = [t[:, :heads].to(getattr(torch, dtype)).clone() for t, heads in zip(INPUTS, (H, key_heads, key_heads))]
    score_mod, mask_mod = score and SCORES[score], mask and MASKS[mask]
    blocks = mask and create_block_mask(mask_mod, *lead, N, M, device="cpu", BLOCK_SIZE=block_size)
    TABLE.grad = None
    with torch.no_grad():
        TABLE.requires_grad_(False)
        flex_output, flex_lse = flex_attention(*inputs, score_mod=score_mod, block_mask=blocks, enable_gqa=key_heads != H, return_lse=True)
    TABLE.requires_grad_(score == "table")
    leaves = [x.requires_grad_() for x in inputs]
    output, lse = dense(*leaves, score_mod, mask and create_mask(mask_mod, *lead, N, M, device="cpu"))
    tolerance = {"rtol": 2e-2, "atol": 2e-2} if dtype == "bfloat16" else {}  # there the scores are rounded to bfloat16
    torch.testing.assert_close((output, lse), (flex_output, flex_lse), **tolerance)
    weights = torch.linspace(-1, 1, output.numel()).reshape(output.shape)
    (output.to(weights.dtype) * weights).sum().backward()
    result = {
        "score": score, "mask": mask, "lead": lead, "keyHeads": key_heads, "dtype": dtype, "blockSize": block_size,
        "output": plain(output),
        "lse": [v if v > -1e30 else None for v in lse.detach().flatten().tolist()],
        "grads": [plain(x.grad) for x in inputs],
        "tableGrad": plain(TABLE.grad) if score == "table" else None,
    }
    if mask:
        result["blocks"] = {
            "kvNumBlocks": plain(blocks.kv_num_blocks), "kvIndices": plain(blocks.kv_indices),
            "fullKvNumBlocks": plain(blocks.full_kv_num_blocks), "fullKvIndices": plain(blocks.full_kv_indices),
            "dense": plain(blocks.to_dense()), "sparsity": blocks.sparsity(),
        }
    return result


cases = {name: run(*case) for name, case in CASES.items()}
text = json.dumps({"torch": torch.__version__, "inputs": [plain(x) for x in INPUTS], "table": plain(TABLE), "cases": cases}, separators=(",", ":"))
(OUT / "flex-attention.json").write_text(text + "\n")
print(f"flex-attention.json: {len(text) // 1024} KiB")
