"""The work of apps/examples/src/transfer-learning.ts in PyTorch.

    python transfer_learning.py --weights resnet20-12fca82f.th --data DIR [--epochs 8] [--seed 0] [--scratch]
    python transfer_learning.py --fixture > ../../../apps/examples/test/transfer-learning.json
"""
import argparse
import json
import time

import torch
import torch.nn.functional as F
from torch import nn

from formula import scattered, scattered_tensor, set_weights
from idx import read_images, read_labels

LABELLED, BATCH_SIZE = 500, 50


class Block(nn.Module):
    def __init__(self, in_channels, channels, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.stride = stride
        self.extra = (channels - in_channels) // 2

    def forward(self, x):
        inner = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.stride > 1:
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.extra, self.extra))
        return F.relu(inner + x)


class ResNet20(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = nn.Sequential(Block(16, 16, 1), Block(16, 16, 1), Block(16, 16, 1))
        self.layer2 = nn.Sequential(Block(16, 32, 2), Block(32, 32, 1), Block(32, 32, 1))
        self.layer3 = nn.Sequential(Block(32, 64, 2), Block(64, 64, 1), Block(64, 64, 1))
        self.linear = nn.Linear(64, 10)

    def forward(self, images):
        stem = F.relu(self.bn1(self.conv1(images)))
        return self.linear(self.layer3(self.layer2(self.layer1(stem))).mean((2, 3)))


def load_pretrained(model, path):
    saved = torch.load(path, map_location="cpu")["state_dict"]
    model.load_state_dict({name.removeprefix("module."): t for name, t in saved.items()})


def make_optimizer(model, body_lr, steps):
    body = [p for name, p in model.named_parameters() if not name.startswith("linear")]
    head = list(model.linear.parameters())
    groups = [{"params": body, "lr": body_lr}, {"params": head, "lr": 1e-2}]
    optimizer = torch.optim.AdamW(groups, weight_decay=1e-2, fused=True)
    return optimizer, torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=[body_lr, 1e-2], total_steps=steps)


def train_step(model, optimizer, scheduler, images, labels):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(images), labels)
    loss.backward()
    optimizer.step()
    scheduler.step()
    return loss.item()


def read_data(root, train, count):
    mean = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
    std = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
    return read_images(root, train)[:count].sub(mean).div(std), read_labels(root, train)[:count]


@torch.no_grad()
def accuracy(model, images, labels):
    model.eval()
    correct = sum((model(x).argmax(1) == y).sum().item() for x, y in zip(images.split(500), labels.split(500)))
    return correct / len(labels)


def fixture():
    model = ResNet20()
    set_weights(model, 0.3)
    optimizer, scheduler = make_optimizer(model, 2e-3, 100)
    losses = []
    for step in range(3):
        labels = torch.from_numpy((scattered(8, 2000 + step) * 10).astype(int))
        losses.append(train_step(model, optimizer, scheduler, scattered_tensor((8, 3, 28, 28), 1000 + step, 3), labels))
    return {"losses": losses}


def train(weights, root, epochs, scratch):
    images, labels = read_data(root, True, LABELLED)
    test = read_data(root, False, 10_000)
    model = ResNet20()
    if not scratch:
        load_pretrained(model, weights)
    model.linear = nn.Linear(64, 10)
    optimizer, scheduler = make_optimizer(model, 5e-3 if scratch else 2e-3, epochs * LABELLED // BATCH_SIZE)
    start = time.perf_counter()
    for epoch in range(epochs):
        for indices in torch.randperm(LABELLED).split(BATCH_SIZE):
            loss = train_step(model, optimizer, scheduler, images[indices], labels[indices])
        print(f"\repoch {epoch + 1}/{epochs}  loss {loss:.4f}  {time.perf_counter() - start:.0f} s", end="", flush=True)
    training_time = time.perf_counter() - start
    print(f"\ntest accuracy {accuracy(model, *test):.4f}\ntraining took {training_time:.1f} s")


parser = argparse.ArgumentParser()
parser.add_argument("--weights")
parser.add_argument("--data")
parser.add_argument("--epochs", type=int, default=8)
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--scratch", action="store_true")
parser.add_argument("--fixture", action="store_true")
arguments = parser.parse_args()
torch.manual_seed(arguments.seed)
torch.set_num_threads(2)
if arguments.fixture:
    print(json.dumps(fixture()))
else:
    train(arguments.weights, arguments.data, arguments.epochs, arguments.scratch)
