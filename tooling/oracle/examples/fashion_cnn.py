"""The work of apps/examples/src/fashion-cnn.ts in PyTorch.

    python fashion_cnn.py --data DIR [--epochs 5] [--seed 0]
    python fashion_cnn.py --fixture > ../../../apps/examples/test/fashion-cnn.json
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


class CNN(nn.Module):
    def __init__(self, dropout=0.3):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3, padding=1)
        self.conv2 = nn.Conv2d(32, 64, 3, padding=1)
        self.dropout = nn.Dropout(dropout)
        self.hidden = nn.Linear(64 * 7 * 7, 128)
        self.output = nn.Linear(128, 10)

    def forward(self, images):
        half = F.max_pool2d(F.relu(self.conv1(images)), 2)
        quarter = F.max_pool2d(F.relu(self.conv2(half)), 2)
        return self.output(F.relu(self.hidden(self.dropout(quarter.flatten(1)))))


def make_optimizer(model, steps):
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.05, fused=True)
    return optimizer, torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=3e-3, total_steps=steps)


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


def fixture():
    model = CNN(dropout=0)
    set_weights(model, 0.2)
    optimizer, scheduler = make_optimizer(model, 100)
    losses = []
    for step in range(10):
        images = scattered_tensor((32, 1, 28, 28), 1000 + step, 3)
        labels = torch.from_numpy((scattered(32, 2000 + step) * 10).astype(int))
        losses.append(train_step(model, optimizer, scheduler, images, labels))
    return {"losses": losses}


def train(root, epochs):
    loader = DataLoader(read_data(root, True), batch_size=128, shuffle=True)
    test = read_data(root, False)
    model = CNN()
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
parser.add_argument("--epochs", type=int, default=5)
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--fixture", action="store_true")
arguments = parser.parse_args()
torch.manual_seed(arguments.seed)
torch.set_num_threads(2)
if arguments.fixture:
    print(json.dumps(fixture()))
else:
    train(arguments.data, arguments.epochs)
