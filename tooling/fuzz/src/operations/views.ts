/** Views and what mixes up elements without computing. */
import { cat, ellipsis, index, slice as range, stack, type IndexItem, type Tensor } from '@flambeau/core';
import { type Index, NdArray, type Shape, sizeOf } from '../nd-array.js';
import { type Call, type Operation, type Pick, pickDim } from '../operation.js';

type Choose = (x: NdArray, pick: Pick) => Call | null;
const moving = (name: string, choose: Choose): Operation => ({
  name,
  arity: 1,
  accuracy: 'exact',
  differentiable: true,
  choose: ([x], pick) => choose(x, pick),
});

/** `list` with one entry replaced; removed if there is no replacement. */
const edited = (list: Index, at: number, ...replacement: number[]): number[] => [
  ...list.slice(0, at),
  ...replacement,
  ...list.slice(at + 1),
];
const inserted = (list: Index, at: number, value: number): number[] => [...list.slice(0, at), value, ...list.slice(at)];
const swapped = (list: Index, a: number, b: number): number[] => list.map((x, i) => (i === a ? list[b] : i === b ? list[a] : x));

function permutation(n: number, pick: Pick): number[] {
  const left = Array.from({ length: n }, (_, i) => i);
  return Array.from({ length: n }, () => left.splice(pick(left.length), 1)[0]);
}

/** A shape of as many elements. */
function otherShape(shape: Shape, pick: Pick): number[] {
  const size = sizeOf(shape);
  if (size === 0) return shape.length > 0 && pick(2) === 0 ? [0] : [...shape, 1];
  const factors: number[] = [];
  let rest = size;
  while (rest > 1 && factors.length < 4) {
    const divisors = Array.from({ length: rest }, (_, i) => i + 1).filter((d) => rest % d === 0);
    const d = divisors[pick(divisors.length)];
    factors.push(d);
    rest /= d;
  }
  return rest > 1 || (factors.length === 0 && pick(2) === 0) ? [...factors, rest] : factors;
}

/** In the text and in Flambeau's call the dimension may be counted from the end. */
const signed = (dim: number, ndim: number, pick: Pick): number => (pick(2) === 0 ? dim : dim - ndim);

const transpose = moving('transpose', (x, pick) => {
  if (x.ndim === 0) return null;
  const [a, b] = [pick(x.ndim), pick(x.ndim)];
  return {
    text: `$0.transpose(${a}, ${b})`,
    flambeau: (t) => t.transpose(a, b),
    reference: (r) => r.view(swapped(r.shape, a, b), (i) => swapped(i, a, b)),
  };
});

const permute = moving('permute', (x, pick) => {
  const dims = permutation(x.ndim, pick);
  return {
    text: `$0.permute([${dims}])`,
    flambeau: (t) => t.permute(dims),
    reference: (r) =>
      r.view(
        dims.map((d) => r.shape[d]),
        (i) => r.shape.map((_, d) => i[dims.indexOf(d)]),
      ),
  };
});

const movedim = moving('movedim', (x, pick) => {
  if (x.ndim === 0) return null;
  const [from, to] = [pick(x.ndim), pick(x.ndim)];
  const move = (list: Index, a: number, b: number) => inserted(edited(list, a), b, list[a]);
  return {
    text: `$0.movedim(${from}, ${to})`,
    flambeau: (t) => t.movedim(from, to),
    reference: (r) => r.view(move(r.shape, from, to), (i) => move(i, to, from)),
  };
});

const select = moving('select', (x, pick) => {
  const dim = pickDim(x, pick);
  if (dim === null || x.shape[dim] === 0) return null;
  const at = pick(x.shape[dim]);
  const [d, i] = [signed(dim, x.ndim, pick), signed(at, x.shape[dim], pick)];
  return {
    text: `$0.select(${d}, ${i})`,
    flambeau: (t) => t.select(d, i),
    reference: (r) => r.view(edited(r.shape, dim), (index) => inserted(index, dim, at)),
  };
});

