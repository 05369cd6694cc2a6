"""The surname classifier of apps/examples in PyTorch: the same model, data, optimizer and schedule.

    python surnames_lstm.py --data DIR [--epochs 8] [--seed 1]
    python surnames_lstm.py --fixture > ../../../apps/examples/test/surnames-lstm.json
"""
import argparse
import json
import time
import unicodedata
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence
from torch.utils.data import DataLoader

from formula import scattered, set_weights

BATCH = 64


class SurnameLSTM(nn.Module):
    def __init__(self, characters, languages, width=64, hidden=128, dropout=0.3):
        super().__init__()
        self.embedding = nn.Embedding(characters, width)
        self.lstm = nn.LSTM(width, hidden, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(hidden, languages)

    def forward(self, names, lengths):
        packed = pack_padded_sequence(self.embedding(names), lengths, batch_first=True, enforce_sorted=False)
        _, (h, _) = self.lstm(packed)
        return self.output(self.dropout(h[-1]))


def collate(samples):
    names = [torch.tensor(ids) for ids, _ in samples]
    return pad_sequence(names, batch_first=True), [len(ids) for ids, _ in samples], torch.tensor([label for _, label in samples])


def train_step(model, optimizer, names, lengths, labels):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(names, lengths), labels)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return loss.item()


def read_names(folder):
    """Every language's names, each once and without accents."""

    def plain(name):
        return "".join(c for c in unicodedata.normalize("NFD", name) if unicodedata.category(c) != "Mn")

    files = sorted(Path(folder).glob("*.txt"))
    lists = [[plain(line) for line in file.read_text(encoding="utf-8").split("\n") if line.strip()] for file in files]
    return [file.stem for file in files], [list(dict.fromkeys(names)) for names in lists]


def read_data(folder):
    languages, lists = read_names(folder)
    characters = sorted(set("".join(name for names in lists for name in names)))
    id_of = {c: i for i, c in enumerate(characters)}
    train, test = [], []
    for label, names in enumerate(lists):
        for i, name in enumerate(names):
            (test if i % 10 == 0 else train).append(([id_of[c] for c in name], label))
    return characters, languages, train, test


@torch.no_grad()
def accuracy(model, loader):
    model.eval()
    right = total = 0
    for names, lengths, labels in loader:
        right += (model(names, lengths).argmax(1) == labels).sum().item()
        total += len(labels)
    model.train()
    return right / total


def train(folder, epochs):
    characters, languages, train_names, test_names = read_data(folder)
    loader = DataLoader(train_names, batch_size=BATCH, shuffle=True, collate_fn=collate)
    model = SurnameLSTM(len(characters), len(languages))
    optimizer = torch.optim.Adam(model.parameters(), lr=4e-3, fused=True)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs * len(loader))
    start = time.perf_counter()
    for epoch in range(epochs):
        total = 0.0
        for names, lengths, labels in loader:
            total += train_step(model, optimizer, names, lengths, labels)
            scheduler.step()
        seconds = time.perf_counter() - start
        print(f"\repoch {epoch + 1}/{epochs}  loss {total / len(loader):.4f}  {seconds:.0f} s", end="", flush=True)
    print(f"\ntest accuracy {accuracy(model, DataLoader(test_names, batch_size=256, collate_fn=collate)):.4f}")
    print(f"training took {seconds:.1f} s")


def fixture():
    """Losses of the first steps on names of 1 to 12 random letters."""
    model = SurnameLSTM(60, 18, dropout=0)
    set_weights(model, 0.5)
    optimizer = torch.optim.Adam(model.parameters(), lr=4e-3, fused=True)
    losses = []
    for step in range(20):
        lengths = [1 + int(12 * x) for x in scattered(BATCH, 1000 + step).tolist()]
        letters = [int(60 * x) for x in scattered(BATCH * 12, 2000 + step).tolist()]
        samples = [(letters[12 * i : 12 * i + length], letters[12 * i] % 18) for i, length in enumerate(lengths)]
        losses.append(train_step(model, optimizer, *collate(samples)))
    print(json.dumps({"losses": losses}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--data")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fixture", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(2)
    torch.manual_seed(options.seed)
    if options.fixture:
        fixture()
    else:
        train(options.data, options.epochs)
