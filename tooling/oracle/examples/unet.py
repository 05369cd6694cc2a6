"""The work of apps/examples/src/unet.ts in PyTorch.

    python unet.py [--epochs 15] [--seed 1]
    python unet.py --fixture > ../../../apps/examples/test/unet.json
"""
import argparse
import json
import time

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from formula import scattered, set_weights

SIZE, CLASSES, SHAPES, BATCH = 64, 4, 4, 16
torch.set_num_threads(2)


def block(in_channels, out_channels):
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(),
        nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(),
    )


class UNet(nn.Module):
    def __init__(self, width=16):
        super().__init__()
        self.down1 = block(3, width)
        self.down2 = block(width, 2 * width)
        self.bottom = block(2 * width, 4 * width)
        self.up2 = nn.ConvTranspose2d(4 * width, 2 * width, 2, stride=2)
        self.joined2 = block(4 * width, 2 * width)
        self.up1 = nn.ConvTranspose2d(2 * width, width, 2, stride=2)
        self.joined1 = block(2 * width, width)
        self.head = nn.Conv2d(width, CLASSES, 1)

    def forward(self, images):
        full = self.down1(images)
        half = self.down2(F.max_pool2d(full, 2))
        quarter = self.bottom(F.max_pool2d(half, 2))
        up = self.joined2(torch.cat([half, self.up2(quarter)], 1))
        return self.head(self.joined1(torch.cat([full, self.up1(up)], 1)))


def inside(kind, dx, dy, r):
    if kind == 1:
        return dx * dx + dy * dy <= r * r
    if kind == 2:
        return (np.abs(dx) <= 0.9 * r) & (np.abs(dy) <= 0.6 * r)
    return (np.abs(dx) <= (r + dy) / 2) & (dy <= r)


def draw_shapes(count, seed):
    per_image = 3 + SHAPES * 7 + 3 * SIZE * SIZE
    numbers = scattered(count * per_image, seed).reshape(count, per_image)
    y, x = np.mgrid[:SIZE, :SIZE].astype(np.float64)
    images = np.empty((count, 3, SIZE, SIZE), np.float32)
    classes = np.zeros((count, SIZE, SIZE), np.int64)
    for n in range(count):
        images[n] = numbers[n, :3, None, None]
        for s in range(SHAPES):
            u = numbers[n, 3 + 7 * s : 10 + 7 * s]
            kind = 1 + int(3 * u[0])
            mask = inside(kind, x - SIZE * u[1], y - SIZE * u[2], 6 + 10 * u[3])
            classes[n][mask] = kind
            images[n][:, mask] = u[4:, None]
        images[n] += 0.4 * (numbers[n, 3 + 7 * SHAPES :].reshape(3, SIZE, SIZE) - 0.5)
    return torch.from_numpy(images), torch.from_numpy(classes)


def train_step(model, optimizer, images, classes):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(images), classes)
    loss.backward()
    optimizer.step()
    return loss.item()


def predict(model, images):
    model.eval()
    with torch.no_grad():
        return torch.cat([model(batch).argmax(1) for batch in images.split(50)])


def mean_iou(predicted, truth):
    pairs = [(predicted == kind, truth == kind) for kind in range(CLASSES)]
    return sum(((p & t).sum() / (p | t).sum()).item() for p, t in pairs) / CLASSES


def fixture():
    model = UNet(8)
    set_weights(model, 0.2)
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    losses = [train_step(model, optimizer, *draw_shapes(4, 1 + step)) for step in range(6)]
    print(json.dumps({"losses": losses}))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fixture", action="store_true")
    args = parser.parse_args()
    if args.fixture:
        return fixture()
    torch.manual_seed(args.seed)
    loader = DataLoader(TensorDataset(*draw_shapes(600, 1)), batch_size=BATCH, shuffle=True)
    images, truth = draw_shapes(200, 2)
    model = UNet()
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3, fused=True)
    start = time.perf_counter()
    for epoch in range(args.epochs):
        for batch, classes in loader:
            loss = train_step(model, optimizer, batch, classes)
        print(f"\repoch {epoch + 1}/{args.epochs}  loss {loss:.4f}  {time.perf_counter() - start:.0f} s", end="", flush=True)
    took = time.perf_counter() - start
    print(f"\ntest mean intersection over union {mean_iou(predict(model, images), truth):.4f}")
    print(f"training took {took:.1f} s")


main()
