"""Writes what PyTorch's optimizers and schedulers do to packages/optim/test/fixtures.

    python optim.py

`schedulers.json`: learning rates (and momentum) over 100 steps. `trajectories.json`: a small MLP trained for 20 steps, and state
dicts after 10 of them. `averages.json`: averaged weights. `scaler.json`: the scale of a GradScaler. `sparse.json`:
optimizers on gradients of some rows.
"""

import json
import math
import warnings
from pathlib import Path

import torch
from torch import nn, optim
from torch.optim import lr_scheduler as lrs
from torch.optim.swa_utils import (
    SWALR,
    AveragedModel,
    get_ema_avg_fn,
    get_ema_multi_avg_fn,
    get_swa_avg_fn,
    get_swa_multi_avg_fn,
)

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

    def warm_restarts(o):
        warm = lrs.LinearLR(o, start_factor=0.01, total_iters=5)
        return lrs.SequentialLR(o, [warm, lrs.CosineAnnealingWarmRestarts(o, 20), lrs.PolynomialLR(o, 20)], [5, 70])

    def nested(o):
        first = lrs.ChainedScheduler([lrs.LinearLR(o, start_factor=0.1, total_iters=8), lrs.ExponentialLR(o, 0.98)])
        return lrs.SequentialLR(o, [first, lrs.MultiStepLR(o, [10, 30], gamma=0.2)], [40])

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
        "MultiplicativeLR": curve(lambda o: lrs.MultiplicativeLR(o, [lambda e: 0.95, lambda e: 1 - 1 / (e + 2)])),
        "ConstantLR": curve(lambda o: lrs.ConstantLR(o, factor=0.3, total_iters=25)),
        "PolynomialLR": curve(lambda o: lrs.PolynomialLR(o, total_iters=60, power=1.5)),
        "CosineAnnealingWarmRestarts": curve(lambda o: lrs.CosineAnnealingWarmRestarts(o, 15, eta_min=0.01)),
        "CosineAnnealingWarmRestarts longer": curve(lambda o: lrs.CosineAnnealingWarmRestarts(o, 10, T_mult=2)),
        "CyclicLR": curve(lambda o: lrs.CyclicLR(o, 0.01, [0.1, 0.3], step_size_up=15)),
        "CyclicLR triangular2": curve(lambda o: lrs.CyclicLR(o, [0.01, 0.02], 0.1, step_size_up=10, step_size_down=20, mode="triangular2")),
        "CyclicLR exp_range": curve(lambda o: lrs.CyclicLR(o, 1e-4, 1e-2, step_size_up=12, mode="exp_range", gamma=0.97), adam()),
        "CyclicLR scaleFn": curve(
            lambda o: lrs.CyclicLR(o, 0.01, 0.1, step_size_up=8, scale_fn=lambda x: 0.8**x, scale_mode="cycle", cycle_momentum=False)
        ),
        "ChainedScheduler": curve(
            lambda o: lrs.ChainedScheduler([lrs.ConstantLR(o, factor=0.1, total_iters=20), lrs.ExponentialLR(o, 0.95), lrs.StepLR(o, 30)])
        ),
        "SWALR": curve(lambda o: SWALR(o, swa_lr=[0.05, 0.01], anneal_epochs=40)),
        "SWALR linear": curve(lambda o: SWALR(o, swa_lr=0.02, anneal_strategy="linear")),
        "warm-up and restarts": curve(warm_restarts),
        "warm-up nested": curve(nested),
        "ReduceLROnPlateau": curve(lambda o: lrs.ReduceLROnPlateau(o, patience=3, factor=0.5, cooldown=2, min_lr=1e-3), metric=plateau),
        "ReduceLROnPlateau max": curve(
            lambda o: lrs.ReduceLROnPlateau(o, mode="max", patience=5, threshold=0.01, threshold_mode="abs", min_lr=[1e-2, 1e-4]),
            metric=lambda step: -plateau(step),
        ),
    }


def mlp():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))


def numbers(t):
    """The elements, with 12 digits (9 if they are float32)."""
    return [float(f"{x:.{9 if t.dtype == torch.float32 else 12}g}") for x in t.detach().flatten().tolist()]


