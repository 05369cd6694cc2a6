/** Reading and writing through indices and masks. The writing ones have an in-place form, which writes to the operand itself. */
import { index, indexPut, indexPut_, type Tensor, tensor } from '@flambeau/core';
import type { Dtype } from '../dtype.js';
import { type Index, indicesOf, NdArray, rank, type Shape, sizeOf } from '../nd-array.js';
import { type Call, type Operation, type Pick, pickDim } from '../operation.js';

const replaced = (index: Index, dim: number, value: number): number[] => index.map((x, d) => (d === dim ? value : x));
const long = (shape: Shape, values: readonly number[]): Tensor => tensor([...values], { dtype: 'int64' }).reshape([...shape]);

function reading(name: string, choose: (x: NdArray, pick: Pick) => Call | null): Operation {
  return { name, arity: 1, accuracy: 'exact', differentiable: true, choose: ([x], pick) => choose(x, pick) };
}

const picks = (count: number, n: number, pick: Pick): number[] => Array.from({ length: count }, () => pick(n));
/** Different ones. */
function distinct(count: number, n: number, pick: Pick): number[] {
  const left = Array.from({ length: n }, (_, i) => i);
  return Array.from({ length: Math.min(count, n) }, () => left.splice(pick(left.length), 1)[0]);
}

const indexSelect = reading('indexSelect', (x, pick) => {
  const dim = pickDim(x, pick);
  if (dim === null || x.shape[dim] === 0) return null;
  const chosen = picks(pick(5), x.shape[dim], pick);
  return {
    text: `$0.indexSelect(${dim}, [${chosen}])`,
    flambeau: (t) => t.indexSelect(dim, long([chosen.length], chosen)),
    reference: (r) => NdArray.from(r.dtype, replaced(r.shape, dim, chosen.length), (i) => r.at(replaced(i, dim, chosen[i[dim]]))),
  };
});

const gather = reading('gather', (x, pick) => {
  const dim = pickDim(x, pick);
  if (dim === null || x.size === 0) return null;
  const shape = x.shape.map((size, d) => (d === dim ? 1 + pick(4) : 1 + pick(size)));
  const chosen = picks(sizeOf(shape), x.shape[dim], pick);
  return {
    text: `$0.gather(${dim}, [${chosen}] as (${shape}))`,
    flambeau: (t) => t.gather(dim, long(shape, chosen)),
    reference: (r) => NdArray.from(r.dtype, shape, (i) => r.at(replaced(i, dim, chosen[rank(shape, i)]))),
  };
});

const take = reading('take', (x, pick) => {
  if (x.size === 0) return null;
  const chosen = picks(pick(5), x.size, pick);
  return {
    text: `$0.take([${chosen}])`,
    flambeau: (t) => t.take(long([chosen.length], chosen)),
    reference: (r) =>
      NdArray.of(
        r.dtype,
        [chosen.length],
        chosen.map((at) => r.values[at]),
      ),
  };
});

/** `x[indices, indices]` for the two leading dimensions, negative ones included; or for the first only. */
const advanced = reading('index with tensors', (x, pick) => {
  const covered = Math.min(x.ndim, 1 + pick(2));
  if (covered === 0 || x.shape.slice(0, covered).includes(0)) return null;
  const count = pick(4);
  const lists = x.shape.slice(0, covered).map((size) => picks(count, size, pick));
  const written = lists.map((list, d) => list.map((at) => (pick(2) === 0 ? at : at - x.shape[d])));
  return {
    text: `$0[${written.map((list) => `[${list}]`).join(', ')}]`,
    flambeau: (t) => index(t, ...written.map((list) => long([count], list))),
    reference: (r) =>
      NdArray.from(r.dtype, [count, ...r.shape.slice(covered)], ([i, ...rest]) =>
        r.at([...lists.map((list) => list[i]), ...rest]),
      ),
  };
});

