"""The work of apps/examples/src/transfer-learning.ts in PyTorch, on the pixels that its --export writes.

    python transfer_learning.py --weights resnet20-12fca82f.th --pixels FILE [--scratch] [--seed 0]
    python transfer_learning.py --fixture > ../../../apps/examples/test/transfer-learning.json
"""
import argparse
import json
import time

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import nn

from formula import scattered, scattered_tensor, set_weights

WEIGHT_DECAY = 0.1


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


def stage(in_channels, channels, stride):
    return nn.Sequential(Block(in_channels, channels, stride), Block(channels, channels, 1), Block(channels, channels, 1))


class Backbone(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = stage(16, 16, 1)
        self.layer2 = stage(16, 32, 2)
        self.layer3 = stage(32, 64, 2)

    def forward(self, images):
        middle = self.layer2(self.layer1(F.relu(self.bn1(self.conv1(images)))))
        return torch.cat([middle.mean((2, 3)), self.layer3(middle).mean((2, 3))], 1)


def load_pretrained(model, path):
    saved = torch.load(path, map_location="cpu")["state_dict"]
    named = {name.removeprefix("module."): t for name, t in saved.items()}
    model.load_state_dict({name: t for name, t in named.items() if not name.startswith("linear.")})


def classify(features, labels, others):
    std, mean = torch.std_mean(features, 0)
    train, test = [(x - mean) / (std + 1e-6) for x in (features, others)]
    head = nn.Linear(features.shape[1], 2, dtype=features.dtype)
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    optimizer = torch.optim.LBFGS(head.parameters(), max_iter=100, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = F.cross_entropy(head(train), labels) + WEIGHT_DECAY / 2 * head.weight.square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    return head(test).detach()


def leave_one_out(views, labels):
    count, right = len(labels), 0
    for photo in range(count):
        rest = torch.arange(count) != photo
        logits = classify(views[:, rest].flatten(0, 1), labels[rest].repeat(len(views)), views[:, photo])
        right += (logits.mean(0).argmax() == labels[photo]).item()
        print(f"\rphoto {photo + 1}/{count}  right {right}", end="", flush=True)
    return right / count


def fixture():
    model = Backbone()
    set_weights(model, 0.3)
    model.eval()
    with torch.no_grad():
        features = model(scattered_tensor((2, 3, 16, 16), 1000, 3))
    labels = torch.from_numpy((scattered(24, 2000) * 2).astype(int))
    # in float64: where the loss is flat, rounding decides where the line search of a float32 head ends
    logits = classify(scattered_tensor((24, 96), 2001, 2).double(), labels, scattered_tensor((4, 96), 2002, 2).double())
    return {"features": features.tolist(), "logits": logits.tolist()}


def train(weights, pixels, scratch):
    data = load_file(pixels)
    images, labels = data["images"], data["labels"]
    model = Backbone()
    if not scratch:
        load_pretrained(model, weights)
    model.eval()
    start = time.perf_counter()
    with torch.no_grad():
        views = torch.stack([model(images), model(images.flip(-1))])
    accuracy = leave_one_out(views, labels)
    seconds = time.perf_counter() - start
    print(f"\ntest accuracy {accuracy:.4f}\ntraining took {seconds:.1f} s")


parser = argparse.ArgumentParser()
parser.add_argument("--weights")
parser.add_argument("--pixels")
parser.add_argument("--scratch", action="store_true")
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--fixture", action="store_true")
arguments = parser.parse_args()
torch.manual_seed(arguments.seed)
torch.set_num_threads(2)
if arguments.fixture:
    print(json.dumps(fixture()))
else:
    train(arguments.weights, arguments.pixels, arguments.scratch)
