"""The work of apps/examples/src/vae.ts in PyTorch.

    python vae.py --data DIR [--epochs 5] [--seed 1]
    python vae.py --fixture > ../../../apps/examples/test/vae.json
"""
import argparse
import json
import time

import torch
import torch.nn.functional as F
from torch import nn

from formula import scattered_tensor, set_weights
from idx import read_images

PIXELS, HIDDEN, LATENT, BATCH = 784, 400, 20, 128
torch.set_num_threads(2)


class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(PIXELS, HIDDEN)
        self.mean = nn.Linear(HIDDEN, LATENT)
        self.log_variance = nn.Linear(HIDDEN, LATENT)
        self.decoder_hidden = nn.Linear(LATENT, HIDDEN)
        self.pixels = nn.Linear(HIDDEN, PIXELS)

    def forward(self, images, noise):
        h = self.hidden(images).relu()
        mean, log_variance = self.mean(h), self.log_variance(h)
        latent = mean + (0.5 * log_variance).exp() * noise
        logits = self.pixels(self.decoder_hidden(latent).relu())
        reconstruction = F.binary_cross_entropy_with_logits(logits, images, reduction="sum")
        divergence = -0.5 * (1 + log_variance - mean.square() - log_variance.exp()).sum()
        return (reconstruction + divergence) / len(images)


def train_step(model, optimizer, images, noise):
    optimizer.zero_grad()
    loss = model(images, noise)
    loss.backward()
    optimizer.step()
    return loss.item()


def fixture():
    model = VAE()
    set_weights(model, 0.1)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    losses = [
        train_step(
            model, optimizer, (scattered_tensor((BATCH, PIXELS), 1000 + i, 1) + 0.5) ** 4, scattered_tensor((BATCH, LATENT), 2000 + i, 3)
        )
        for i in range(20)
    ]
    print(json.dumps({"losses": losses}))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fixture", action="store_true")
    args = parser.parse_args()
    if args.fixture:
        return fixture()
    torch.manual_seed(args.seed)
    training, test = (read_images(args.data, train).flatten(1) for train in (True, False))
    model = VAE()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    start = time.perf_counter()
    for epoch in range(args.epochs):
        for chosen in torch.randperm(len(training)).split(BATCH):
            loss = train_step(model, optimizer, training[chosen], torch.randn(len(chosen), LATENT))
        print(f"\repoch {epoch + 1}/{args.epochs}  loss {loss:.2f}  {time.perf_counter() - start:.0f} s", end="", flush=True)
    took = time.perf_counter() - start
    with torch.no_grad():
        bounds = [model(batch, torch.randn(len(batch), LATENT)).item() for batch in test.split(1000)]
    print(f"\ntest negative bound {sum(bounds) / len(bounds):.2f}")
    print(f"training took {took:.1f} s")


main()
