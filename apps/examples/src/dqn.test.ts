import { describe, expect, it } from 'vitest';
import { cat, type Tensor } from '@flambeau/core';
import expected from '../test/dqn.json' with { type: 'json' };
import { scattered, scatteredTensor, setWeights } from '../test/formula.js';
import { Agent, CartPole, ReplayBuffer } from './dqn.js';

describe('CartPole', () => {
  it('moves like the same equations in Python', () => {
    const environment = new CartPole();
    environment.reset(Array.from(scattered(4, 1), (x) => x / 10 - 0.05));
    const actions = Array.from(scattered(40, 2), (x) => (x >= 0.5 ? 1 : 0));
    const fell = actions.map((action, i) => {
      const now = environment.step(action);
      for (const [j, x] of now.state.entries()) expect(x).toBeCloseTo(expected.states[i][j] as number, 12);
      return now.fell;
    });
    expect(fell).toEqual(expected.states.map((state) => state[4]));
    expect(new Set(fell).size).toBe(2);
  });

  it('ends after 500 steps', () => {
    const environment = new CartPole();
    environment.reset([0, 0, 0, 0]);
    const over = Array.from({ length: 500 }, (_, i) => environment.step(i % 2).over);
    expect(over.indexOf(true)).toBe(499);
  });
});

describe('the replay buffer', () => {
  it('forgets the oldest transitions, and draws all others', () => {
    const buffer = new ReplayBuffer(4);
    for (let i = 0; i < 6; i++) buffer.add([i, 0, 0, 0], i % 2, 1, [i + 1, 0, 0, 0], i < 5);
    const rows = buffer.sample(200).toArray() as number[][];
    expect(new Set(rows.map((row) => row[0]))).toEqual(new Set([2, 3, 4, 5]));
    for (const row of rows) expect(row).toEqual([row[0], 0, 0, 0, row[0] % 2, 1, row[0] + 1, 0, 0, 0, row[0] < 5 ? 1 : 0]);
  });
});

describe('the deep Q-network', () => {
  /** The transitions of tooling/oracle/examples/dqn.py. */
  function rowsOf(step: number): Tensor {
    const columns = scatteredTensor([128, 11], 100 + step, 2).split([4, 1, 5, 1], 1);
    return cat([columns[0], columns[1].gt(0).float(), columns[2], columns[3].gt(0).float()], 1);
  }

  it("has PyTorch's losses from the same weights and transitions", () => {
    const agent = new Agent();
    for (const network of [agent.network, agent.target]) setWeights(network, 0.2);
    expected.losses.forEach((loss, step) => {
      expect(Math.abs(agent.learn(rowsOf(step)) / loss - 1)).toBeLessThan(1e-4);
    });
  });

  it('learns what a push is worth where the episode ends', () => {
    const agent = new Agent();
    const buffer = new ReplayBuffer(64);
    for (let i = 0; i < 64; i++) buffer.add([i / 64, 0, 0, 0], i % 2, i % 2, [0, 0, 0, 0], false);
    for (let i = 0; i < 150; i++) agent.learn(buffer.sample(64));
    expect(agent.learn(buffer.sample(64))).toBeLessThan(1e-2);
    expect(agent.act([0.5, 0, 0, 0])).toBe(1);
  });
});
