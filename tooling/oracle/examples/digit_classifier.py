"""apps/examples/src/digit-classifier.ts in PyTorch."""
import torch
import torch.nn.functional as F
from torch import nn

BATCH = 64


def make_classifier(size):
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(32 * (size // 4) ** 2, 10),
    )


def train_classifier(images, labels, epochs):
    classifier = make_classifier(images.shape[2])
    optimizer = torch.optim.Adam(classifier.parameters(), lr=2e-3, fused=True)
    for _ in range(epochs):
        for chosen in torch.randperm(len(images)).split(BATCH):
            optimizer.zero_grad()
            F.cross_entropy(classifier(images[chosen]), labels[chosen]).backward()
            optimizer.step()
    return classifier


def classify(classifier, images):
    with torch.no_grad():
        return classifier(images).softmax(-1)


def digit_score(probabilities):
    def log(p):
        return p.clamp(1e-12).log()

    return (probabilities * (log(probabilities) - log(probabilities.mean(0)))).sum(1).mean().exp().item()


def certain_share(probabilities):
    return (probabilities.amax(1) >= 0.9).float().mean().item()