const maskedSelect: Operation = {
  name: 'maskedSelect',
  arity: 2,
  accuracy: 'exact',
  differentiable: true,
  choose: ([x, mask]) => {
    if (mask.dtype !== 'bool' || mask.shape.join() !== x.shape.join()) return null;
    return {
      text: '$0.maskedSelect($1)',
      flambeau: (t, m) => t.maskedSelect(m),
      reference: (r, m) => {
        const kept = r.values.filter((_, i) => m.values[i] !== 0);
        return NdArray.of(r.dtype, [kept.length], kept);
      },
    };
  },
};

// ---- writing ----

/** A change of the first operand's elements, with the method's name; `edit` returns all elements in row-major order. */
interface Change {
  readonly text: string;
  readonly plain: (t: Tensor, ...others: Tensor[]) => Tensor;
  readonly inplace: (t: Tensor, ...others: Tensor[]) => Tensor;
  readonly edit: (r: NdArray, ...others: NdArray[]) => number[];
}
type ChooseChange = (operands: readonly NdArray[], pick: Pick) => Change | null;

const writing = (name: string, arity: number, choose: ChooseChange, accuracy: Operation['accuracy'] = 'exact'): Operation[] => [
  {
    name,
    arity,
    accuracy,
    differentiable: true,
    choose: (operands, pick) => {
      const change = choose(operands, pick);
      return (
        change && {
          text: change.text,
          flambeau: change.plain,
          reference: (r, ...others) => NdArray.of(r.dtype, r.shape, change.edit(r, ...others)),
        }
      );
    },
  },
  {
    name: `${name}_`,
    arity,
    accuracy,
    differentiable: true,
    choose: (operands, pick) => {
      const change = operands[0].overlaps ? null : choose(operands, pick);
      return (
        change && {
          text: change.text.replace('(', '_('),
          flambeau: change.inplace,
          reference: (r, ...others) => r.write(NdArray.of(r.dtype, r.shape, change.edit(r, ...others)).values),
        }
      );
    },
  },
];

/** All elements after `change` has been called with a function that writes one of them. */
function edited(r: NdArray, change: (set: (index: Index, f: (old: number) => number) => void) => void): number[] {
  const values = r.values;
  change((index, f) => {
    const at = rank(r.shape, index);
    values[at] = f(values[at]);
  });
  return values;
}

const numberFor = (dtype: Dtype, pick: Pick): number => (dtype === 'bool' ? pick(2) : pick(5));

const maskedFill = writing('maskedFill', 2, ([x, mask], pick) => {
  const fits = mask.ndim <= x.ndim && mask.shape.every((size, d) => size === 1 || size === x.shape[d + x.ndim - mask.ndim]);
  if (mask.dtype !== 'bool' || !fits) return null;
  const value = numberFor(x.dtype, pick);
  return {
    text: `$0.maskedFill($1, ${value})`,
    plain: (t, m) => t.maskedFill(m, value),
    inplace: (t, m) => t.maskedFill_(m, value),
    edit: (r, m) => indicesOf(r.shape).map((i) => (m.broadcastAt(i) !== 0 ? value : r.at(i))),
  };
});

const indexFill = writing('indexFill', 1, ([x], pick) => {
  const dim = pickDim(x, pick);
  if (dim === null || x.shape[dim] === 0) return null;
  const chosen = picks(pick(4), x.shape[dim], pick);
  const value = numberFor(x.dtype, pick);
  return {
    text: `$0.indexFill(${dim}, [${chosen}], ${value})`,
    plain: (t) => t.indexFill(dim, long([chosen.length], chosen), value),
    inplace: (t) => t.indexFill_(dim, long([chosen.length], chosen), value),
    edit: (r) => indicesOf(r.shape).map((i) => (chosen.includes(i[dim]) ? value : r.at(i))),
  };
});

