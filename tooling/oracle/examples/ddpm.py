"""The work of apps/examples/src/ddpm.ts in PyTorch.

    python ddpm.py --data DIR [--steps 2000] [--seed 1]
    python ddpm.py --fixture > ../../../apps/examples/test/ddpm.json
"""
import argparse
import json
import math
import time

import torch
import torch.nn.functional as F
from torch import nn

from digit_classifier import certain_share, classify, digit_score, train_classifier
from formula import scattered, scattered_tensor, set_weights
from idx import read_images, read_labels

BATCH, TIME, SAMPLES = 64, 64, 256
torch.set_num_threads(2)


class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.norm1 = nn.GroupNorm(8, in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, padding=1)
        self.time = nn.Linear(TIME, out_channels)
        self.norm2 = nn.GroupNorm(8, out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1)
        self.shortcut = nn.Identity() if in_channels == out_channels else nn.Conv2d(in_channels, out_channels, 1)

    def forward(self, x, time):
        h = self.conv1(F.silu(self.norm1(x))) + self.time(time)[:, :, None, None]
        return self.conv2(F.silu(self.norm2(h))) + self.shortcut(x)


def positions(steps):
    angles = steps.float().unsqueeze(1) * (torch.arange(16) * (-math.log(10_000) / 16)).exp()
    return torch.cat([angles.sin(), angles.cos()], 1)


class NoisePredictor(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.time = nn.Sequential(nn.Linear(32, TIME), nn.SiLU(), nn.Linear(TIME, TIME), nn.SiLU())
        self.first = nn.Conv2d(1, width, 3, padding=1)
        self.down = ResidualBlock(width, width)
        self.shrink = nn.Conv2d(width, 2 * width, 3, stride=2, padding=1)
        self.middle1 = ResidualBlock(2 * width, 2 * width)
        self.middle2 = ResidualBlock(2 * width, 2 * width)
        self.grow = nn.Conv2d(2 * width, width, 3, padding=1)
        self.up = ResidualBlock(2 * width, width)
        self.norm = nn.GroupNorm(8, width)
        self.last = nn.Conv2d(width, 1, 3, padding=1)

    def forward(self, images, steps):
        time = self.time(positions(steps))
        outer = self.down(self.first(images), time)
        inner = self.middle2(self.middle1(self.shrink(outer), time), time)
        grown = self.grow(F.interpolate(inner, scale_factor=2))
        return self.last(F.silu(self.norm(self.up(torch.cat([outer, grown], 1), time))))


class Diffusion:
    def __init__(self, steps=200):
        self.steps = steps
        self.betas = [(1e-4 + (0.02 - 1e-4) * (t / (steps - 1))) * (1000 / steps) for t in range(steps)]
        self.kept = []
        for beta in self.betas:
            self.kept.append((self.kept[-1] if self.kept else 1.0) * (1 - beta))

    def loss(self, model, images, steps, noise):
        kept = torch.tensor(self.kept)[steps].view(-1, 1, 1, 1)
        return F.mse_loss(model(images * kept.sqrt() + noise * (1 - kept).sqrt(), steps), noise)

    def denoise(self, model, images, t, noise):
        beta = self.betas[t]
        predicted = model(images, torch.full((len(images),), t))
        mean = (images - predicted * (beta / math.sqrt(1 - self.kept[t]))) / math.sqrt(1 - beta)
        return mean if t == 0 else mean + noise * math.sqrt(beta)

    def sample(self, model, shape):
        images = torch.randn(shape)
        with torch.no_grad():
            for t in reversed(range(self.steps)):
                images = self.denoise(model, images, t, torch.randn(shape))
        return images


def train_step(diffusion, model, optimizer, images, steps, noise):
    optimizer.zero_grad()
    loss = diffusion.loss(model, images, steps, noise)
    loss.backward()
    optimizer.step()
    return loss.item()


def test_error(diffusion, model, images):
    torch.manual_seed(0)
    with torch.no_grad():
        errors = [
            diffusion.loss(model, b, torch.arange(len(b)) % diffusion.steps, torch.randn(b.shape)).item() * len(b) for b in images.split(250)
        ]
    return sum(errors) / len(images)


def fixture():
    diffusion, model = Diffusion(), NoisePredictor(16)
    set_weights(model, 0.3)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    losses = []
    for i in range(8):
        images, noise = scattered_tensor((16, 1, 8, 8), 1000 + i, 2), scattered_tensor((16, 1, 8, 8), 2000 + i, 3)
        steps = torch.from_numpy((scattered(16, 3000 + i) * 200).astype("int64"))
        losses.append(train_step(diffusion, model, optimizer, images, steps, noise))
    with torch.no_grad():
        denoised = [diffusion.denoise(model, images[:1], t, noise[:1]).flatten().tolist() for t in (0, 199)]
    print(json.dumps({"losses": losses, "denoised": denoised}))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data")
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fixture", action="store_true")
    args = parser.parse_args()
    if args.fixture:
        return fixture()
    torch.manual_seed(args.seed)
    digits, labels = read_images(args.data, train=True), read_labels(args.data, train=True)
    images, test_images = digits * 2 - 1, read_images(args.data, train=False) * 2 - 1
    diffusion, model = Diffusion(), NoisePredictor()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    start = time.perf_counter()
    for step in range(1, args.steps + 1):
        batch = images[torch.randint(0, len(images), (BATCH,))]
        loss = train_step(diffusion, model, optimizer, batch, torch.randint(0, diffusion.steps, (BATCH,)), torch.randn(batch.shape))
        if step % 50 == 0 or step == args.steps:
            print(f"\rstep {step}/{args.steps}  loss {loss:.4f}  {time.perf_counter() - start:.0f} s", end="", flush=True)
    took = time.perf_counter() - start
    drawn = ((diffusion.sample(model, (SAMPLES, *images.shape[1:])) + 1) / 2).clamp(0, 1)
    probabilities = classify(train_classifier(digits, labels, 10), drawn)
    print(f"\ndigit score {digit_score(probabilities):.3f}, certain share {certain_share(probabilities):.3f}")
    print(f"test noise error {test_error(diffusion, model, test_images):.4f}")
    print(f"training took {took:.1f} s")


main()
