"""The work of apps/examples/src/gan.ts in PyTorch.

    python gan.py --data DIR [--steps 1500] [--seed 1]
    python gan.py --fixture > ../../../apps/examples/test/gan.json
"""
import argparse
import json
import time

import torch
import torch.nn.functional as F
from torch import nn

from digit_classifier import classify, digit_score, train_classifier
from formula import scattered_tensor, set_weights
from idx import read_images, read_labels

LATENT, BATCH, SAMPLES = 64, 64, 1000
torch.set_num_threads(2)


def make_generator():
    return nn.Sequential(
        nn.Linear(LATENT, 64 * 7 * 7, bias=False),
        nn.Unflatten(1, (64, 7, 7)),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        nn.ConvTranspose2d(64, 32, 4, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.ConvTranspose2d(32, 1, 4, stride=2, padding=1),
        nn.Tanh(),
    )


def make_discriminator():
    return nn.Sequential(
        nn.Conv2d(1, 32, 4, stride=2, padding=1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(32, 64, 4, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(64),
        nn.LeakyReLU(0.2),
        nn.Flatten(),
        nn.Linear(64 * 7 * 7, 1),
    )


def initialize(model):
    for p in model.parameters():
        if p.ndim >= 2:
            nn.init.normal_(p, 0, 0.02)


class GAN:
    def __init__(self, fused):
        self.generator, self.discriminator = make_generator(), make_discriminator()
        self.generator_optimizer = torch.optim.Adam(self.generator.parameters(), lr=5e-4, betas=(0.5, 0.999), fused=fused)
        self.discriminator_optimizer = torch.optim.Adam(self.discriminator.parameters(), lr=2e-4, betas=(0.5, 0.999), fused=fused)

    def train_step(self, real, noise):
        fake = self.generator(noise)
        self.discriminator_optimizer.zero_grad()
        on_real, on_fake = self.discriminator(real), self.discriminator(fake.detach())
        loss_d = F.binary_cross_entropy_with_logits(on_real, torch.ones_like(on_real)) + F.binary_cross_entropy_with_logits(
            on_fake, torch.zeros_like(on_fake)
        )
        loss_d.backward()
        self.discriminator_optimizer.step()

        self.generator_optimizer.zero_grad()
        judged = self.discriminator(fake)
        loss_g = F.binary_cross_entropy_with_logits(judged, torch.ones_like(judged))
        loss_g.backward()
        self.generator_optimizer.step()
        return loss_d.item(), loss_g.item()

    def sample(self, count):
        self.generator.eval()
        with torch.no_grad():
            return (self.generator(torch.randn(count, LATENT)) + 1) / 2


def fixture():
    gan = GAN(fused=False)
    set_weights(gan.generator, 0.1)
    set_weights(gan.discriminator, 0.1)
    losses = [
        gan.train_step(scattered_tensor((16, 1, 28, 28), 1000 + step, 2), scattered_tensor((16, LATENT), 2000 + step, 3)) for step in range(5)
    ]
    print(json.dumps({"losses": losses}))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data")
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fixture", action="store_true")
    args = parser.parse_args()
    if args.fixture:
        return fixture()
    torch.manual_seed(args.seed)
    digits, labels = read_images(args.data, train=True), read_labels(args.data, train=True)
    training = digits * 2 - 1
    gan = GAN(fused=True)
    initialize(gan.generator)
    initialize(gan.discriminator)
    start = time.perf_counter()
    for step in range(1, args.steps + 1):
        real = training[torch.randint(0, len(training), (BATCH,))]
        loss_d, loss_g = gan.train_step(real, torch.randn(BATCH, LATENT))
        if step % 50 == 0 or step == args.steps:
            losses = f"discriminator {loss_d:.3f}  generator {loss_g:.3f}"
            print(f"\rstep {step}/{args.steps}  {losses}  {time.perf_counter() - start:.0f} s", end="", flush=True)
    took = time.perf_counter() - start
    samples = gan.sample(SAMPLES)
    classifier = train_classifier(digits, labels, 1)
    print(f"\ndigit score {digit_score(classify(classifier, samples)):.3f}")
    print(f"training took {took:.1f} s")


main()
