"""The graph convolutional network of apps/examples in PyTorch: the same model, data, optimizer and number of steps.

    python gcn.py --data ../../../apps/examples/test/cora.npz [--epochs 200] [--seed 1] [--runs 10]
    python gcn.py --fixture --data ../../../apps/examples/test/cora.npz > ../../../apps/examples/test/gcn.json
"""
import argparse
import json
import time
import warnings

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from formula import set_weights

warnings.filterwarnings("ignore", message="Sparse")


class GraphConvolution(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.weight = nn.Parameter(nn.init.xavier_uniform_(torch.empty(inputs, outputs)))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, adjacency, x):
        return adjacency @ (x @ self.weight) + self.bias


class GCN(nn.Module):
    def __init__(self, features, classes, hidden=16, dropout=0.5):
        super().__init__()
        self.first = GraphConvolution(features, hidden)
        self.second = GraphConvolution(hidden, classes)
        self.dropout = nn.Dropout(dropout)

    def forward(self, adjacency, features):
        kept = self.dropout(features.values())
        x = torch.sparse_csr_tensor(features.crow_indices(), features.col_indices(), kept, features.shape)
        h = self.first(adjacency, x).relu()
        return self.second(adjacency, self.dropout(h))


def read_graph(path):
    arrays = {name: torch.from_numpy(array.astype(np.int64)) for name, array in np.load(path).items()}
    starts, words, edges, labels = (arrays[name] for name in ("word_starts", "words", "edges", "labels"))
    nodes = len(labels)
    loops = torch.arange(nodes)
    indices = torch.cat([edges, edges.flip(0), torch.stack([loops, loops])], 1)
    degree = torch.bincount(indices[0]).float()
    values = 1 / (degree.sqrt()[indices[0]] * degree.sqrt()[indices[1]])
    adjacency = torch.sparse_coo_tensor(indices, values, (nodes, nodes)).to_sparse_csr()
    counts = starts.diff()
    features = torch.sparse_csr_tensor(starts, words, 1 / counts.repeat_interleave(counts).float(), (nodes, int(words.max()) + 1))
    return adjacency, features, labels, arrays["train"], arrays["test"]


def make_optimizer(model):
    groups = [{"params": model.first.parameters(), "weight_decay": 5e-4}, {"params": model.second.parameters()}]
    return torch.optim.Adam(groups, lr=0.01, fused=True)


def train_step(model, optimizer, adjacency, features, labels, train):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(adjacency, features)[train], labels[train])
    loss.backward()
    optimizer.step()
    return loss.item()


@torch.no_grad()
def accuracy(model, adjacency, features, labels, test):
    model.eval()
    right = (model(adjacency, features).argmax(1)[test] == labels[test]).float().mean().item()
    model.train()
    return right


def train(path, epochs, seed, runs):
    adjacency, features, labels, training, test = read_graph(path)
    accuracies, seconds = [], 0.0
    for run in range(runs):
        start = time.perf_counter()
        torch.manual_seed(seed + run)
        model = GCN(features.shape[1], int(labels.max()) + 1)
        optimizer = make_optimizer(model)
        for epoch in range(1, epochs + 1):
            loss = train_step(model, optimizer, adjacency, features, labels, training)
            if epoch % 20 == 0:
                print(f"\rrun {run + 1}/{runs}  epoch {epoch}/{epochs}  loss {loss:.4f}", end="", flush=True)
        seconds += time.perf_counter() - start
        accuracies.append(accuracy(model, adjacency, features, labels, test))
    print("\naccuracies", *(f"{x:.3f}" for x in accuracies))
    print(f"test accuracy {sum(accuracies) / runs:.4f}")
    print(f"training took {seconds:.1f} s")


def fixture(path):
    """Losses of the first steps without dropout, and the accuracy after them."""
    adjacency, features, labels, training, test = read_graph(path)
    model = GCN(features.shape[1], int(labels.max()) + 1, dropout=0)
    set_weights(model, 0.3)
    optimizer = make_optimizer(model)
    losses = [train_step(model, optimizer, adjacency, features, labels, training) for _ in range(20)]
    print(json.dumps({"losses": losses, "accuracy": accuracy(model, adjacency, features, labels, test)}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--epochs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--fixture", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(2)
    if options.fixture:
        fixture(options.data)
    else:
        train(options.data, options.epochs, options.seed, options.runs)
