"""The recommender of apps/examples in PyTorch: the same ratings, model, optimizer and schedule.

    python recommender.py [--epochs 10] [--seed 0]
    python recommender.py --fixture > ../../../apps/examples/test/recommender.json
"""
import argparse
import json
import math
import time

import torch
import torch.nn.functional as F
from torch import nn

from formula import scattered, scattered_tensor, set_weights

RATINGS, HELD_OUT, RANK, NOISE, BATCH_SIZE = 400_000, 40_000, 4, 0.5, 1024


class Recommender(nn.Module):
    def __init__(self, users, items, rank):
        super().__init__()
        self.mean = nn.Parameter(torch.tensor(0.0))
        self.tastes = nn.Embedding(users, rank)
        self.traits = nn.Embedding(items, rank)
        self.user_bias = nn.Embedding(users, 1)
        self.item_bias = nn.Embedding(items, 1)
        for factors in (self.tastes, self.traits):
            nn.init.normal_(factors.weight, 0, 0.1)
        for biases in (self.user_bias, self.item_bias):
            nn.init.zeros_(biases.weight)

    def forward(self, users, items):
        agreement = (self.tastes(users) * self.traits(items)).sum(-1)
        return agreement + (self.user_bias(users) + self.item_bias(items)).squeeze(-1) + self.mean


def make_optimizer(model, steps):
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-2, weight_decay=0.01, fused=True)
    return optimizer, torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)


def train_step(model, optimizer, scheduler, users, items, ratings):
    optimizer.zero_grad()
    loss = F.mse_loss(model(users, items), ratings)
    loss.backward()
    optimizer.step()
    scheduler.step()
    return loss.item()


def make_ratings(users, items, count):
    tastes, traits = torch.randn(users, RANK), torch.randn(items, RANK) / math.sqrt(RANK)
    strictness, quality = torch.randn(users), torch.randn(items)
    user, item = torch.randint(0, users, (count,)), torch.randint(0, items, (count,))
    agreement = (tastes[user] * traits[item]).sum(-1)
    biases = strictness[user] * 0.4 + quality[item] * 0.6
    return user, item, agreement * 0.8 + biases + torch.randn(count) * NOISE + 3.5


def train(epochs):
    everything = make_ratings(2000, 1000, RATINGS)
    training = [column[HELD_OUT:] for column in everything]
    users, items, ratings = [column[:HELD_OUT] for column in everything]
    print(f"spread of the ratings {ratings.std():.4f}, noise {NOISE}")

    model = Recommender(2000, 1000, RANK)
    batches = math.ceil((RATINGS - HELD_OUT) / BATCH_SIZE)
    optimizer, scheduler = make_optimizer(model, epochs * batches)
    start = time.perf_counter()
    for epoch in range(epochs):
        loss = 0
        for which in torch.randperm(RATINGS - HELD_OUT).split(BATCH_SIZE):
            loss += train_step(model, optimizer, scheduler, *[column[which] for column in training]) / batches
        print(f"\repoch {epoch + 1}/{epochs}  loss {loss:.4f}  {time.perf_counter() - start:.0f} s", end="", flush=True)
    took = time.perf_counter() - start
    with torch.no_grad():
        print(f"\nheld-out rmse {F.mse_loss(model(users, items), ratings).sqrt():.4f}")
    print(f"training took {took:.1f} s")


def fixture():
    """Losses of the first steps on ratings that a formula gives."""
    model = Recommender(300, 200, RANK)
    set_weights(model, 0.5)
    optimizer, scheduler = make_optimizer(model, 100)

    def batch(step):
        ids = [torch.from_numpy((scattered(512, salt + step) * n).astype(int)) for salt, n in ((1000, 300), (2000, 200))]
        return *ids, scattered_tensor((512,), 3000 + step, 4)

    print(json.dumps({"losses": [train_step(model, optimizer, scheduler, *batch(step)) for step in range(20)]}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--fixture", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(2)
    torch.manual_seed(options.seed)
    if options.fixture:
        fixture()
    else:
        train(options.epochs)
