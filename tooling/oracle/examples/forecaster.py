"""The forecaster of apps/examples in PyTorch: the same model, data, optimizer and schedule.

    python forecaster.py --data ETTh1.csv [--epochs 3] [--seed 1]
    python forecaster.py --fixture > ../../../apps/examples/test/forecaster.json
"""
import argparse
import copy
import json
import time

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset

from formula import scattered_tensor, set_weights

PAST, FUTURE, BATCH = 96, 24, 64
MONTH = 30 * 24


class Forecaster(nn.Module):
    def __init__(self, series, hidden=64):
        super().__init__()
        self.lstm = nn.LSTM(series, hidden, batch_first=True)
        self.output = nn.Linear(hidden, FUTURE * series)

    def forward(self, past):
        batch, _, series = past.shape
        days = past.view(batch, PAST // FUTURE, FUTURE, series)
        typical = days.mean(1)
        _, (h, _) = self.lstm((days - typical.unsqueeze(1)).view(batch, PAST, series))
        return typical + self.output(h[-1]).view(batch, FUTURE, series)


class Windows(Dataset):
    def __init__(self, hours):
        self.hours = hours

    def __len__(self):
        return len(self.hours) - PAST - FUTURE + 1

    def __getitem__(self, i):
        return self.hours[i : i + PAST], self.hours[i + PAST : i + PAST + FUTURE]


def read_data(path):
    """Windows of 12, 4 and 4 months, standardised by the first 12. The past of the first forecast may be of the months before."""
    with open(path, encoding="utf-8") as file:
        rows = [[float(x) for x in line.split(",")[1:]] for line in file.read().split("\n")[1:] if line]
    hours = torch.tensor(rows, dtype=torch.float64)
    train = hours[: 12 * MONTH]
    hours = ((hours - train.mean(0)) / train.std(0, correction=0)).float()
    borders = [(0, 12 * MONTH), (12 * MONTH - PAST, 16 * MONTH), (16 * MONTH - PAST, 20 * MONTH)]
    return [Windows(hours[start:end]) for start, end in borders]


def train_step(model, optimizer, past, future):
    optimizer.zero_grad()
    loss = F.mse_loss(model(past), future)
    loss.backward()
    optimizer.step()
    return loss.item()


@torch.no_grad()
def errors(model, loader):
    """Mean squared and mean absolute error over all windows."""
    squared = absolute = count = 0
    for past, future in loader:
        difference = model(past) - future
        squared += difference.square().sum().item()
        absolute += difference.abs().sum().item()
        count += difference.numel()
    return squared / count, absolute / count


def train(path, epochs):
    training, validation, test = read_data(path)
    loader = DataLoader(training, batch_size=BATCH, shuffle=True, drop_last=True)
    validation_loader = DataLoader(validation, batch_size=256)
    model = Forecaster(training.hours.shape[1])
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3, fused=True)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs)
    best, best_state = float("inf"), None
    start = time.perf_counter()
    for epoch in range(epochs):
        for past, future in loader:
            loss = train_step(model, optimizer, past, future)
        scheduler.step()
        squared, _ = errors(model, validation_loader)
        if squared < best:
            best, best_state = squared, copy.deepcopy(model.state_dict())
        seconds = time.perf_counter() - start
        print(f"\repoch {epoch + 1}/{epochs}  loss {loss:.4f}  validation {squared:.4f}  {seconds:.0f} s", end="", flush=True)
    model.load_state_dict(best_state)
    squared, absolute = errors(model, DataLoader(test, batch_size=256))
    print(f"\ntest mean absolute error {absolute:.4f}")
    print(f"test mean squared error {squared:.4f}")
    print(f"training took {seconds:.1f} s")


def fixture():
    """Losses of the first steps on random walks."""
    model = Forecaster(7)
    set_weights(model, 0.5)
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3, fused=True)
    losses = []
    for step in range(8):
        walks = scattered_tensor((16, PAST + FUTURE, 7), 1000 + step, 1.0).cumsum(1)
        losses.append(train_step(model, optimizer, walks[:, :PAST], walks[:, PAST:]))
    print(json.dumps({"losses": losses}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--data")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fixture", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(2)
    torch.manual_seed(options.seed)
    if options.fixture:
        fixture()
    else:
        train(options.data, options.epochs)
