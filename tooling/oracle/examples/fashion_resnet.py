"""The work of apps/examples/src/fashion-resnet.ts in PyTorch.

    python fashion_resnet.py --data DIR [--epochs 2] [--seed 0]
    python fashion_resnet.py --fixture > ../../../apps/examples/test/fashion-resnet.json
"""
import argparse
import json
import time

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from formula import scattered, scattered_tensor, set_weights
from idx import read_images, read_labels


def conv3x3(in_channels, out_channels, stride=1):
    return nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)


class Block(nn.Module):
    def __init__(self, in_channels, channels, stride):
        super().__init__()
        self.conv1 = conv3x3(in_channels, channels, stride)
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv2 = conv3x3(channels, channels)
        self.norm2 = nn.BatchNorm2d(channels)
        self.shortcut = nn.Sequential()
        if stride != 1:
            self.shortcut = nn.Sequential(nn.Conv2d(in_channels, channels, 1, stride=stride, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x):
        inner = F.relu(self.norm1(self.conv1(x)))
        return F.relu(self.norm2(self.conv2(inner)) + self.shortcut(x))


class ResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = conv3x3(1, 32)
        self.norm = nn.BatchNorm2d(32)
        self.blocks = nn.Sequential(Block(32, 32, 1), Block(32, 64, 2), Block(64, 128, 2))
        self.output = nn.Linear(128, 10)

    def forward(self, images):
        stem = F.max_pool2d(F.relu(self.norm(self.conv(images))), 2)
        return self.output(self.blocks(stem).mean((2, 3)))


def make_optimizer(model, steps):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, nesterov=True, weight_decay=5e-4, fused=True)
    return optimizer, torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=steps)


def train_step(model, optimizer, scheduler, images, labels):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(images), labels)
    loss.backward()
    optimizer.step()
    scheduler.step()
    return loss.item()


def read_data(root, train):
    return TensorDataset(read_images(root, train).sub(0.286).div(0.353), read_labels(root, train))


@torch.no_grad()
def accuracy(model, dataset):
    model.eval()
    correct = sum((model(x).argmax(1) == y).sum().item() for x, y in DataLoader(dataset, batch_size=500))
    return correct / len(dataset)


def batch(step):
    labels = torch.from_numpy((scattered(16, 2000 + step) * 10).astype(int))
    return scattered_tensor((16, 1, 28, 28), 1000 + step, 3), labels


def fixture():
    model = ResNet()
    set_weights(model, 0.2)
    optimizer, scheduler = make_optimizer(model, 100)
    losses = [train_step(model, optimizer, scheduler, *batch(step)) for step in range(5)]
    model.eval()
    with torch.no_grad():
        return {"losses": losses, "logits": model(batch(99)[0][:2]).tolist()}


def train(root, epochs):
    loader = DataLoader(read_data(root, True), batch_size=128, shuffle=True)
    test = read_data(root, False)
    model = ResNet()
    optimizer, scheduler = make_optimizer(model, epochs * len(loader))
    start = time.perf_counter()
    step = 0
    for epoch in range(epochs):
        for images, labels in loader:
            loss = train_step(model, optimizer, scheduler, images, labels)
            step += 1
            if step % 50 == 0 or step == epochs * len(loader):
                seconds = time.perf_counter() - start
                print(f"\repoch {epoch + 1}/{epochs}  step {step}  loss {loss:.4f}  {seconds:.0f} s", end="", flush=True)
    training_time = time.perf_counter() - start
    print(f"\ntest accuracy {accuracy(model, test):.4f}\ntraining took {training_time:.1f} s")


parser = argparse.ArgumentParser()
parser.add_argument("--data")
parser.add_argument("--epochs", type=int, default=2)
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--fixture", action="store_true")
arguments = parser.parse_args()
torch.manual_seed(arguments.seed)
torch.set_num_threads(2)
if arguments.fixture:
    print(json.dumps(fixture()))
else:
    train(arguments.data, arguments.epochs)
