"""The work of apps/examples/src/autoencoder.ts in PyTorch.

    python autoencoder.py --data DIR [--epochs 3] [--seed 1]
    python autoencoder.py --fixture > ../../../apps/examples/test/autoencoder.json
"""
import argparse
import json
import time

import torch
import torch.nn.functional as F
from torch import nn

from formula import scattered_tensor, set_weights
from idx import read_images

BATCH = 128
torch.set_num_threads(2)


def make_model(code_size=32):
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(16, 32, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(32 * 7 * 7, code_size),
        nn.Linear(code_size, 32 * 7 * 7),
        nn.ReLU(),
        nn.Unflatten(1, (32, 7, 7)),
        nn.ConvTranspose2d(32, 16, 4, stride=2, padding=1),
        nn.ReLU(),
        nn.ConvTranspose2d(16, 1, 4, stride=2, padding=1),
        nn.Sigmoid(),
    )


def train_step(model, optimizer, images):
    optimizer.zero_grad()
    loss = F.mse_loss(model(images), images)
    loss.backward()
    optimizer.step()
    return loss.item()


def test_error(model, images):
    with torch.no_grad():
        return sum(F.mse_loss(model(b), b).item() * len(b) for b in images.split(500)) / len(images)


def fixture():
    model = make_model()
    set_weights(model, 0.2)
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    losses = [train_step(model, optimizer, (scattered_tensor((32, 1, 28, 28), 1000 + step, 1) + 0.5) ** 4) for step in range(10)]
    print(json.dumps({"losses": losses}))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fixture", action="store_true")
    args = parser.parse_args()
    if args.fixture:
        return fixture()
    torch.manual_seed(args.seed)
    training, test = read_images(args.data, train=True), read_images(args.data, train=False)
    model = make_model()
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3, fused=True)
    start = time.perf_counter()
    for epoch in range(args.epochs):
        for chosen in torch.randperm(len(training)).split(BATCH):
            loss = train_step(model, optimizer, training[chosen])
        print(f"\repoch {epoch + 1}/{args.epochs}  loss {loss:.4f}  {time.perf_counter() - start:.0f} s", end="", flush=True)
    took = time.perf_counter() - start
    print(f"\ntest mean squared error {test_error(model, test):.5f}")
    print(f"training took {took:.1f} s")


main()