const slice = moving('slice', (x, pick) => {
  const dim = pickDim(x, pick);
  if (dim === null) return null;
  const size = x.shape[dim];
  const start = pick(size + 1);
  const end = start + pick(size - start + 1);
  const step = 1 + pick(3);
  return {
    text: `$0.slice(${dim}, ${start}, ${end}, ${step})`,
    flambeau: (t) => t.slice(dim, start, end, step),
    reference: (r) => r.view(edited(r.shape, dim, Math.ceil((end - start) / step)), (i) => edited(i, dim, start + i[dim] * step)),
  };
});

const unsqueeze = moving('unsqueeze', (x, pick) => {
  if (x.ndim >= 5) return null;
  const dim = pick(x.ndim + 1);
  const d = signed(dim, x.ndim + 1, pick);
  return {
    text: `$0.unsqueeze(${d})`,
    flambeau: (t) => t.unsqueeze(d),
    reference: (r) => r.reshaped(inserted(r.shape, dim, 1)),
  };
});

const squeeze = moving('squeeze', (x, pick) => {
  const dim = pick(x.ndim + 1);
  const all = dim === x.ndim;
  return {
    text: all ? '$0.squeeze()' : `$0.squeeze(${dim})`,
    flambeau: (t) => (all ? t.squeeze() : t.squeeze(dim)),
    reference: (r) => r.reshaped(r.shape.filter((size, d) => size !== 1 || (!all && d !== dim))),
  };
});

const expand = moving('expand', (x, pick) => {
  const lead = pick(2);
  const shape = [...Array.from({ length: lead }, () => 1 + pick(3)), ...x.shape.map((size) => (size === 1 ? 1 + pick(4) : size))];
  if (shape.length > 5) return null;
  return {
    text: `$0.expand([${shape}])`,
    flambeau: (t) => t.expand(shape),
    reference: (r) => r.view(shape, (i) => r.shape.map((size, d) => (size === 1 ? 0 : i[d + shape.length - r.ndim]))),
  };
});

const reshape = moving('reshape', (x, pick) => {
  const shape = otherShape(x.shape, pick);
  return {
    text: `$0.reshape([${shape}])`,
    flambeau: (t) => t.reshape(shape),
    reference: (r) => (r.isViewableAs(shape) ? r : r.copy()).reshaped(shape),
  };
});

const view = moving('view', (x, pick) => {
  const shape = otherShape(x.shape, pick);
  if (!x.isViewableAs(shape)) return null;
  return { text: `$0.view([${shape}])`, flambeau: (t) => t.view(shape), reference: (r) => r.reshaped(shape) };
});

const diagonal = moving('diagonal', (x, pick) => {
  if (x.ndim < 2) return null;
  const [a, b] = permutation(x.ndim, pick);
  const offset = pick(5) - 2;
  const [down, right] = [Math.max(-offset, 0), Math.max(offset, 0)];
  const others = (list: Index) => list.filter((_, d) => d !== a && d !== b);
  return {
    text: `$0.diagonal(${offset}, ${a}, ${b})`,
    flambeau: (t) => t.diagonal(offset, a, b),
    reference: (r) => {
      const length = Math.max(Math.min(r.shape[a] - down, r.shape[b] - right), 0);
      return r.view([...others(r.shape), length], (i) => {
        const rest = i.slice(0, -1);
        const along = i[i.length - 1];
        return r.shape.map((_, d) => (d === a ? along + down : d === b ? along + right : (rest.shift() as number)));
      });
    },
  };
});

