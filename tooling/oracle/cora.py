"""Writes the citation graph Cora in the Planetoid split (Yang et al. 2016) as one small .npz file.

    python cora.py FOLDER TARGET.npz

FOLDER holds ind.cora.{x,tx,allx,y,ty,ally,graph,test.index}: pickles of Python 2 with matrices of scipy, which need not be there.
TARGET gets, for N papers:
    word_starts (N + 1), words     the words that occur in each paper: compressed rows of a matrix of 0 and 1
    edges (2, E)                   citations between papers a < b, once each and without a direction
    labels (N)                     the class of each paper
    train, val, test               the numbers of the papers of each part
"""
import pickle
import sys
from pathlib import Path

import numpy as np


class CsrMatrix:
    """Stands in for scipy.sparse.csr_matrix: what the pickle sets is all that is needed."""

    def __setstate__(self, state):
        self.__dict__.update(state)

    def rows(self):
        if not (self.data == 1).all():
            raise ValueError("expected a matrix of 0 and 1")
        return [np.sort(self.indices[a:b]) for a, b in zip(self.indptr, self.indptr[1:])]


class Unpickler(pickle.Unpickler):
    def find_class(self, module, name):
        return CsrMatrix if module.startswith("scipy.sparse") and name == "csr_matrix" else super().find_class(module, name)


def load(folder, part):
    with open(folder / f"ind.cora.{part}", "rb") as file:
        return Unpickler(file, encoding="latin1").load()


def main(folder, target):
    all_words, test_words = load(folder, "allx").rows(), load(folder, "tx").rows()
    all_labels, test_labels = load(folder, "ally").argmax(1), load(folder, "ty").argmax(1)
    # the test papers stand behind the others, in the order of this file
    order = np.loadtxt(folder / "ind.cora.test.index", dtype=np.int64)
    count = len(all_words) + len(test_words)
    assert sorted(order) == list(range(len(all_words), count))
    words = all_words + [None] * len(test_words)
    labels = np.concatenate([all_labels, np.zeros(len(test_words), dtype=np.int64)])
    for place, row, label in zip(order, test_words, test_labels):
        words[place], labels[place] = row, label
    edges = sorted({(min(a, b), max(a, b)) for a, near in load(folder, "graph").items() for b in near if a != b})
    train = len(load(folder, "y"))
    np.savez_compressed(
        target,
        word_starts=np.cumsum([0] + [len(row) for row in words]).astype(np.int32),
        words=np.concatenate(words).astype(np.int16),
        edges=np.array(edges, dtype=np.int16).T,
        labels=labels.astype(np.uint8),
        train=np.arange(train, dtype=np.int16),
        val=np.arange(train, train + 500, dtype=np.int16),
        test=np.sort(order).astype(np.int16),
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