def saved(value):
    """A state dict as JSON; tensors as their shape and elements."""
    if isinstance(value, torch.Tensor):
        return {"shape": list(value.shape), "data": numbers(value)}
    if isinstance(value, dict):
        return {str(key): saved(entry) for key, entry in value.items()}
    return [saved(entry) for entry in value] if isinstance(value, (list, tuple)) else value


def trajectory(make, x, y, closure=False):
    """Training in float64, where all that differs between two right implementations is the last digits."""
    model = mlp().double()
    optimizer = make(model)
    losses = []

    def evaluate():
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x.double()), y)
        loss.backward()
        return loss

    for step in range(20):
        if step == 10:
            halfway = {"state": saved(optimizer.state_dict()), "parameters": [numbers(p) for p in model.parameters()]}
        if closure:
            loss = optimizer.step(evaluate)
        else:
            loss = evaluate()
            optimizer.step()
        losses.append(loss.item())
    return {"losses": [float(f"{loss:.12g}") for loss in losses], "final": [numbers(p) for p in model.parameters()], "halfway": halfway}


class Lion(optim.Optimizer):
    """As in the paper's pseudo-code (Chen et al. 2023); PyTorch has no Lion."""

    def __init__(self, params, lr, betas=(0.9, 0.99), weight_decay=0.0, maximize=False):
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay, "maximize": maximize})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                g = -p.grad if group["maximize"] else p.grad
                m = self.state[p].setdefault("exp_avg", torch.zeros_like(p))
                p.mul_(1 - group["lr"] * group["weight_decay"])
                p.sub_(group["lr"] * torch.sign(beta1 * m + (1 - beta1) * g))
                m.copy_(beta2 * m + (1 - beta2) * g)


