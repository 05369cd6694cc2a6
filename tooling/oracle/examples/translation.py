"""The number translator of apps/examples in PyTorch: the same model, data, optimizer and schedule.

    python translation.py [--steps 800] [--seed 1]
    python translation.py --fixture > ../../../apps/examples/test/translation.json
"""
import argparse
import json
import time

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from formula import scattered, set_weights

ONES = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
PAD, START, END, ZERO = 0, 1, 2, 3
WORDS = ["<pad>", *ONES, *TENS, "hundred", "thousand", "million"]
SOURCE_LENGTH, TARGET_LENGTH = 14, 11
BATCH, WIDTH = 64, 64


def spell(n):
    """A number from 1 to 999,999,999 in words."""
    if n >= 1000:
        for unit, name in ((1_000_000, "million"), (1000, "thousand")):
            if n >= unit:
                return spell(n // unit) + [name] + (spell(n % unit) if n % unit else [])
    if n >= 100:
        return [ONES[n // 100 - 1], "hundred"] + (spell(n % 100) if n % 100 else [])
    if n >= 20:
        return [TENS[n // 10 - 2]] + (spell(n % 10) if n % 10 else [])
    return [ONES[n - 1]]


def encode(numbers):
    """Ids of the words (batch, 14) and of the digits between start and end (batch, 11), both padded."""
    source, target = torch.zeros(len(numbers), SOURCE_LENGTH, dtype=torch.long), torch.zeros(len(numbers), TARGET_LENGTH, dtype=torch.long)
    for i, n in enumerate(numbers):
        words = [WORDS.index(word) for word in spell(n)]
        digits = [START, *(ZERO + int(d) for d in str(n)), END]
        source[i, : len(words)] = torch.tensor(words)
        target[i, : len(digits)] = torch.tensor(digits)
    return source, target


def random_numbers(count, for_test):
    """Random numbers below a billion, long and short, with empty groups of three. Multiples of seven are for the test, no others."""
    numbers = []
    while len(numbers) < count:
        millions, thousands, ones = [int(1001**x) - 1 for x in torch.rand(3, dtype=torch.float64).tolist()]
        n = millions * 1_000_000 + thousands * 1000 + ones
        if n > 0 and (n % 7 == 0) == for_test:
            numbers.append(n)
    return numbers


class Translator(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(len(WORDS), WIDTH)
        self.word_places = nn.Embedding(SOURCE_LENGTH, WIDTH)
        self.digits = nn.Embedding(ZERO + 10, WIDTH)
        self.digit_places = nn.Embedding(TARGET_LENGTH, WIDTH)
        self.transformer = nn.Transformer(
            WIDTH, 4, num_encoder_layers=2, num_decoder_layers=2, dim_feedforward=256, dropout=0.0, batch_first=True
        )
        self.output = nn.Linear(WIDTH, ZERO + 10)

    def encode(self, source):
        x = self.words(source) + self.word_places(torch.arange(source.shape[1]))
        return self.transformer.encoder(x, src_key_padding_mask=source == PAD)

    def decode(self, memory, source, target):
        x = self.digits(target) + self.digit_places(torch.arange(target.shape[1]))
        mask = torch.ones(target.shape[1], target.shape[1], dtype=torch.bool).triu(1)
        x = self.transformer.decoder(x, memory, tgt_mask=mask, tgt_is_causal=True, memory_key_padding_mask=source == PAD)
        return self.output(x)

    def forward(self, source, target):
        return self.decode(self.encode(source), source, target)


def train_step(model, optimizer, source, target):
    optimizer.zero_grad()
    logits = model(source, target[:, :-1])
    loss = F.cross_entropy(logits.reshape(-1, logits.shape[-1]), target[:, 1:].reshape(-1), ignore_index=PAD)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return loss.item()


@torch.no_grad()
def translate(model, source):
    """Greedy decoding: the most likely digit, one after the other."""
    memory = model.encode(source)
    ids = torch.full((len(source), 1), START)
    for _ in range(TARGET_LENGTH - 1):
        best = model.decode(memory, source, ids)[:, -1].argmax(-1, keepdim=True)
        ids = torch.cat([ids, best], 1)
    lines = [row[: row.index(END)] if END in row else row for row in ids[:, 1:].tolist()]
    return ["".join(str(d - ZERO) if d >= ZERO else "?" for d in line) for line in lines]


def accuracy(model, numbers):
    model.eval()
    right = 0
    for at in range(0, len(numbers), 200):
        some = numbers[at : at + 200]
        right += sum(text == str(n) for text, n in zip(translate(model, encode(some)[0]), some))
    return right / len(numbers)


def train(steps):
    loader = DataLoader(TensorDataset(*encode(random_numbers(32_000, False))), batch_size=BATCH, shuffle=True)
    test = random_numbers(2000, True)
    model = Translator()
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, fused=True)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=2e-3, total_steps=steps)
    start = time.perf_counter()
    step = 0
    while step < steps:
        for source, target in loader:
            loss = train_step(model, optimizer, source, target)
            scheduler.step()
            step += 1
            if step % 50 == 0:
                print(f"\rstep {step}/{steps}  loss {loss:.4f}  {time.perf_counter() - start:.0f} s", end="", flush=True)
            if step == steps:
                break
    took = time.perf_counter() - start
    print(f"\ntest accuracy {accuracy(model, test):.4f}")
    print(f"training took {took:.1f} s")


def fixture():
    """Losses of the first steps on numbers that a formula gives."""
    model = Translator()
    set_weights(model, 0.2)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, fused=True)
    losses = []
    for step in range(10):
        numbers = [int(10 ** (9 * x)) for x in scattered(BATCH, 1000 + step).tolist()]
        losses.append(train_step(model, optimizer, *encode(numbers)))
    print(json.dumps({"losses": losses}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fixture", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(2)
    torch.manual_seed(options.seed)
    if options.fixture:
        fixture()
    else:
        train(options.steps)
