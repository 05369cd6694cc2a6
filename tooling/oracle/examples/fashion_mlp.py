"""The work of apps/examples/src/fashion-mlp.ts in PyTorch.

    python fashion_mlp.py --data DIR [--epochs 10] [--seed 0]
    python fashion_mlp.py --fixture > ../../../apps/examples/test/fashion-mlp.json
"""
import argparse
import json
import math
import time

import torch
import torch.nn.functional as F
from torch import nn

from formula import scattered, scattered_tensor, set_weights
from idx import read_images, read_labels

BATCH_SIZE = 128


def make_model():
    return nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 256), nn.ReLU(), nn.Linear(256, 10))


def make_optimizer(model, steps):
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.05, fused=True)
    return optimizer, torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=2e-3, total_steps=steps)


def train_step(model, optimizer, scheduler, images, labels):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(images), labels)
    loss.backward()
    optimizer.step()
    scheduler.step()
    return loss.item()


def read_data(root, train):
    return read_images(root, train).sub(0.286).div(0.353).flatten(1), read_labels(root, train)


def fixture():
    model = make_model()
    set_weights(model, 0.1)
    optimizer, scheduler = make_optimizer(model, 100)
    losses = []
    for step in range(20):
        images = scattered_tensor((BATCH_SIZE, 784), 1000 + step, 3)
        labels = torch.from_numpy((scattered(BATCH_SIZE, 2000 + step) * 10).astype(int))
        losses.append(train_step(model, optimizer, scheduler, images, labels))
    return {"losses": losses}


def train(root, epochs):
    images, labels = read_data(root, True)
    test_images, test_labels = read_data(root, False)
    model = make_model()
    optimizer, scheduler = make_optimizer(model, epochs * math.ceil(len(labels) / BATCH_SIZE))
    start = time.perf_counter()
    for epoch in range(epochs):
        for indices in torch.randperm(len(labels)).split(BATCH_SIZE):
            loss = train_step(model, optimizer, scheduler, images[indices], labels[indices])
        print(f"\repoch {epoch + 1}/{epochs}  loss {loss:.4f}  {time.perf_counter() - start:.0f} s", end="", flush=True)
    training_time = time.perf_counter() - start
    with torch.no_grad():
        accuracy = (model(test_images).argmax(1) == test_labels).float().mean()
    print(f"\ntest accuracy {accuracy:.4f}\ntraining took {training_time:.1f} s")


parser = argparse.ArgumentParser()
parser.add_argument("--data")
parser.add_argument("--epochs", type=int, default=10)
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--fixture", action="store_true")
arguments = parser.parse_args()
torch.manual_seed(arguments.seed)
torch.set_num_threads(2)
if arguments.fixture:
    print(json.dumps(fixture()))
else:
    train(arguments.data, arguments.epochs)