/** Slices of the second operand's first dimension go to the first's. */
const sliceWriting = (name: 'indexAdd' | 'indexCopy') =>
  writing(
    name,
    2,
    ([x, source], pick) => {
      if (x.ndim === 0 || x.dtype !== source.dtype || x.dtype === 'bool' || x.ndim !== source.ndim) return null;
      if (x.shape.some((size, d) => d > 0 && size !== source.shape[d])) return null;
      const count = source.shape[0];
      if (x.shape[0] === 0 || (name === 'indexCopy' && count > x.shape[0])) return null;
      const chosen = name === 'indexAdd' ? picks(count, x.shape[0], pick) : distinct(count, x.shape[0], pick);
      return {
        text: `$0.${name}(0, [${chosen}], $1)`,
        plain: (t, s) => t[name](0, long([count], chosen), s),
        inplace: (t, s) => t[`${name}_`](0, long([count], chosen), s),
        edit: (r, s) =>
          edited(r, (set) => {
            for (const i of indicesOf(s.shape))
              set(replaced(i, 0, chosen[i[0]]), (old) => (name === 'indexAdd' ? old : 0) + s.at(i));
          }),
      };
    },
    name === 'indexAdd' ? 'sums' : 'exact',
  );

/** Every element of a corner of the second operand goes to a place along one dimension of the first. */
const scattering = (name: 'scatter' | 'scatterAdd') =>
  writing(
    name,
    2,
    ([x, source], pick) => {
      const dim = pickDim(x, pick);
      if (dim === null || x.dtype !== source.dtype || x.dtype === 'bool' || x.ndim !== source.ndim || x.size === 0) return null;
      const shape = source.shape.map((size, d) => Math.min(size, x.shape[d]));
      const chosen = new Array<number>(sizeOf(shape)).fill(0);
      // one line of places after the other: without meetings, of which the last to write would be anybody's guess
      for (const line of indicesOf(replaced(shape, dim, 1))) {
        const places = name === 'scatter' ? distinct(shape[dim], x.shape[dim], pick) : picks(shape[dim], x.shape[dim], pick);
        places.forEach((place, at) => {
          chosen[rank(shape, replaced(line, dim, at))] = place;
        });
      }
      return {
        text: `$0.${name}(${dim}, [${chosen}] as (${shape}), $1)`,
        plain: (t, s) => t[name](dim, long(shape, chosen), s),
        inplace: (t, s) => t[`${name}_`](dim, long(shape, chosen), s),
        edit: (r, s) =>
          edited(r, (set) => {
            for (const i of indicesOf(shape))
              set(replaced(i, dim, chosen[rank(shape, i)]), (old) => (name === 'scatter' ? 0 : old) + s.at(i));
          }),
      };
    },
    name === 'scatterAdd' ? 'sums' : 'exact',
  );

/** `x[indices] = y` or `+= y`, where `y` is broadcast to the chosen slices. */
const putting = writing(
  'indexPut',
  2,
  ([x, values], pick) => {
    if (x.ndim === 0 || x.dtype !== values.dtype || x.dtype === 'bool' || x.shape[0] === 0) return null;
    const accumulate = pick(2) === 0;
    const count = 1 + pick(3);
    const chosen = accumulate ? picks(count, x.shape[0], pick) : distinct(count, x.shape[0], pick);
    const shape = [chosen.length, ...x.shape.slice(1)];
    const lead = shape.length - values.ndim;
    if (lead < 0 || values.shape.some((size, d) => size !== 1 && size !== shape[d + lead])) return null;
    const items = () => [long([chosen.length], chosen)];
    return {
      text: `$0.indexPut([[${chosen}]], $1, { accumulate: ${accumulate} })`,
      plain: (t, v) => indexPut(t, items(), v, { accumulate }),
      inplace: (t, v) => indexPut_(t, items(), v, { accumulate }),
      edit: (r, v) =>
        edited(r, (set) => {
          for (const i of indicesOf(shape)) set(replaced(i, 0, chosen[i[0]]), (old) => (accumulate ? old : 0) + v.broadcastAt(i));
        }),
    };
  },
  'sums',
);

export const readingByIndex: readonly Operation[] = [indexSelect, gather, take, advanced];
/** Their shapes depend on values, or they take a mask; not for batches. */
export const masks: readonly Operation[] = [maskedSelect];
export const writingByIndex: readonly Operation[] = [
  ...maskedFill,
  ...indexFill,
  ...sliceWriting('indexAdd'),
  ...sliceWriting('indexCopy'),
  ...scattering('scatter'),
  ...scattering('scatterAdd'),
  ...putting,
];
