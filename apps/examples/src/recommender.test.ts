import { tensor } from '@flambeau/core';
import { describe, expect, it } from 'vitest';
import expected from '../test/recommender.json' with { type: 'json' };
import { scattered, scatteredTensor, setWeights } from '../test/formula.js';
import { makeOptimizer, makeRatings, Recommender, rmse, trainStep } from './recommender.js';

const [USERS, ITEMS, RANK, BATCH] = [300, 200, 4, 512];

/** The batches of tooling/oracle/examples/recommender.py. */
function batch(step: number) {
  const ids = (salt: number, n: number) =>
    tensor(
      Array.from(scattered(BATCH, salt + step), (x) => Math.floor(x * n)),
      { dtype: 'int64' },
    );
  return { users: ids(1000, USERS), items: ids(2000, ITEMS), ratings: scatteredTensor([BATCH], 3000 + step, 4) };
}

describe('the recommender', () => {
  it("has PyTorch's losses from the same weights and ratings", () => {
    const model = new Recommender(USERS, ITEMS, RANK);
    setWeights(model, 0.5);
    const training = makeOptimizer(model, 100);
    expected.losses.forEach((loss, step) => {
      expect(Math.abs(trainStep(model, training, batch(step)) / loss - 1)).toBeLessThan(1e-4);
    });
  });

  it('learns tastes: its error falls far below the spread of the ratings', () => {
    const ratings = makeRatings(30, 20, 2000);
    const model = new Recommender(30, 20, RANK);
    const training = makeOptimizer(model, 500);
    for (let step = 0; step < 500; step++) trainStep(model, training, ratings);
    expect(rmse(model, ratings)).toBeLessThan(0.65);
    expect(ratings.ratings.std().item()).toBeGreaterThan(0.8);
  });
});
