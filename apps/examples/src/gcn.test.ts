import { fileURLToPath } from 'node:url';
import { ones, tensor } from '@flambeau/core';
import { describe, expect, it } from 'vitest';
import { setWeights } from '../test/formula.js';
import expected from '../test/gcn.json' with { type: 'json' };
import { accuracy, GCN, makeOptimizer, normalizedAdjacency, readGraph, train, trainStep } from './gcn.js';

const cora = fileURLToPath(new URL('../test/cora.npz', import.meta.url));

describe('the graph convolutional network on Cora', () => {
  it('reads the Planetoid split', async () => {
    const { adjacency, features, labels, train, test } = await readGraph(cora);
    expect([adjacency.shape, adjacency.nnz]).toEqual([[2708, 2708], 2 * 5278 + 2708]);
    expect([features.shape, features.nnz]).toEqual([[2708, 1433], 49216]);
    expect(features.sum(1).toDense().sub(1).abs().max().item()).toBeLessThan(1e-5);
    expect(labels.bincount().toArray()).toEqual([351, 217, 418, 818, 426, 298, 180]);
    expect([train.numel, test.numel]).toEqual([140, 1000]);
    expect(labels.indexSelect(0, train).bincount().toArray()).toEqual(new Array(7).fill(20));
  });

  it('normalizes the adjacency by the roots of both degrees', () => {
    const a = normalizedAdjacency(tensor([[0], [1]], { dtype: 'int64' }), 3);
    expect(a.toDense().toArray()).toEqual([
      [expect.closeTo(0.5, 6), expect.closeTo(0.5, 6), 0],
      [expect.closeTo(0.5, 6), expect.closeTo(0.5, 6), 0],
      [0, 0, 1],
    ]);
    expect(
      a
        .matmul(ones([3, 1]))
        .sum()
        .item(),
    ).toBeCloseTo(3, 6);
  });

  it("has PyTorch's losses and accuracy from the same weights, without dropout", async () => {
    const graph = await readGraph(cora);
    const model = new GCN(1433, 7, { dropout: 0 });
    setWeights(model, 0.3);
    const optimizer = makeOptimizer(model);
    for (const loss of expected.losses) expect(Math.abs(trainStep(model, optimizer, graph) / loss - 1)).toBeLessThan(1e-4);
    expect(Math.abs(accuracy(model, graph) - expected.accuracy)).toBeLessThan(0.003);
  });

  it('classifies more than 80 % of the test papers, in the mean of three seeds', async () => {
    const graph = await readGraph(cora);
    const accuracies = [1, 2, 3].map((seed) => accuracy(train(graph, seed, 200), graph));
    expect(accuracies.reduce((a, b) => a + b) / accuracies.length).toBeGreaterThan(0.8);
  });
});
