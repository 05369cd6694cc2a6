/** Operations that write to their first operand, whoever else looks at its memory; and those that give it another shape. */
import type { Tensor } from '@flambeau/core';
import { info } from '../dtype.js';
import { NdArray } from '../nd-array.js';
import type { Operation } from '../operation.js';
import { withInplace } from './pointwise.js';

type AnyMethods = Record<string, (...p: unknown[]) => Tensor>;

/** The in-place form of a pointwise operation: the result must have the first operand's shape and fit into its dtype. */
const inplaceOf = (operation: Operation): Operation => ({
  ...operation,
  name: `${operation.name} in place`,
  choose: (operands, pick) => {
    const [x] = operands;
    const call = x.overlaps ? null : operation.choose(operands, pick);
    if (call === null) return null;
    const result = call.reference(...operands);
    if (result.shape.join() !== x.shape.join() || info(result.dtype).category > info(x.dtype).category) return null;
    const [, method, parameters] = /^\$0\.(\w+)\((.*)\)$/.exec(call.text) as RegExpExecArray;
    return {
      text: `$0.${method}_(${parameters})`,
      flambeau: (t, ...others) => {
        const numbers = parameters === '' || parameters.startsWith('$') ? [] : parameters.split(', ').map(Number);
        return (t as unknown as AnyMethods)[`${method}_`](...others, ...numbers);
      },
      reference: (r, ...others) => r.write(call.reference(r, ...others).to(r.dtype).values),
    };
  },
});

const copying: Operation = {
  name: 'copy_',
  arity: 2,
  accuracy: 'rounding',
  differentiable: true,
  choose: ([x, y]) => {
    const fits = y.ndim <= x.ndim && y.shape.every((size, d) => size === 1 || size === x.shape[d + x.ndim - y.ndim]);
    if (x.overlaps || !fits) return null;
    return {
      text: '$0.copy_($1)',
      flambeau: (t, s) => t.copy_(s),
      reference: (r, s) => {
        const source = s.to(r.dtype);
        return r.write(NdArray.from(r.dtype, r.shape, (i) => source.broadcastAt(i)).values);
      },
    };
  },
};

const filling: Operation = {
  name: 'fill_',
  arity: 1,
  accuracy: 'exact',
  differentiable: true,
  choose: ([x], pick) => {
    if (x.overlaps) return null;
    const value = pick(2);
    return {
      text: value === 0 ? '$0.zero_()' : `$0.fill_(${value})`,
      flambeau: (t) => (value === 0 ? t.zero_() : t.fill_(value)),
      reference: (r) => r.write(new Array<number>(r.size).fill(value)),
    };
  },
};

/** The same object with another shape; `vmap` and `jvp` refuse these. */
export const reshaping: readonly Operation[] = [
  {
    name: 'transpose_',
    arity: 1,
    accuracy: 'exact',
    differentiable: true,
    choose: ([x], pick) => {
      if (x.ndim === 0) return null;
      const [a, b] = [pick(x.ndim), pick(x.ndim)];
      const swap = (list: readonly number[]) => list.map((v, d) => (d === a ? list[b] : d === b ? list[a] : v));
      return {
        text: `$0.transpose_(${a}, ${b})`,
        flambeau: (t) => t.transpose_(a, b),
        reference: (r) => become(r, r.view(swap(r.shape), swap)),
      };
    },
  },
  {
    name: 'unsqueeze_',
    arity: 1,
    accuracy: 'exact',
    differentiable: true,
    choose: ([x], pick) => {
      if (x.ndim >= 5) return null;
      const dim = pick(x.ndim + 1);
      return {
        text: `$0.unsqueeze_(${dim})`,
        flambeau: (t) => t.unsqueeze_(dim),
        reference: (r) => become(r, r.reshaped([...r.shape.slice(0, dim), 1, ...r.shape.slice(dim)])),
      };
    },
  },
];

function become(r: NdArray, view: NdArray): NdArray {
  r.shape = view.shape;
  r.places = view.places;
  return r;
}

export const inplace: readonly Operation[] = [...withInplace.map(inplaceOf), copying, copying, filling];
