import { noGrad } from '@flambeau/autograd';
import { manualSeed, randn, setNumThreads, type Tensor } from '@flambeau/core';
import { CellKind, groups, type LayerInputs, type StorageTracker, withContext } from '@flambeau/core/internal';
import { afterEach, expect, test } from 'vitest';
import { LSTM } from '../index.js';

const { fusedRecurrentLayer, fusedRecurrentLayerBackward, stepwiseRecurrentLayer, stepwiseRecurrentLayerBackward } =
  groups.recurrentLayer;
const { rnnTanh, lstm, gru } = CellKind;

afterEach(() => setNumThreads(2));

/** The largest difference, as a share of the largest value. */
const error = (actual: Tensor, expected: Tensor): number =>
  actual.double().sub(expected).abs().max().item() / expected.abs().max().item();

// heights of panels of rows, groups of blocks of units, and weights beyond a core's cache; sequences that end, and in reverse begin, within
const SHAPES: [kind: CellKind, units: number, runs: number[]][] = [
  [lstm, 64, [1, 6]],
  [lstm, 150, [29, 2, 13, 2, 5, 1, 1, 2]],
  [lstm, 70, [40, 3, 37, 2, 16, 1, 4, 2]],
  [lstm, 200, [12, 2, 8, 2, 1, 1]],
  [gru, 65, [1, 5]],
  [gru, 140, [33, 2, 16, 2, 3, 2]],
  [gru, 220, [20, 2, 7, 1]],
  [rnnTanh, 170, [25, 2, 9, 2, 1, 1]],
  [lstm, 530, [2, 2, 1, 1]],
];

test.each(SHAPES)(
  'cell %i of %i units over %j computes what float64 does, with the same bits on all threads',
  (kind, units, runs) => {
    manualSeed(units);
    const parts = [1, 1, 4, 3][kind];
    const rows = runs.reduce((n, size, i) => (i % 2 === 0 ? n + size * runs[i + 1] : n), 0);
    const state = () => randn([runs[0], units]);
    const weight = randn([parts * units, units]).mul(1 / Math.sqrt(units));
    const bias = kind === gru ? randn([parts * units]) : null;
    const inputs: LayerInputs = [randn([rows, parts * units]), state(), kind === lstm ? state() : null, weight, bias, null];
    const gradients = [randn([rows, units]), state(), kind === lstm ? state() : null] as const;
    const [exactInputs, exactGradients] = [inputs, gradients].map((list) => list.map((t) => t?.double() ?? null));

    for (const reverse of [false, true]) {
      const attributes = { kind, reverse, runs };
      const run = (): Tensor[] => {
        const outputs = fusedRecurrentLayer(...inputs, attributes);
        const [y, , , kept] = outputs;
        return [...outputs, ...fusedRecurrentLayerBackward(...gradients, y, kept, ...inputs, attributes)];
      };
      setNumThreads(1);
      const results = run();
      const outputs = stepwiseRecurrentLayer(...(exactInputs as unknown as LayerInputs), attributes);
      const [gy, gh, gc] = exactGradients;
      const operands = [gy, gh, gc, outputs[0], outputs[3], ...(exactInputs as unknown as LayerInputs)] as const;
      const expected = [...outputs, ...stepwiseRecurrentLayerBackward(...operands, attributes)];
      for (const [i, t] of expected.entries()) if (t.numel > 0) expect(error(results[i], t), `result ${i}`).toBeLessThan(1e-5);
      for (const threads of [2, 3, 7]) {
        setNumThreads(threads);
        for (const [i, t] of run().entries()) if (t.numel > 0) expect(t.eq(results[i]).all().item(), `result ${i}`).toBe(true);
      }
    }
  },
);

test('without gradients nothing is kept for them', () => {
  const bytes = new Map<string, number>();
  const tracker: StorageTracker = {
    parent: null,
    track: (storage, madeBy) => void bytes.set(madeBy, (bytes.get(madeBy) ?? 0) + storage.byteLength),
    keep: () => undefined,
  };
  const [model, x] = [new LSTM(3, 20), randn([7, 5, 3])];
  const run = (): Tensor => withContext('test', { scope: tracker }, () => model(x)[0]);
  const recorded = run();
  const plain = noGrad(run);
  // all outputs and the last states; and in training the gates and the cell states of all steps
  const results = 4 * 20 * (7 * 5 + 2 * 5);
  expect(bytes.get('recurrent_layer_inference')).toBe(results);
  expect(bytes.get('recurrent_layer')).toBe(results + 4 * 20 * 5 * 7 * 5);
  expect(plain.eq(recorded).all().item()).toBe(true);
});