const unfold = moving('unfold', (x, pick) => {
  const dim = pickDim(x, pick);
  if (dim === null || x.ndim >= 5 || x.shape[dim] === 0) return null;
  const size = 1 + pick(Math.min(x.shape[dim], 4));
  const step = 1 + pick(3);
  return {
    text: `$0.unfold(${dim}, ${size}, ${step})`,
    flambeau: (t) => t.unfold(dim, size, step),
    reference: (r) =>
      r.view([...edited(r.shape, dim, Math.floor((r.shape[dim] - size) / step) + 1), size], (i) =>
        edited(i.slice(0, -1), dim, i[dim] * step + i[i.length - 1]),
      ),
  };
});

const piece = moving('split', (x, pick) => {
  const dim = pickDim(x, pick);
  if (dim === null || x.shape[dim] === 0) return null;
  const size = 1 + pick(x.shape[dim]);
  const which = pick(Math.ceil(x.shape[dim] / size));
  return {
    text: `$0.split(${size}, ${dim})[${which}]`,
    flambeau: (t) => t.split(size, dim)[which],
    reference: (r) =>
      r.view(edited(r.shape, dim, Math.min(size, r.shape[dim] - which * size)), (i) => edited(i, dim, i[dim] + which * size)),
  };
});

/** Numbers, slices, new axes and an ellipsis, as in `x[1, ..., None, ::2]`. */
const subscript = moving('index', (x, pick) => {
  const items: IndexItem[] = [];
  const text: string[] = [];
  const shape: number[] = [];
  /** For every dimension of `x`: its index, given an index of the result. */
  const source: ((i: Index) => number)[] = [];
  const add = (item: IndexItem, written: string) => {
    items.push(item);
    text.push(written);
  };
  /** The next dimension of `x` becomes one of the result. */
  const keep = (start: number, step: number) => {
    const out = shape.length;
    shape.push(Math.max(Math.ceil((x.shape[source.length] - start) / step), 0));
    source.push((i) => start + i[out] * step);
  };
  while (source.length < x.ndim && shape.length < 6) {
    const size = x.shape[source.length];
    const kind = pick(5);
    if (kind === 0 && size > 0) {
      const at = pick(size);
      const item = signed(at, size, pick);
      add(item, String(item));
      source.push(() => at);
    } else if (kind === 1) {
      const [start, step] = [pick(size + 1), 1 + pick(2)];
      add(range(start, null, step), `${start}::${step}`);
      keep(start, step);
    } else if (kind === 2) {
      add(null, 'null');
      shape.push(1);
    } else if (kind === 3 && !items.includes(ellipsis)) {
      add(ellipsis, '...');
      while (source.length < x.ndim) keep(0, 1);
    } else {
      add(range(), ':');
      keep(0, 1);
    }
  }
  if (shape.length > 5) return null;
  return {
    text: `$0[${text.join(', ')}]`,
    flambeau: (t) => index(t, ...items),
    reference: (r) => r.view(shape, (i) => source.map((of) => of(i))),
  };
});

// ---- copies ----

/** A copy whose element at each index is the one of `r` that `source` says. */
const rearranged = (r: NdArray, shape: Shape, source: (index: Index) => Index): NdArray => r.view(shape, source).copy();

const flip = moving('flip', (x, pick) => {
  const dims = x.shape.map((_, d) => d).filter(() => pick(2) === 0);
  return {
    text: `$0.flip([${dims}])`,
    flambeau: (t) => t.flip(dims),
    reference: (r) => rearranged(r, r.shape, (i) => i.map((at, d) => (dims.includes(d) ? r.shape[d] - 1 - at : at))),
  };
});

const roll = moving('roll', (x, pick) => {
  const dim = pickDim(x, pick);
  if (dim === null || x.size === 0) return null;
  const shift = pick(9) - 4;
  return {
    text: `$0.roll(${shift}, ${dim})`,
    flambeau: (t) => t.roll(shift, dim),
    reference: (r) => {
      const size = r.shape[dim];
      return rearranged(r, r.shape, (i) => edited(i, dim, (((i[dim] - shift) % size) + size) % size));
    },
  };
});