def trajectories():
    initial = [p.flatten().tolist() for p in mlp().parameters()]
    torch.manual_seed(1)
    x, y = torch.randn(16, 4), torch.randint(0, 3, (16,))

    def groups(model):
        return [{"params": list(model[0].parameters())}, {"params": list(model[2].parameters()), "lr": 0.01, "weight_decay": 0.1}]

    # (name, constructor, options); the state is saved for the first case of each constructor
    cases = [
        ("SGD", optim.SGD, {"lr": 0.1}),
        ("SGD momentum", optim.SGD, {"lr": 0.1, "momentum": 0.9, "dampening": 0.1, "weight_decay": 0.01}),
        ("SGD nesterov", optim.SGD, {"lr": 0.05, "momentum": 0.9, "nesterov": True}),
        ("SGD maximize", optim.SGD, {"lr": 0.05, "maximize": True}),
        ("SGD groups", optim.SGD, {"lr": 0.1, "momentum": 0.5}),
        ("Adam", optim.Adam, {"lr": 0.01}),
        ("Adam amsgrad", optim.Adam, {"lr": 0.01, "betas": (0.8, 0.95), "eps": 1e-6, "weight_decay": 0.1, "amsgrad": True}),
        ("Adam maximize", optim.Adam, {"lr": 0.01, "maximize": True}),
        ("AdamW", optim.AdamW, {"lr": 0.01}),
        ("AdamW amsgrad", optim.AdamW, {"lr": 0.02, "betas": (0.9, 0.95), "weight_decay": 0.3, "amsgrad": True}),
        ("AdamW groups", optim.AdamW, {"lr": 0.02}),
        ("RMSprop", optim.RMSprop, {}),
        ("RMSprop momentum", optim.RMSprop, {"lr": 0.005, "momentum": 0.9, "alpha": 0.9, "weight_decay": 0.02}),
        ("RMSprop centered", optim.RMSprop, {"lr": 0.005, "momentum": 0.5, "centered": True, "eps": 1e-4, "maximize": True}),
        ("RMSprop groups", optim.RMSprop, {"lr": 0.005, "centered": True, "eps": 1e-3}),
        ("Adagrad", optim.Adagrad, {}),
        ("Adagrad decay", optim.Adagrad, {"lr": 0.1, "lr_decay": 0.1, "weight_decay": 0.05, "initial_accumulator_value": 0.2}),
        ("Adagrad maximize", optim.Adagrad, {"lr": 0.05, "maximize": True}),
        ("Adadelta", optim.Adadelta, {}),
        ("Adadelta decay", optim.Adadelta, {"lr": 5.0, "rho": 0.8, "eps": 1e-5, "weight_decay": 0.02, "maximize": True}),
        ("Adamax", optim.Adamax, {"lr": 0.02}),
        ("Adamax decay", optim.Adamax, {"betas": (0.4, 0.9), "eps": 1e-5, "weight_decay": 0.1, "maximize": True}),
        ("NAdam", optim.NAdam, {"lr": 0.02}),
        ("NAdam decay", optim.NAdam, {"lr": 0.01, "betas": (0.8, 0.95), "weight_decay": 0.1, "momentum_decay": 0.1, "maximize": True}),
        ("NAdam decoupled", optim.NAdam, {"lr": 0.01, "weight_decay": 0.2, "decoupled_weight_decay": True}),
        ("RAdam", optim.RAdam, {"lr": 0.05}),
        ("RAdam decay", optim.RAdam, {"lr": 0.01, "betas": (0.4, 0.9), "weight_decay": 0.1, "maximize": True}),
        ("RAdam decoupled", optim.RAdam, {"lr": 0.02, "weight_decay": 0.2, "decoupled_weight_decay": True}),
        ("Rprop", optim.Rprop, {}),
        ("Rprop etas", optim.Rprop, {"lr": 0.005, "etas": (0.3, 1.5), "step_sizes": (1e-3, 0.1), "maximize": True}),
        ("ASGD", optim.ASGD, {"lr": 0.1, "t0": 5}),
        ("ASGD decay", optim.ASGD, {"lr": 0.2, "lambd": 0.01, "alpha": 0.5, "t0": 0, "weight_decay": 0.05, "maximize": True}),
        ("Adafactor", optim.Adafactor, {"lr": 0.05}),
        ("Adafactor decay", optim.Adafactor, {"lr": 0.1, "beta2_decay": -0.5, "eps": (1e-4, 1e-2), "d": 2.0, "weight_decay": 0.1}),
        ("Lion", Lion, {"lr": 0.003, "weight_decay": 0.1}),
        ("Lion maximize", Lion, {"lr": 0.002, "betas": (0.8, 0.95), "maximize": True}),
        ("Muon", optim.Muon, {"lr": 0.02}),
        ("Muon plain", optim.Muon, {"lr": 0.01, "nesterov": False, "momentum": 0.8, "adjust_lr_fn": "match_rms_adamw"}),
        ("LBFGS", optim.LBFGS, {"lr": 0.3, "max_iter": 2}),
        ("LBFGS strong Wolfe", optim.LBFGS, {"max_iter": 3, "history_size": 4, "line_search_fn": "strong_wolfe"}),
    ]

    def train(name, constructor, options):
        def make(model):
            if "groups" in name:
                return constructor(groups(model), **options)
            matrices_only = constructor is optim.Muon
            return constructor([p for p in model.parameters() if not matrices_only or p.ndim == 2], **options)

        result = trajectory(make, x, y, closure=constructor is optim.LBFGS)
        first = next(c[0] for c in cases if c[1] is constructor)
        if name not in (first, "SGD momentum", "Adam amsgrad", "RMSprop centered", "LBFGS strong Wolfe"):
            del result["halfway"]
        return result

    return {"initial": initial, "x": x.flatten().tolist(), "y": y.tolist(), "cases": {case[0]: train(*case) for case in cases}}


