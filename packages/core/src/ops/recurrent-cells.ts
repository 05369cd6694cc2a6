/** One time step of gated recurrent networks, behind the matrix products of input and state. Rows are sequences of H units. */
import { formatShape, ShapeError } from '../errors.js';
import { defineOp, type Inputs, type Op, type TensorMeta } from '../op.js';
import { NO_ATTRIBUTES } from '../promotion.js';
import type { Tensor } from '../tensor.js';
import { requireFloating, requireSameOrCastDtype } from './dtype-checks.js';
import { cat } from './joining.js';

const oneMinus = (t: Tensor): Tensor => t.neg().add(1);
/** The slopes of functions by their results. */
const ofSigmoid = (y: Tensor): Tensor => y.mul(oneMinus(y));
const ofTanh = (y: Tensor): Tensor => oneMinus(y.square());

type NoAttributes = Readonly<Record<never, never>>;

const metaOf = (state: Tensor, parts: number): TensorMeta => ({
  shape: [state.shape[0], parts * state.shape[1]],
  dtype: state.info,
});

function check(op: string, parts: number, x: Tensor, hidden: Tensor, state: Tensor): void {
  requireFloating(op, 'x', x);
  requireSameOrCastDtype(op, ['x', 'hidden', 'state'], [x, hidden, state]);
  if (state.ndim !== 2) throw new ShapeError(`${op}: expected a state of shape (B, H), got ${formatShape(state.shape)}`);
  const [batch, units] = state.shape;
  for (const [name, t] of Object.entries({ x, hidden }))
    if (t.ndim !== 2 || t.shape[0] !== batch || t.shape[1] !== parts * units)
      throw new ShapeError(
        `${op}: expected ${name} of shape (${batch}, ${parts * units}) for a state ${formatShape(state.shape)}, got ${formatShape(t.shape)}`,
      );
}

/**
 * @internal The new hidden and cell state of an LSTM, and the four gates after their sigmoids and tanh, (B, 4H). PyTorch:
 * `torch._thnn_fused_lstm_cell`. Hochreiter and Schmidhuber 1997.
 *
 * @param x - What the input contributes to the gates i, f, g, o: shape (B, 4H), with the biases.
 * @param hidden - What the hidden state contributes.
 * @param c - The cell state (B, H).
 */
export const lstmCell: Op<[x: Tensor, hidden: Tensor, c: Tensor], Tensor[], 'x' | 'hidden' | 'c', NoAttributes, true> = defineOp({
  name: 'lstm_cell',
  inputs: ['x', 'hidden', 'c'],
  args: (x: Tensor, hidden: Tensor, c: Tensor) => {
    check('lstmCell', 4, x, hidden, c);
    return [[x, hidden, c], NO_ATTRIBUTES];
  },
  infer: ([, , c]) => [metaOf(c as Tensor, 1), metaOf(c as Tensor, 1), metaOf(c as Tensor, 4)],
  kernel: 'lstm_cell',
  contiguous: true,
  decompose: ([x, hidden, c]: Inputs): Tensor[] => {
    const [i, f, g, o] = (x as Tensor).add(hidden as Tensor).chunk(4, 1);
    const gates = [i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()];
    const next = gates[1].mul(c as Tensor).add(gates[0].mul(gates[2]));
    return [gates[3].mul(next.tanh()), next, cat(gates, 1)];
  },
  differentiable: true,
});

/** @internal Gradients of `x` (which are those of `hidden`) and `c` of `lstmCell`. */
export const lstmCellBackward: Op<
  [gradH: Tensor | null, gradC: Tensor | null, gates: Tensor, c: Tensor, next: Tensor],
  Tensor[],
  'gradH' | 'gradC' | 'gates' | 'c' | 'next',
  NoAttributes,
  true
