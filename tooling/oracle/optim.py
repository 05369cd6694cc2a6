"""Writes what PyTorch's optimizers and schedulers do to packages/optim/test/fixtures.

    python optim.py

`schedulers.json`: learning rates (and momentum) over 100 steps. `trajectories.json`: a small MLP trained for 20 steps.
"""

import json
import math
import warnings
from pathlib import Path

import torch
from torch import nn, optim
from torch.optim import lr_scheduler as lrs

OUT = Path(__file__).parents[2] / "packages" / "optim" / "test" / "fixtures"
STEPS = 100


def parameter():
    return nn.Parameter(torch.zeros(1))


def curve(make, optimizer=None, metric=None):
    """Learning rates of both groups after each step."""
    optimizer = optimizer or optim.SGD([{"params": [parameter()]}, {"params": [parameter()], "lr": 0.5}], lr=0.1, momentum=0.9)
    scheduler = make(optimizer)
    lines = []
    for step in range(STEPS):
        lines.append([g["lr"] for g in optimizer.param_groups] + [g.get("momentum", g.get("betas", [0])[0] if "betas" in g else 0) for g in optimizer.param_groups])
        optimizer.step()
        scheduler.step(*([] if metric is None else [metric(step)]))
    return lines


def schedulers():
    def adam():
        return optim.Adam([parameter()], lr=1e-3)

    def sequential(o):
        warm = lrs.LinearLR(o, start_factor=0.1, total_iters=10)
        return lrs.SequentialLR(o, [warm, lrs.CosineAnnealingLR(o, 50), lrs.ExponentialLR(o, 0.9)], [10, 70])

    plateau = lambda step: 1 / (1 + min(step, 20)) + 0.001 * math.sin(step)  # noqa: E731
    return {
        "StepLR": curve(lambda o: lrs.StepLR(o, 7, gamma=0.5)),
        "MultiStepLR": curve(lambda o: lrs.MultiStepLR(o, [5, 20, 20, 60], gamma=0.3)),
        "ExponentialLR": curve(lambda o: lrs.ExponentialLR(o, 0.97)),
        "LinearLR": curve(lambda o: lrs.LinearLR(o)),
        "LinearLR down": curve(lambda o: lrs.LinearLR(o, start_factor=1.0, end_factor=0.0, total_iters=60)),
        "CosineAnnealingLR": curve(lambda o: lrs.CosineAnnealingLR(o, 30, eta_min=0.01)),
        "LambdaLR": curve(lambda o: lrs.LambdaLR(o, [lambda e: 0.95**e, lambda e: 1 / (1 + e)])),
        "OneCycleLR": curve(lambda o: lrs.OneCycleLR(o, [0.4, 0.8], total_steps=101)),
        "OneCycleLR three phases": curve(
            lambda o: lrs.OneCycleLR(o, 0.4, epochs=10, steps_per_epoch=11, three_phase=True, anneal_strategy="linear", pct_start=0.25)
        ),
        "OneCycleLR Adam": curve(lambda o: lrs.OneCycleLR(o, 0.01, total_steps=100), adam()),
        "SequentialLR": curve(sequential),
        "ReduceLROnPlateau": curve(lambda o: lrs.ReduceLROnPlateau(o, patience=3, factor=0.5, cooldown=2, min_lr=1e-3), metric=plateau),
        "ReduceLROnPlateau max": curve(
            lambda o: lrs.ReduceLROnPlateau(o, mode="max", patience=5, threshold=0.01, threshold_mode="abs", min_lr=[1e-2, 1e-4]),
            metric=lambda step: -plateau(step),
        ),
    }


def mlp():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))


def trajectory(make, x, y):
    model = mlp()
    optimizer = make(model)
    losses = []
    for _ in range(20):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return {"losses": losses, "final": [p.flatten().tolist() for p in model.parameters()]}


def trajectories():
    initial = [p.flatten().tolist() for p in mlp().parameters()]
    torch.manual_seed(1)
    x, y = torch.randn(16, 4), torch.randint(0, 3, (16,))

    def groups(model):
        return [{"params": list(model[0].parameters())}, {"params": list(model[2].parameters()), "lr": 0.01, "weight_decay": 0.1}]

    def train(make, grouped=False):
        return trajectory(lambda m: make(groups(m) if grouped else m.parameters()), x, y)

    return {
        "initial": initial,
        "x": x.flatten().tolist(),
        "y": y.tolist(),
        "cases": {
            "SGD": train(lambda p: optim.SGD(p, lr=0.1)),
            "SGD momentum": train(lambda p: optim.SGD(p, lr=0.1, momentum=0.9, dampening=0.1, weight_decay=0.01)),
            "SGD nesterov": train(lambda p: optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True)),
            "SGD maximize": train(lambda p: optim.SGD(p, lr=0.05, maximize=True)),
            "SGD groups": train(lambda p: optim.SGD(p, lr=0.1, momentum=0.5), grouped=True),
            "Adam": train(lambda p: optim.Adam(p, lr=0.01)),
            "Adam amsgrad": train(lambda p: optim.Adam(p, lr=0.01, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.1, amsgrad=True)),
            "Adam maximize": train(lambda p: optim.Adam(p, lr=0.01, maximize=True)),
            "AdamW": train(lambda p: optim.AdamW(p, lr=0.01)),
            "AdamW amsgrad": train(lambda p: optim.AdamW(p, lr=0.02, betas=(0.9, 0.95), weight_decay=0.3, amsgrad=True)),
            "AdamW groups": train(lambda p: optim.AdamW(p, lr=0.02), grouped=True),
        },
    }


def write(name, value):
    text = json.dumps({"torch": torch.__version__, **value}, separators=(",", ":"))
    (OUT / name).write_text(text + "\n")
    print(f"{name}: {len(text) // 1024} KiB")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    OUT.mkdir(parents=True, exist_ok=True)
    write("schedulers.json", {"curves": schedulers()})
    write("trajectories.json", trajectories())
