"""The character-level GPT of apps/examples in PyTorch: the same model, data, optimizer and schedule.

    python char_gpt.py --data input.txt [--steps 2000] [--seed 1337]
    python char_gpt.py --data input.txt --fixture > ../../../apps/examples/test/char-gpt.json
"""
import argparse
import json
import math
import time

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from formula import scattered, set_weights

CONTEXT, LAYERS, HEADS, WIDTH, BATCH = 64, 4, 4, 128, 12


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
    def __init__(self, vocabulary):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, WIDTH)
        self.positions = nn.Embedding(CONTEXT, WIDTH)
        self.blocks = nn.ModuleList([Block() for _ in range(LAYERS)])
        self.norm = nn.LayerNorm(WIDTH, bias=False)
        for name, p in self.named_parameters():
            if p.ndim == 2:
                into_residual = "projection" in name or "down" in name
                nn.init.normal_(p, 0, 0.02 / math.sqrt(2 * LAYERS) if into_residual else 0.02)

    def forward(self, ids):
        x = self.tokens(ids) + self.positions(torch.arange(ids.shape[1]))
        for block in self.blocks:
            x = block(x)
        return F.linear(self.norm(x), self.tokens.weight)

    def loss(self, ids, targets):
        logits = self.forward(ids)
        return F.cross_entropy(logits.view(-1, logits.shape[-1]), targets.reshape(-1))


def make_optimizer(model, lr):
    parameters = list(model.parameters())
    groups = [
        {"params": [p for p in parameters if p.ndim >= 2], "weight_decay": 0.1},
        {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=lr, betas=(0.9, 0.99), fused=True)


def learning_rate(step, steps, highest=1e-3, warmup=100):
    if step < warmup:
        return highest * (step + 1) / (warmup + 1)
    return highest * (0.1 + 0.45 * (1 + math.cos(math.pi * (step - warmup) / (steps - warmup))))


def train_step(model, optimizer, ids, targets):
    optimizer.zero_grad()
    loss = model.loss(ids, targets)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return loss.item()


def batch_at(text, places):
    """Pieces of the text that start at `places`, and the same moved on by one."""
    return torch.stack([text[at : at + CONTEXT] for at in places]), torch.stack([text[at + 1 : at + 1 + CONTEXT] for at in places])


def random_batch(text):
    return batch_at(text, torch.randint(0, len(text) - CONTEXT, (BATCH,)).tolist())


@torch.no_grad()
def estimate_loss(model, text, batches):
    return sum(model.loss(*random_batch(text)).item() for _ in range(batches)) / batches


def train(training, validation, vocabulary, steps):
    model = GPT(vocabulary)
    optimizer = make_optimizer(model, 1e-3)
    start = time.perf_counter()
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, steps)
        loss = train_step(model, optimizer, *random_batch(training))
        if step % 50 == 0 or step == steps - 1:
            print(f"\rstep {step + 1}/{steps}  loss {loss:.4f}  {time.perf_counter() - start:.0f} s", end="", flush=True)
    took = time.perf_counter() - start
    print(f"\nvalidation loss {estimate_loss(model, validation, 200):.4f}")
    print(f"training took {took:.1f} s")


def fixture(training, vocabulary):
    """Losses of the first steps on ids that a formula gives, and of 200 steps on text at places that it gives."""

    def losses(steps, batch):
        model = GPT(vocabulary)
        set_weights(model, 0.1)
        optimizer = make_optimizer(model, 1e-3)
        return [train_step(model, optimizer, *batch(step)) for step in range(steps)]

    def of_ids(step):
        ids = (scattered(BATCH * (CONTEXT + 1), 1000 + step) ** 2 * vocabulary).astype(np.int64)
        piece = torch.from_numpy(ids).view(BATCH, CONTEXT + 1)
        return piece[:, :-1], piece[:, 1:]

    def of_text(step):
        return batch_at(training, (scattered(BATCH, 1000 + step) * (len(training) - CONTEXT)).astype(np.int64).tolist())

    print(json.dumps({"ids": losses(5, of_ids), "text": losses(200, of_text)}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1337)
    parser.add_argument("--fixture", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(2)
    torch.manual_seed(options.seed)
    source = open(options.data, encoding="utf-8").read()
    characters = sorted(set(source))
    id_of = {c: i for i, c in enumerate(characters)}
    text = torch.tensor([id_of[c] for c in source])
    border = int(0.9 * len(text))
    if options.fixture:
        fixture(text[:border], len(characters))
    else:
        train(text[:border], text[border:], len(characters), options.steps)
