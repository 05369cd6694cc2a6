"""Ways of running a workload. Each gets what src/workload.ts calls PeerWorkload and the inputs; gives variants and outputs (see peer.py)."""
import torch
import torch.nn.functional as F

from models import MODELS, initialise
from operations import OPERATIONS, OUT


def repeat(fn):
    def run(times):
        for _ in range(times):
            fn()

    return run


def without_gradients(fn):
    def run(times):
        with torch.inference_mode():
            for _ in range(times):
                fn()

    return run


def as_list(results):
    return list(results) if isinstance(results, (list, tuple)) else [results]


def layouts(peer, inputs):
    """The inputs as they are and, for convolutions, with channels last."""
    forms = {"plain": inputs}
    if peer.get("channelsLast"):
        last = {2: torch.channels_last, 3: torch.channels_last_3d}[peer["dims"]]
        forms["channels last"] = {k: t.clone(memory_format=last) for k, t in inputs.items()}
    return forms


def forward(peer, inputs):
    op = OPERATIONS[peer["op"]]
    if peer["op"] == "dropout":
        return dropout(op, inputs["x"] + 1)
    forms = {k: (lambda i=i: op(i, peer)) for k, i in layouts(peer, inputs).items()}
    if peer["op"] in OUT:
        target = op(inputs, peer)
        forms["out"] = lambda: OUT[peer["op"]](target, inputs)
    return {k: without_gradients(f) for k, f in forms.items()}, lambda variant: as_list(forms[variant]())


def dropout(op, x):
    """What is random is compared by the share of zeros and by how much the sum changed."""

    def outputs(variant):
        y = op({"x": x}, {})
        return [(y == 0).float().mean().reshape(1), (y.sum() / x.sum()).reshape(1)]

    return {"plain": without_gradients(lambda: op({"x": x}, {}))}, outputs


def recorded(peer, inputs):
    """Forward with inputs that need gradients."""
    op = OPERATIONS[peer["op"]]
    for name in peer["wrt"]:
        inputs[name].requires_grad_()
    return {"plain": repeat(lambda: op(inputs, peer))}, lambda variant: as_list(op(inputs, peer))


def differentiated(peer, inputs):
    """For each layout, the forward pass and the gradients of its result."""
    op = OPERATIONS[peer["op"]]
    for name, i in layouts(peer, inputs).items():
        leaves = [i[k].requires_grad_() for k in peer["wrt"]]

        def gradients(result, retain, i=i, leaves=leaves):
            return torch.autograd.grad(result, leaves, i.get("g"), retain_graph=retain)

        yield name, (lambda i=i: op(i, peer)), gradients


def backward(peer, inputs):
    """Through a graph that is recorded once."""
    forms = {}
    for name, run, gradients in differentiated(peer, inputs):
        forms[name] = lambda result=run(), gradients=gradients: gradients(result, True)
    return {k: repeat(f) for k, f in forms.items()}, lambda variant: as_list(forms[variant]())


def training(peer, inputs):
    """Forward and backward."""
    if peer["op"] in MODELS:
        return module_training(peer, inputs)
    forms = {}
    for name, run, gradients in differentiated(peer, inputs):
        forms[name] = lambda run=run, gradients=gradients: gradients(run(), False)
    return {k: repeat(f) for k, f in forms.items()}, lambda variant: as_list(forms[variant]())


def module_training(peer, inputs):
    """Gradients of a module's input and parameters."""
    model = initialise(MODELS[peer["op"]](), inputs["noise"])
    leaves = [inputs["x"].requires_grad_(), *model.parameters()]
    run = lambda: torch.autograd.grad(model(inputs["x"]), leaves, inputs["g"])
    return {"plain": repeat(run)}, lambda variant: as_list(run())


OPTIMIZERS = {
    "sgd": lambda p, lr, fused: torch.optim.SGD(p, lr, momentum=0.9, fused=fused),
    "adam": lambda p, lr, fused: torch.optim.Adam(p, lr, fused=fused),
    "adamw": lambda p, lr, fused: torch.optim.AdamW(p, lr, fused=fused),
}


def optimizer(peer, inputs):
    def fresh(fused):
        params = [x.clone().requires_grad_() for x in inputs["p"].unbind()]
        for p, g in zip(params, inputs["g"].unbind()):
            p.grad = g.clone()
        return params, OPTIMIZERS[peer["op"]](params, 1e-3, fused)

    def outputs(variant):
        params, optimizer = fresh(variant == "fused")
        for _ in range(3):
            optimizer.step()
        return [params[0], params[24]]

    return {k: repeat(fresh(k == "fused")[1].step) for k in ("plain", "fused")}, outputs


def step(peer, inputs):
    """Training steps of a network, with the default and with the fused optimizer."""
    x, y = inputs["x"], inputs.get("y")

    def trainer(fused, last=False):
        model = initialise(MODELS[peer["op"]](), inputs["noise"])
        images = x
        if last:
            model, images = model.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
        optimizer = OPTIMIZERS[peer["optimizer"]](model.parameters(), peer["lr"], fused)

        def run():
            optimizer.zero_grad()
            with torch.autocast("cpu", torch.bfloat16, enabled=peer["autocast"]):
                result = model(images)
                loss = result.square().mean() if y is None else F.cross_entropy(result, y)
            loss.backward()
            optimizer.step()
            return loss

        return model, run

    forms = {"plain": (False, False), "fused": (True, False)}
    if x.dim() == 4:
        forms["fused, channels last"] = (True, True)

    def outputs(variant):
        model, run = trainer(*forms[variant])
        losses = torch.stack([run().detach() for _ in range(peer["steps"])])
        return [losses, torch.cat([p.detach().contiguous().flatten() for p in model.parameters()])]

    def lazily(form):
        own = []

        def run():
            if not own:
                own.append(trainer(*form)[1])
            own[0]()

        return run

    return {k: repeat(lazily(form)) for k, form in forms.items()}, outputs


def inference(peer, inputs):
    """A network in evaluation mode."""
    x, model = inputs["x"], initialise(MODELS[peer["op"]](), inputs["noise"]).eval()
    forms = {"plain": lambda: model(x)}
    if x.dim() == 4:
        last = initialise(MODELS[peer["op"]](), inputs["noise"]).eval().to(memory_format=torch.channels_last)
        images = x.to(memory_format=torch.channels_last)
        forms["channels last"] = lambda: last(images)
    return {k: without_gradients(f) for k, f in forms.items()}, lambda variant: [forms[variant]()]


PASSES = {
    "forward": forward,
    "recorded": recorded,
    "backward": backward,
    "training": training,
    "optimizer": optimizer,
    "step": step,
    "inference": inference,
}
