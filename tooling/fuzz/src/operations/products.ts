/** Products of matrices and sums of products. */
import { einsum, matmul } from '@flambeau/core';
import { isFloat } from '../dtype.js';
import { broadcast, indicesOf, NdArray, type Shape } from '../nd-array.js';
import { magnitude, type Operation } from '../operation.js';

const productScale = ([a, b]: readonly NdArray[]): number => magnitude(a) * magnitude(b) * Math.max(a.shape.at(-1) ?? 1, 1);

/** The shape of a product of (stacks of) matrices and vectors; null if they do not fit. */
function productShape(a: Shape, b: Shape): number[] | null {
  if (a.length === 0 || b.length === 0) return null;
  const [p, q] = [a.length === 1 ? [1, ...a] : a, b.length === 1 ? [...b, 1] : b];
  const stack = broadcast(p.slice(0, -2), q.slice(0, -2));
  if (stack === null || p[p.length - 1] !== q[q.length - 2]) return null;
  return [...stack, ...(a.length === 1 ? [] : [p[p.length - 2]]), ...(b.length === 1 ? [] : [q[q.length - 1]])];
}

function product(a: NdArray, b: NdArray): NdArray {
  const inner = a.shape[a.ndim - 1];
  const shape = productShape(a.shape, b.shape) as number[];
  const matrixDims = (a.ndim > 1 ? 1 : 0) + (b.ndim > 1 ? 1 : 0);
  return NdArray.from(a.dtype, shape, (index) => {
    const stack = index.slice(0, shape.length - matrixDims);
    const row = a.ndim > 1 ? [index[stack.length]] : [];
    const column = b.ndim > 1 ? [index[index.length - 1]] : [];
    const within = (x: NdArray) => x.shape.slice(0, -2).map((size, d) => (size === 1 ? 0 : stack[d + stack.length - x.ndim + 2]));
    let total = 0;
    for (let k = 0; k < inner; k++)
      total += a.at([...(a.ndim > 1 ? within(a) : []), ...row, k]) * b.at([...(b.ndim > 1 ? within(b) : []), k, ...column]);
    return total;
  });
}

const matrixProduct: Operation = {
  name: 'matmul',
  arity: 2,
  accuracy: 'sums',
  differentiable: true,
  scale: productScale,
  choose: ([x, y]) =>
    x.dtype !== y.dtype || !isFloat(x.dtype) || productShape(x.shape, y.shape) === null
      ? null
      : { text: 'matmul($0, $1)', flambeau: (a, b) => matmul(a, b), reference: product },
};

/** The product with the transpose of a matrix: fits whenever the last sizes agree. */
const projection: Operation = {
  name: 'matmul with a transpose',
  arity: 2,
  accuracy: 'sums',
  differentiable: true,
  scale: productScale,
  choose: ([x, y]) => {
    if (y.ndim !== 2 || x.ndim === 0 || x.dtype !== y.dtype || !isFloat(x.dtype) || x.shape.at(-1) !== y.shape[1]) return null;
    return {
      text: 'matmul($0, $1.T)',
      flambeau: (a, b) => matmul(a, b.T),
      reference: (a, b) =>
        product(
          a,
          b.view([b.shape[1], b.shape[0]], ([i, j]) => [j, i]),
        ),
    };
  },
};

/** Every dimension of two operands gets a letter, any of which may stay in the result. */
const contraction: Operation = {
  name: 'einsum',
  arity: 2,
  accuracy: 'sums',
  differentiable: true,
  scale: ([a, b]) => magnitude(a) * magnitude(b) * Math.max(a.size, b.size, 1),
  choose: ([x, y], pick) => {
    if (x.dtype !== y.dtype || !isFloat(x.dtype) || x.ndim + y.ndim > 6) return null;
    // what one operand alone sums over is summed first, so infinities meet other numbers
    if (![...x.values, ...y.values].every(Number.isFinite)) return null;
    const sizes = new Map<string, number>();
    const letterFor = (size: number): string => {
      const fitting = [...sizes.keys()].filter((letter) => sizes.get(letter) === size);
      const chosen = pick(fitting.length + 1);
      if (chosen < fitting.length) return fitting[chosen];
      const letter = String.fromCharCode(97 + sizes.size);
      sizes.set(letter, size);
      return letter;
    };
    const [left, right] = [x, y].map((operand) => operand.shape.map(letterFor));
    const out = [...sizes.keys()].filter(() => pick(2) === 0);
    const work = [...sizes.values()].reduce((a, b) => a * b, 1);
    if (out.length > 5 || work > 4000) return null;
    if (pick(2) === 0) out.reverse();
    const equation = `${left.join('')},${right.join('')}->${out.join('')}`;
    return {
      text: `einsum('${equation}', $0, $1)`,
      flambeau: (a, b) => einsum(equation, a, b),
      reference: (a, b) => {
        const letters = [...sizes.keys()];
        const summed = letters.filter((letter) => !out.includes(letter));
        return NdArray.from(
          a.dtype,
          out.map((letter) => sizes.get(letter) as number),
          (index) => {
            const at = new Map(out.map((letter, d) => [letter, index[d]]));
            let total = 0;
            for (const rest of indicesOf(summed.map((letter) => sizes.get(letter) as number))) {
              summed.forEach((letter, d) => {
                at.set(letter, rest[d]);
              });
              const place = (list: readonly string[]) => list.map((letter) => at.get(letter) as number);
              total += a.at(place(left)) * b.at(place(right));
            }
            return total;
          },
        );
      },
    };
  },
};

export const products: readonly Operation[] = [matrixProduct, matrixProduct, projection, contraction];
