"""Writes expected.json: what PyTorch computes for the programs in this folder.

    python packages/autograd/test/programs/expected.py
"""
import json
import math
import pathlib

import torch
from torch.func import functional_call, grad, vmap

torch.set_default_dtype(torch.float64)


def wave(*shape, k=0, scale=0.5):
    """The same generic numbers as in the TypeScript programs."""
    n = math.prod(shape)
    return torch.tensor([scale * math.sin(1 + 0.7 * i + 5 * k) for i in range(n)]).reshape(shape)


def mlp(sizes):
    """Weights and biases of a fully connected net, by layer."""
    return {
        name: value
        for i, (n, m) in enumerate(zip(sizes, sizes[1:]))
        for name, value in ((f"{i}.weight", wave(m, n, k=2 * i)), (f"{i}.bias", wave(m, k=2 * i + 1)))
    }


def apply(p, x):
    layers = len(p) // 2
    for i in range(layers):
        x = x @ p[f"{i}.weight"].T + p[f"{i}.bias"]
        if i < layers - 1:
            x = torch.tanh(x)
    return x


def pinn():
    """u'' + u = 0 on [0, 2] with u(0) = 0, u'(0) = 1, by Adam on the squared residual."""
    p = {k: v.clone().requires_grad_() for k, v in mlp([1, 8, 8, 1]).items()}
    optimizer = torch.optim.Adam(p.values(), lr=0.02)
    losses = []
    for _ in range(20):
        x = torch.linspace(0, 2, 16).reshape(-1, 1).requires_grad_()
        u = apply(p, x)
        (du,) = torch.autograd.grad(u.sum(), x, create_graph=True)
        (ddu,) = torch.autograd.grad(du.sum(), x, create_graph=True)
        loss = (ddu + u).square().mean() + u[0, 0].square() + (du[0, 0] - 1).square()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def maml():
    """Second-order meta-gradients through two inner steps, for a batch of tasks."""
    p = mlp([1, 6, 1])
    x = torch.linspace(-1, 1, 8).reshape(-1, 1)
    amplitudes = torch.tensor([0.5, 1.0, 1.5])

    def loss(q, target):
        return (apply(q, x) - target).square().mean()

    def task(q, amplitude):
        target = amplitude * torch.sin(3 * x)
        for _ in range(2):
            g = grad(loss)(q, target)
            q = {k: q[k] - 0.1 * g[k] for k in q}
        return loss(q, target)

    losses = []
    for _ in range(5):
        g, value = torch.func.grad_and_value(lambda q: vmap(task, (None, 0))(q, amplitudes).mean())(p)
        p = {k: p[k] - 0.5 * g[k] for k in p}
        losses.append(value.item())
    return losses


def per_sample():
    p = mlp([3, 5, 2])
    x, y = wave(4, 3, k=9), torch.tensor([0, 1, 1, 0])

    def loss(q, xi, yi):
        return torch.nn.functional.cross_entropy(apply(q, xi), yi)

    g = vmap(grad(loss), (None, 0, 0))(p, x, y)
    return {"norms": torch.stack([v.flatten(1).square().sum(1) for v in g.values()]).sum(0).sqrt().tolist(),
            "weight": g["0.weight"].flatten().tolist()}


def ode():
    """Integrates y' = f(y) with a step chosen by the state, until t = 1; gradients through all steps."""
    p = {k: v.requires_grad_() for k, v in mlp([2, 6, 2]).items()}
    y, t, steps = torch.tensor([1.0, 0.0]), 0.0, 0
    while t < 1:
        slope = apply(p, y)
        h = min(0.2 / (1 + slope.norm().item()), 1 - t)
        middle = apply(p, y + 0.5 * h * slope)
        y, t, steps = y + h * middle, t + h, steps + 1
    y.square().sum().backward()
    return {"steps": steps, "state": y.tolist(), "gradient": p["0.weight"].grad.flatten().tolist()}


out = {"pinn": pinn(), "maml": maml(), "perSample": per_sample(), "ode": ode()}
path = pathlib.Path(__file__).with_name("expected.json")
path.write_text(json.dumps(out, indent=1) + "\n")
