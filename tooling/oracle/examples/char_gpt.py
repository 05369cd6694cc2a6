"""Losses of PyTorch's first training steps of the character-level GPT in apps/examples, from weights and batches that a formula gives.

    python char_gpt.py > ../../../apps/examples/test/char-gpt.json
"""
import json

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from formula import scattered, set_weights

VOCABULARY, CONTEXT, LAYERS, HEADS, WIDTH, BATCH, STEPS = 65, 64, 4, 4, 128, 12, 20


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1 = nn.LayerNorm(WIDTH, bias=False)
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH, bias=False)
        self.projection = nn.Linear(WIDTH, WIDTH, bias=False)
        self.norm2 = nn.LayerNorm(WIDTH, bias=False)
        self.up = nn.Linear(WIDTH, 4 * WIDTH, bias=False)
        self.down = nn.Linear(4 * WIDTH, WIDTH, bias=False)

    def forward(self, x):
        batch, time, _ = x.shape
        q, k, v = [p.view(batch, time, HEADS, WIDTH // HEADS).transpose(1, 2) for p in self.qkv(self.norm1(x)).split(WIDTH, 2)]
        attended = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.projection(attended.transpose(1, 2).reshape(batch, time, WIDTH))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class GPT(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens = nn.Embedding(VOCABULARY, WIDTH)
        self.positions = nn.Embedding(CONTEXT, WIDTH)
        self.blocks = nn.ModuleList([Block() for _ in range(LAYERS)])
        self.norm = nn.LayerNorm(WIDTH, bias=False)

    def forward(self, ids):
        x = self.tokens(ids) + self.positions(torch.arange(ids.shape[1]))
        for block in self.blocks:
            x = block(x)
        return F.linear(self.norm(x), self.tokens.weight)


model = GPT()
set_weights(model, 0.1)
parameters = list(model.parameters())
optimizer = torch.optim.AdamW(
    [
        {"params": [p for p in parameters if p.ndim >= 2], "weight_decay": 0.1},
        {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
    ],
    lr=1e-3,
    betas=(0.9, 0.99),
)
losses = []
for step in range(STEPS):
    piece = (scattered(BATCH * (CONTEXT + 1), 1000 + step) ** 2 * VOCABULARY).astype(np.int64)
    piece = torch.from_numpy(piece).view(BATCH, CONTEXT + 1)
    optimizer.zero_grad()
    loss = F.cross_entropy(model(piece[:, :-1]).reshape(-1, VOCABULARY), piece[:, 1:].reshape(-1))
    loss.backward()
    nn.utils.clip_grad_norm_(parameters, 1.0)
    optimizer.step()
    losses.append(loss.item())
print(json.dumps({"losses": losses}))