class WithBuffer(nn.Module):
    """A parameter, a buffer and an integer buffer."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([1.0, -2.0, 0.5]))
        self.register_buffer("mean", torch.zeros(2))
        self.register_buffer("count", torch.tensor(0))


def averages():
    def run(**options):
        model = WithBuffer()
        averaged = AveragedModel(model, **options)
        lines = []
        for step in range(10):
            with torch.no_grad():
                model.weight.add_(torch.tensor([0.3, -0.1, 0.7]) * (step + 1)).cos_()
                model.mean.add_(torch.tensor([1.0, 0.25]))
                model.count.add_(3)
            averaged.update_parameters(model)
            lines.append(numbers(averaged.module.weight) + numbers(averaged.module.mean) + [averaged.module.count.item(), averaged.n_averaged.item()])
        return {"keys": list(averaged.state_dict()), "lines": lines}

    return {
        "SWA": run(),
        "SWA avgFn": run(avg_fn=get_swa_avg_fn()),
        "EMA avgFn": run(avg_fn=get_ema_avg_fn(0.9)),
        "EMA multiAvgFn": run(multi_avg_fn=get_ema_multi_avg_fn(0.9)),
        "EMA multiAvgFn buffers": run(multi_avg_fn=get_ema_multi_avg_fn(0.8), use_buffers=True),
        "EMA avgFn buffers": run(avg_fn=get_ema_avg_fn(0.8), use_buffers=True),
        "SWA multiAvgFn": run(multi_avg_fn=get_swa_multi_avg_fn()),
    }


def scaler():
    """Scale, growth count and parameter after each step; a factor of 0 or infinity in the list spoils the loss."""

    def run(factors, **options):
        scale = torch.amp.GradScaler("cpu", **options)
        p = nn.Parameter(torch.tensor([1.0, -2.0]))
        optimizer = optim.SGD([p], lr=0.01)
        lines = []
        for factor in factors:
            optimizer.zero_grad()
            loss = (p * factor).square().sum()
            scale.scale(loss).backward()
            scale.step(optimizer)
            scale.update()
            lines.append([scale.get_scale(), scale._get_growth_tracker(), *p.tolist()])
        return {"lines": lines, "state": scale.state_dict()}

    big = 1e18  # the loss is finite, the scaled gradient is not
    return {
        "growth": run([1.0] * 12, init_scale=8.0, growth_interval=3),
        "backoff": run([1.0, big, 1.0, 1.0, 1.0, big, big, 1.0, 1.0, 1.0, 1.0], init_scale=1024.0, growth_interval=2, backoff_factor=0.25),
        "defaults": run([1.0, 1e15, 1.0]),
    }


def sparse():
    """An embedding whose rows appear in some steps, twice in some; none in the third."""
    rows = [[0, 2, 2], [5, 1], [], [2, 0, 5, 2], [1], [3, 2]]

    def run(make, **options):
        torch.manual_seed(3)
        table = torch.nn.Parameter(torch.randn(6, 3, dtype=torch.float64))
        initial, optimizer, values = saved(table), make([table], **options), []
        for step, chosen in enumerate(rows):
            values.append(torch.randn(len(chosen), 3, dtype=torch.float64))
            table.grad = torch.sparse_coo_tensor(torch.tensor([chosen], dtype=torch.int64), values[-1], table.shape)
            optimizer.step()
        state = {
            name: saved(value.to_dense()) if isinstance(value, torch.Tensor) else value
            for name, value in optimizer.state[table].items()
        }
        return {"optimizer": make.__name__, "options": options, "initial": initial, "values": [saved(v) for v in values], "final": saved(table), "state": state}

    return {
        "rows": rows,
        "cases": [
            run(optim.SparseAdam),
            run(optim.SparseAdam, lr=0.1, betas=(0.7, 0.9), eps=1e-3, maximize=True),
            run(optim.Adagrad),
            run(optim.Adagrad, lr=0.1, lr_decay=0.2, initial_accumulator_value=0.3, eps=1e-3, maximize=True),
            run(optim.SGD, lr=0.1),
            run(optim.SGD, lr=0.1, momentum=0.8),
            run(optim.SGD, lr=0.1, momentum=0.8, nesterov=True),
            run(optim.SGD, lr=0.1, momentum=0.8, dampening=0.3),
        ],
    }


def write(name, value):
    text = json.dumps({"torch": torch.__version__, **value}, separators=(",", ":"))
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / name).write_text(text + "\n")
    print(f"{name}: {len(text) // 1024} KiB")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    write("schedulers.json", {"curves": schedulers()})
    write("trajectories.json", trajectories())
    write("averages.json", {"cases": averages()})
    write("scaler.json", {"cases": scaler()})
    write("sparse.json", sparse())