> = defineOp({
  name: 'lstm_cell_backward',
  inputs: ['gradH', 'gradC', 'gates', 'c', 'next'],
  args: (gradH: Tensor | null, gradC: Tensor | null, gates: Tensor, c: Tensor, next: Tensor) => [
    [gradH, gradC, gates, c, next],
    NO_ATTRIBUTES,
  ],
  infer: ([, , , c]) => [metaOf(c as Tensor, 4), metaOf(c as Tensor, 1)],
  kernel: 'lstm_cell_backward',
  contiguous: true,
  decompose: ([gradH, gradC, gates, c, next]: Inputs): Tensor[] => {
    const [i, f, g, o] = (gates as Tensor).chunk(4, 1);
    const active = (next as Tensor).tanh();
    const gh = gradH ?? active.mul(0);
    const throughH = gh.mul(o).mul(ofTanh(active));
    const slope = gradC === null ? throughH : throughH.add(gradC);
    const sums = [
      slope.mul(g).mul(ofSigmoid(i)),
      slope.mul(c as Tensor).mul(ofSigmoid(f)),
      slope.mul(i).mul(ofTanh(g)),
      gh.mul(active).mul(ofSigmoid(o)),
    ];
    return [cat(sums, 1), slope.mul(f)];
  },
  differentiable: true,
});

/**
 * @internal The new state of a GRU, and (B, 4H) for its gradient: the gates r and z, the candidate n, and the hidden state's part of
 * n. PyTorch: `torch._thnn_fused_gru_cell`. Cho et al. 2014.
 *
 * @param x - What the input contributes to r, z and n: shape (B, 3H), with its bias.
 * @param hidden - What the hidden state contributes, with its bias.
 * @param h - The state (B, H).
 */
export const gruCell: Op<[x: Tensor, hidden: Tensor, h: Tensor], Tensor[], 'x' | 'hidden' | 'h', NoAttributes, true> = defineOp({
  name: 'gru_cell',
  inputs: ['x', 'hidden', 'h'],
  args: (x: Tensor, hidden: Tensor, h: Tensor) => {
    check('gruCell', 3, x, hidden, h);
    return [[x, hidden, h], NO_ATTRIBUTES];
  },
  infer: ([, , h]) => [metaOf(h as Tensor, 1), metaOf(h as Tensor, 4)],
  kernel: 'gru_cell',
  contiguous: true,
  decompose: ([x, hidden, h]: Inputs): Tensor[] => {
    const [xr, xz, xn] = (x as Tensor).chunk(3, 1);
    const [hr, hz, hn] = (hidden as Tensor).chunk(3, 1);
    const [r, z] = [xr.add(hr).sigmoid(), xz.add(hz).sigmoid()];
    const n = xn.add(r.mul(hn)).tanh();
    return [n.add(z.mul((h as Tensor).sub(n))), cat([r, z, n, hn], 1)];
  },
  differentiable: true,
});

/** @internal Gradients of `x`, `hidden` and `h` of `gruCell`. */
export const gruCellBackward: Op<[grad: Tensor, kept: Tensor, h: Tensor], Tensor[], 'grad' | 'kept' | 'h', NoAttributes, true> =
  defineOp({
    name: 'gru_cell_backward',
    inputs: ['grad', 'kept', 'h'],
    args: (grad: Tensor, kept: Tensor, h: Tensor) => [[grad, kept, h], NO_ATTRIBUTES],
    infer: ([, , h]) => [metaOf(h as Tensor, 3), metaOf(h as Tensor, 3), metaOf(h as Tensor, 1)],
    kernel: 'gru_cell_backward',
    contiguous: true,
    decompose: ([grad, kept, h]: Inputs): Tensor[] => {
      const [r, z, n, s] = (kept as Tensor).chunk(4, 1);
      const g = grad as Tensor;
      const gn = g.mul(oneMinus(z)).mul(ofTanh(n));
      const gr = gn.mul(s).mul(ofSigmoid(r));
      const gz = g.mul((h as Tensor).sub(n)).mul(ofSigmoid(z));
      return [cat([gr, gz, gn], 1), cat([gr, gz, gn.mul(r)], 1), g.mul(z)];
    },
    differentiable: true,
  });
