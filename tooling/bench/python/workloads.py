"""The workloads as one writes them in PyTorch. Each function gets the inputs and returns variants and outputs (see peer.py)."""
import torch
import torch.nn as nn
import torch.nn.functional as F

STEPS = 5  # as in src/workloads/training.ts


def repeat(fn):
    def run(times):
        for _ in range(times):
            fn()

    return run


def inference(fn):
    """A workload without gradients, in inference mode."""

    def run(times):
        with torch.inference_mode():
            for _ in range(times):
                fn()

    return run


def simple(fn, wrap=inference):
    return {"plain": wrap(fn)}, lambda variant: [fn()]


def matmul(i):
    a, b = i["a"], i["b"]
    return simple(lambda: a @ b)


def conv_forward(i):
    def form(memory_format):
        x, w = i["x"].to(memory_format=memory_format), i["weight"].to(memory_format=memory_format)
        return lambda: F.conv2d(x, w, i["bias"], padding=1)

    forms = {"plain": form(torch.contiguous_format), "channels last": form(torch.channels_last)}
    return {k: inference(f) for k, f in forms.items()}, lambda variant: [forms[variant]()]


def conv_training(i):
    def form(memory_format):
        x, w, g = (i[k].clone(memory_format=memory_format) for k in ("x", "weight", "g"))
        bias = i["bias"].clone()
        for t in (x, w, bias):
            t.requires_grad_()
        return lambda: torch.autograd.grad(F.conv2d(x, w, bias, padding=1), [x, w], g)

    forms = {"plain": form(torch.contiguous_format), "channels last": form(torch.channels_last)}
    return {k: repeat(f) for k, f in forms.items()}, lambda variant: forms[variant]()


def small_add(i):
    a, b = i["a"], i["b"]
    return simple(lambda: torch.add(a, b))


def small_add_grad(i):
    a, b = i["a"].requires_grad_(), i["b"]
    return simple(lambda: torch.add(a, b), repeat)


def small_chain(i):
    x = i["x"].requires_grad_()

    def run():
        y = x
        for _ in range(10):
            y = (y * 1.01).tanh()
        y.sum().backward()

    def outputs(variant):
        x.grad = None
        run()
        return [x.grad]

    return {"plain": repeat(run)}, outputs


def point_add(i):
    a, b = i["a"], i["b"]
    return simple(lambda: a + b)


def point_exp(i):
    a = i["a"]
    return simple(lambda: a.exp())


def softmax(i):
    x = i["x"]
    return simple(lambda: torch.softmax(x, -1))


def norm_training(norm):
    def prepare(i):
        x, w, b = (i[k].requires_grad_() for k in ("x", "weight", "bias"))
        run = lambda: torch.autograd.grad(norm(x, w, b), [x, w], i["g"])
        return {"plain": repeat(run)}, lambda variant: run()

    return prepare


def training_step(build):
    """Steps with the default and with the fused optimizer, from the handed parameters."""

    def prepare(i):
        def trainer(fused):
            model = build()
            with torch.no_grad():
                for k, p in enumerate(model.parameters()):
                    p.copy_(i[f"p{k}"])
            optimizer = torch.optim.Adam(model.parameters(), 1e-3, fused=fused)

            def step():
                optimizer.zero_grad()
                loss = F.cross_entropy(model(i["x"]), i["y"])
                loss.backward()
                optimizer.step()
                return loss

            return model, step

        def outputs(variant):
            model, step = trainer(variant == "fused")
            losses = torch.stack([step().detach() for _ in range(STEPS)])
            return [losses, torch.cat([p.detach().flatten() for p in model.parameters()])]

        return {k: repeat(trainer(k == "fused")[1]) for k in ("plain", "fused")}, outputs

    return prepare


def mlp():
    return nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))


def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(3136, 128), nn.ReLU(), nn.Linear(128, 10),
    )  # fmt: skip


def adamw(i):
    def fresh(fused):
        params = [x.clone().requires_grad_() for x in i["p"].unbind()]
        for p, g in zip(params, i["g"].unbind()):
            p.grad = g.clone()
        return params, torch.optim.AdamW(params, 1e-3, fused=fused)

    def outputs(variant):
        params, optimizer = fresh(variant == "fused")
        for _ in range(3):
            optimizer.step()
        return [params[0], params[24]]

    return {k: repeat(fresh(k == "fused")[1].step) for k in ("plain", "fused")}, outputs


WORKLOADS = {
    "sgemm512": matmul,
    "sgemm1024": matmul,
    "conv3x3.forward": conv_forward,
    "conv3x3.training": conv_training,
    "small.add": small_add,
    "small.addGrad": small_add_grad,
    "small.chain20": small_chain,
    "point.add": point_add,
    "point.exp": point_exp,
    "softmax": softmax,
    "layerNorm": norm_training(lambda x, w, b: F.layer_norm(x, [768], w, b)),
    "batchNorm": norm_training(lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True)),
    "mlp": training_step(mlp),
    "lenet": training_step(lenet),
    "adamw25m": adamw,
}
