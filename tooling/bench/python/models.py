"""The networks as one writes them in PyTorch; parameters in the order of src/models."""
import torch
import torch.nn as nn
import torch.nn.functional as F

STRIDE = 104729  # as in src/models/initialise.ts


def initialise(model, noise):
    with torch.no_grad():
        for k, (name, p) in enumerate(model.named_parameters()):
            start = k * STRIDE % noise.numel()
            flat = torch.cat([noise[start:], noise.repeat(p.numel() // noise.numel() + 1)])[: p.numel()]
            if p.dim() > 1:
                flat = flat * (p.shape[0] / p.numel()) ** 0.5
            else:
                flat = flat * 0.02 + (1 if name.endswith("weight") else 0)
            p.copy_(flat.reshape(p.shape))
    return model


def mlp():
    return nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))


def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(3136, 128), nn.ReLU(), nn.Linear(128, 10),
    )  # fmt: skip


class BasicBlock(nn.Module):
    def __init__(self, input, output, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(input, output, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(output)
        self.conv2 = nn.Conv2d(output, output, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(output)
        same = stride == 1 and input == output
        self.down = None if same else nn.Sequential(nn.Conv2d(input, output, 1, stride, bias=False), nn.BatchNorm2d(output))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (x if self.down is None else self.down(x)))


def resnet18():
    blocks, channels = [], 64
    for output, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
        blocks += [BasicBlock(channels, output, stride), BasicBlock(output, output, 1)]
        channels = output
    return nn.Sequential(
        nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1),
        *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 1000),
    )  # fmt: skip


def convolution(input, output, kernel, stride=1, groups=1):
    return [nn.Conv2d(input, output, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(output)]


class InvertedResidual(nn.Module):
    def __init__(self, input, output, stride, expansion):
        super().__init__()
        hidden = input * expansion
        expand = [] if expansion == 1 else [*convolution(input, hidden, 1), nn.ReLU6(inplace=True)]
        self.body = nn.Sequential(
            *expand, *convolution(hidden, hidden, 3, stride, hidden), nn.ReLU6(inplace=True), *convolution(hidden, output, 1)
        )
        self.residual = stride == 1 and input == output

    def forward(self, x):
        return x + self.body(x) if self.residual else self.body(x)


STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))


def mobilenet_v2():
    layers, channels = [*convolution(3, 32, 3, 2), nn.ReLU6(inplace=True)], 32
    for expansion, output, repetitions, stride in STAGES:
        for i in range(repetitions):
            layers.append(InvertedResidual(channels, output, stride if i == 0 else 1, expansion))
            channels = output
    return nn.Sequential(
        *layers, *convolution(320, 1280, 1), nn.ReLU6(inplace=True), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1280, 1000)
    )


def attend(qkv, x, heads, causal):
    b, t, d = x.shape
    q, k, v = qkv(x).view(b, t, 3, heads, d // heads).permute(2, 0, 3, 1, 4)
    return F.scaled_dot_product_attention(q, k, v, is_causal=causal).transpose(1, 2).reshape(b, t, d)


class GptBlock(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(d)
        self.qkv, self.out = nn.Linear(d, 3 * d), nn.Linear(d, d)
        self.norm2 = nn.LayerNorm(d)
        self.up, self.down = nn.Linear(d, 4 * d), nn.Linear(4 * d, d)

    def forward(self, x):
        x = x + self.out(attend(self.qkv, self.norm1(x), self.heads, True))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


def gpt():
    return nn.Sequential(*[GptBlock(768, 12) for _ in range(12)])


class BertBlock(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.heads = heads
        self.qkv, self.out = nn.Linear(d, 3 * d), nn.Linear(d, d)
        self.norm1 = nn.LayerNorm(d, 1e-12)
        self.up, self.down = nn.Linear(d, 4 * d), nn.Linear(4 * d, d)
        self.norm2 = nn.LayerNorm(d, 1e-12)

    def forward(self, x):
        x = self.norm1(x + self.out(attend(self.qkv, x, self.heads, False)))
        return self.norm2(x + self.down(F.gelu(self.up(x))))


class Bert(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.positions = nn.Embedding(30522, 768), nn.Embedding(512, 768)
        self.norm = nn.LayerNorm(768, 1e-12)
        self.blocks = nn.Sequential(*[BertBlock(768, 12) for _ in range(12)])

    def forward(self, tokens):
        return self.blocks(self.norm(self.words(tokens) + self.positions(torch.arange(tokens.shape[1]))))


class Sequence(nn.Module):
    """A recurrent layer that gives its outputs alone."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return self.layer(x)[0]


MODELS = {
    "mlp": mlp,
    "lenet": lenet,
    "resnet18": resnet18,
    "mobilenet_v2": mobilenet_v2,
    "gpt": gpt,
    "bert": Bert,
    "lstm": lambda: Sequence(nn.LSTM(512, 512, batch_first=True)),
    "gru": lambda: Sequence(nn.GRU(512, 512, batch_first=True)),
}
