/** Samples of `core/src/ops/recurrent-layer.ts`. PyTorch runs both directions of a packed layer whose input weights are the identity. */
import type { Argument, Group } from '../sample.js';
import { normal, uniform } from '../spec.js';

const layer =
  '(lambda x, h, c, w, b, p, *, kind, reverse, runs: (lambda sizes, two, states: ' +
  '(lambda r: (r[0].chunk(2, 1)[int(reverse)], *(s[int(reverse)] for s in r[1:])))' +
  "(getattr(torch._VF, ['rnn_tanh', 'rnn_relu', 'lstm', 'gru'][kind])(x, sizes, states, two, b is not None, 1, 0.0, False, True)))" +
  '(torch.tensor([n for n, k in zip(runs[::2], runs[1::2]) for _ in range(k)]), ' +
  '([torch.eye(w.shape[0], dtype=w.dtype), w] + ([] if b is None else [torch.zeros_like(b), b]) + ([] if p is None else [p])) * 2, ' +
  '[torch.stack([h, h]), torch.stack([c, c])] if kind == 2 else torch.stack([h, h])))';

const [TANH, RELU, LSTM, GRU] = [0, 1, 2, 3];
const PARTS = [1, 1, 4, 3];

interface Options {
  readonly bias?: boolean;
  readonly reverse?: boolean;
  /** Size of a projection. */
  readonly project?: number;
}

/** A layer of `units` over `runs`: numbers of sequences, each with the number of steps that have as many. */
function call(
  kind: number,
  units: number,
  runs: readonly number[],
  { bias = false, reverse = false, project }: Options = {},
): Argument[] {
  const rows = runs.reduce((n, size, i) => (i % 2 === 0 ? n + size * runs[i + 1] : n), 0);
  const sums = PARTS[kind] * units;
  const features = project ?? units;
  return [
    normal([rows, sums]),
    normal([runs[0], features]),
    kind === LSTM ? normal([runs[0], units]) : null,
    uniform([sums, features], -0.3, 0.3),
    bias ? normal([sums]) : null,
    project === undefined ? null : normal([project, units]),
    { kind, reverse, runs },
  ];
}

export const recurrentLayer: Group = {
  recurrentLayer: {
    torch: layer,
    dtypes: ['float32', 'float64'],
    covers: ['recurrent_layer', 'recurrent_layer_backward', 'recurrent_layer_steps', 'recurrent_layer_steps_backward'],
    samples: [
      call(LSTM, 3, [2, 3]),
      call(LSTM, 3, [3, 2, 1, 1], { bias: true, reverse: true }),
      call(LSTM, 2, [2, 1], { bias: true }),
      call(LSTM, 3, [2, 1, 1, 1], { project: 2 }),
      call(GRU, 3, [2, 3], { bias: true }),
      call(GRU, 3, [3, 1, 2, 2], { reverse: true }),
      call(TANH, 3, [2, 3], { bias: true }),
      call(TANH, 2, [3, 1, 2, 1, 1, 1], { reverse: true }),
      { args: call(RELU, 3, [2, 2]), kink: true },
    ],
    large: [call(LSTM, 40, [24, 5, 9, 3], { bias: true }), call(GRU, 40, [24, 5, 9, 3], { bias: true, reverse: true })],
    errors: [
      {
        args: [
          normal([6, 12]),
          normal([2, 3]),
          normal([2, 3]),
          normal([12, 4]),
          null,
          null,
          { kind: LSTM, reverse: false, runs: [2, 3] },
        ],
        throws: 'ShapeError',
        says: ['weightHh', '(12, 3)', '(12, 4)'],
      },
      {
        args: [normal([5, 9]), normal([2, 3]), null, normal([9, 3]), null, null, { kind: GRU, reverse: false, runs: [2, 3] }],
        throws: 'ShapeError',
        says: ['x', '(6, 9)', '(5, 9)'],
      },
    ],
  },
  fusedRecurrentInference: {
    torch: layer,
    dtypes: ['float32'],
    samples: [
      call(LSTM, 3, [3, 2, 1, 1], { bias: true, reverse: true }),
      call(GRU, 33, [2, 3], { bias: true }),
      call(TANH, 3, [2, 3], { bias: true }),
    ],
    large: [call(LSTM, 40, [24, 5, 9, 3], { reverse: true })],
    // without the last, which is empty
    adapt:
      (fn) =>
      (...args) =>
        fn(...args).slice(0, args[6].kind === LSTM ? 3 : 2),
  },
};