const triangle = (name: 'tril' | 'triu'): Operation =>
  moving(name, (x, pick) => {
    if (x.ndim < 2) return null;
    const diagonalOffset = pick(5) - 2;
    return {
      text: `$0.${name}(${diagonalOffset})`,
      flambeau: (t) => t[name](diagonalOffset),
      reference: (r) =>
        NdArray.from(r.dtype, r.shape, (i) => {
          const above = (i.at(-1) as number) - (i.at(-2) as number) - diagonalOffset;
          return (name === 'tril' ? above <= 0 : above >= 0) ? r.at(i) : 0;
        }),
    };
  });

const repeat = moving('repeat', (x, pick) => {
  const times = [...Array.from({ length: pick(2) }, () => 1 + pick(2)), ...x.shape.map(() => pick(3))];
  if (times.length > 5) return null;
  return {
    text: `$0.repeat([${times}])`,
    flambeau: (t) => t.repeat(times),
    reference: (r) => {
      const lead = times.length - r.ndim;
      return rearranged(
        r,
        times.map((n, d) => n * (d < lead ? 1 : r.shape[d - lead])),
        (i) => r.shape.map((size, d) => i[d + lead] % size),
      );
    },
  };
});

const repeatInterleave = moving('repeatInterleave', (x, pick) => {
  const dim = pickDim(x, pick);
  if (dim === null) return null;
  const times = pick(4);
  return {
    text: `$0.repeatInterleave(${times}, ${dim})`,
    flambeau: (t) => t.repeatInterleave(times, dim),
    reference: (r) =>
      rearranged(r, edited(r.shape, dim, r.shape[dim] * times), (i) => edited(i, dim, Math.floor(i[dim] / times))),
  };
});

const copying = (name: string, call: (t: Tensor) => Tensor): Operation =>
  moving(name, () => ({ text: `$0.${name}()`, flambeau: call, reference: (r) => r.copy() }));

const contiguous = moving('contiguous', () => ({
  text: '$0.contiguous()',
  flambeau: (t) => t.contiguous(),
  // row-major already: the places are one after the other
  reference: (r) => (r.places.every((place, i) => place === r.places[0] + i) ? r : r.copy()),
}));

const joined = (name: 'cat' | 'stack'): Operation => ({
  name,
  arity: 2,
  accuracy: 'exact',
  differentiable: true,
  choose: ([x, y], pick) => {
    if (x.dtype !== y.dtype || x.ndim !== y.ndim || (name === 'cat' ? x.ndim === 0 : x.ndim >= 5)) return null;
    const dim = pick(x.ndim + (name === 'cat' ? 0 : 1));
    if (x.shape.some((size, d) => size !== y.shape[d] && (name === 'stack' || d !== dim))) return null;
    return {
      text: `${name}([$0, $1], ${dim})`,
      flambeau: (a, b) => (name === 'cat' ? cat([a, b], dim) : stack([a, b], dim)),
      reference: (a, b) => {
        const [p, q] = name === 'cat' ? [a, b] : [a, b].map((r) => r.reshaped(inserted(r.shape, dim, 1)));
        const shape = edited(p.shape, dim, p.shape[dim] + q.shape[dim]);
        return NdArray.from(a.dtype, shape, (i) =>
          i[dim] < p.shape[dim] ? p.at(i) : q.at(edited(i, dim, i[dim] - p.shape[dim])),
        );
      },
    };
  },
});

export const views: readonly Operation[] = [
  transpose,
  permute,
  movedim,
  select,
  slice,
  unsqueeze,
  squeeze,
  expand,
  reshape,
  view,
  diagonal,
  unfold,
  piece,
  subscript,
];
export const copies: readonly Operation[] = [
  flip,
  roll,
  triangle('tril'),
  triangle('triu'),
  repeat,
  repeatInterleave,
  copying('clone', (t) => t.clone()),
  contiguous,
  joined('cat'),
  joined('stack'),
];
