/** Functions of each element: of one tensor, of two that are broadcast, and of three. */
import { add, lerp, type Tensor, where } from '@flambeau/core';
import { type Dtype, info, isFloat, meetingDtype, Unsuitable } from '../dtype.js';
import { broadcast, NdArray } from '../nd-array.js';
import { type Accuracy, type Call, magnitude, type Operation } from '../operation.js';

/** Which dtypes a function takes and what comes out. */
type Rule = 'same' | 'float' | 'bool' | 'numbers' | 'floats only' | 'integers only';

function resultDtype(rule: Rule, dtype: Dtype): Dtype | null {
  switch (rule) {
    case 'same':
      return dtype;
    case 'bool':
      return 'bool';
    case 'float':
      return isFloat(dtype) ? dtype : 'float32';
    case 'numbers':
      return dtype === 'bool' ? null : dtype;
    case 'floats only':
      return isFloat(dtype) ? dtype : null;
    case 'integers only':
      return info(dtype).category === 1 ? dtype : null;
  }
}

interface Traits {
  readonly accuracy?: Accuracy;
  readonly differentiable?: boolean;
}
type Method = (t: Tensor, ...others: unknown[]) => Tensor;
const method = (name: string): Method => {
  return (t, ...others) => (t as unknown as Record<string, (...p: unknown[]) => Tensor>)[name](...others);
};

function unary(name: string, rule: Rule, f: (x: number) => number, traits: Traits = {}): Operation {
  return {
    name,
    arity: 1,
    accuracy: traits.accuracy ?? 'rounding',
    differentiable: traits.differentiable ?? true,
    choose: ([x]) =>
      resultDtype(rule, x.dtype) && {
        text: `$0.${name}()`,
        flambeau: method(name),
        reference: (r) => r.map(f, resultDtype(rule, r.dtype) as Dtype),
      },
  };
}

/** The elements of two arrays where they meet, in the dtype in which they meet. */
function meet(a: NdArray, b: NdArray, dtype: Dtype, out: Dtype, f: (x: number, y: number) => number): NdArray {
  const [p, q] = [a.to(dtype), b.to(dtype)];
  return NdArray.from(out, broadcast(a.shape, b.shape) as number[], (i) => f(p.broadcastAt(i), q.broadcastAt(i)));
}

function binary(name: string, rule: Rule, f: (x: number, y: number) => number, traits: Traits = {}): Operation {
  return {
    name,
    arity: 2,
    accuracy: traits.accuracy ?? 'rounding',
    differentiable: traits.differentiable ?? true,
    choose: ([x, y]) => {
      const dtype = meetingDtype(x, y);
      const out = resultDtype(rule, dtype);
      if (out === null || broadcast(x.shape, y.shape) === null) return null;
      return {
        text: `$0.${name}($1)`,
        flambeau: method(name),
        reference: (a, b) => meet(a, b, rule === 'float' ? out : dtype, out, f),
      };
    },
  };
}

/** A binary function with a number on the right: one with a fraction only if the tensor can hold it. */
function scalar(name: string, rule: Rule, f: (x: number, y: number) => number, traits: Traits = {}): Operation {
  return {
    name: `${name} with a number`,
    arity: 1,
    accuracy: traits.accuracy ?? 'rounding',
    differentiable: traits.differentiable ?? true,
    choose: ([x], pick) => {
      const value = isFloat(x.dtype) ? (pick(33) - 16) / 4 : 1 + pick(5);
      // a bool tensor and a whole number meet as int64
      const dtype = x.dtype === 'bool' ? 'int64' : x.dtype;
      const out = resultDtype(rule, dtype);
      if (out === null) return null;
      const inside = rule === 'float' ? out : dtype;
      return {
        text: `$0.${name}(${value})`,
        flambeau: (t) => method(name)(t, value),
        reference: (r) => {
          const other = NdArray.of(inside, [], [value]).values[0];
          return r.to(inside).map((v) => f(v, other), out);
        },
      };
    },
  };
}

/** The remainder with the sign of the divisor. */
function floorMod(x: number, y: number): number {
  const rest = x % y;
  return rest !== 0 && rest < 0 !== y < 0 ? rest + y : rest;
}
/** Division of integers by zero is not defined. */
const divisor = (f: (x: number, y: number) => number) => (x: number, y: number) => {
  if (y === 0) throw new Unsuitable();
  return f(x, y);
};
const roundHalfToEven = (x: number): number => {
  const below = Math.floor(x);
  if (!Number.isFinite(x) || x - below < 0.5) return Number.isFinite(x) ? below : x;
  return x - below > 0.5 || below % 2 !== 0 ? below + 1 : below;
};
const bool = (x: boolean): number => (x ? 1 : 0);
const exact = { accuracy: 'exact' } as const;
const constant = { accuracy: 'exact', differentiable: false } as const;

const unaryOperations: readonly Operation[] = [
  unary('neg', 'numbers', (x) => -x, exact),
  unary('abs', 'numbers', Math.abs, exact),
  unary('relu', 'numbers', (x) => (x > 0 || Number.isNaN(x) ? x : 0), exact),
  unary('square', 'numbers', (x) => x * x),
  unary('sign', 'numbers', (x) => (Number.isNaN(x) ? 0 : Math.sign(x)), constant),
  unary('floor', 'floats only', Math.floor, constant),
  unary('ceil', 'floats only', Math.ceil, constant),
  unary('trunc', 'floats only', Math.trunc, constant),
  unary('round', 'floats only', roundHalfToEven, constant),
  unary('exp', 'float', Math.exp),
  unary('sin', 'float', Math.sin),
  unary('cos', 'float', Math.cos),
  unary('tanh', 'float', Math.tanh),
  unary('atan', 'float', Math.atan),
  unary('asinh', 'float', Math.asinh),
  unary('sigmoid', 'float', (x) => 1 / (1 + Math.exp(-x))),
  unary('sqrt', 'float', Math.sqrt),
  unary('log', 'float', Math.log),
  unary('log1p', 'float', Math.log1p),
  unary('expm1', 'float', Math.expm1),
  unary('reciprocal', 'float', (x) => 1 / x),
  unary('isnan', 'bool', (x) => bool(Number.isNaN(x)), constant),
  unary('isfinite', 'bool', (x) => bool(Number.isFinite(x)), constant),
  unary('logicalNot', 'bool', (x) => bool(x === 0), constant),
];

const maximum = (x: number, y: number): number => (Number.isNaN(x) || Number.isNaN(y) ? Number.NaN : Math.max(x, y));
const minimum = (x: number, y: number): number => (Number.isNaN(x) || Number.isNaN(y) ? Number.NaN : Math.min(x, y));

const comparisons: readonly (readonly [string, (x: number, y: number) => boolean])[] = [
  ['eq', (x, y) => x === y],
  ['ne', (x, y) => x !== y],
  ['lt', (x, y) => x < y],
  ['le', (x, y) => x <= y],
  ['gt', (x, y) => x > y],
  ['ge', (x, y) => x >= y],
];

const binaryOperations: readonly Operation[] = [
  binary('add', 'numbers', (x, y) => x + y),
  binary('sub', 'numbers', (x, y) => x - y),
  binary('mul', 'same', (x, y) => x * y),
  binary('div', 'float', (x, y) => x / y),
  binary('maximum', 'same', maximum, exact),
  binary('minimum', 'same', minimum, exact),
  binary('atan2', 'floats only', Math.atan2),
  binary('hypot', 'floats only', (x, y) => Math.hypot(x, y)),
  binary('remainder', 'floats only', floorMod),
  binary('fmod', 'floats only', (x, y) => x % y),
  binary('remainder', 'integers only', divisor(floorMod), constant),
  binary(
    'fmod',
    'integers only',
    divisor((x, y) => x % y),
    constant,
  ),
  binary(
    'floorDivide',
    'integers only',
    divisor((x, y) => Math.floor(x / y)),
    constant,
  ),
  binary('logicalAnd', 'bool', (x, y) => bool(x !== 0 && y !== 0), constant),
  binary('logicalXor', 'bool', (x, y) => bool((x !== 0) !== (y !== 0)), constant),
  ...comparisons.map(([name, f]) => binary(name, 'bool', (x, y) => bool(f(x, y)), constant)),
  scalar('add', 'numbers', (x, y) => x + y),
  scalar('sub', 'numbers', (x, y) => x - y),
  scalar('mul', 'same', (x, y) => x * y),
  scalar('div', 'float', (x, y) => x / y),
  ...comparisons.slice(0, 3).map(([name, f]) => scalar(name, 'bool', (x, y) => bool(f(x, y)), constant)),
];

// ---- three operands, numbers as limits ----

const clamp: Operation = {
  name: 'clamp',
  arity: 1,
  accuracy: 'exact',
  differentiable: true,
  choose: ([x], pick) => {
    if (x.dtype === 'bool') return null;
    const min = pick(5) - (x.dtype === 'uint8' ? 0 : 3);
    const max = min + pick(4);
    return {
      text: `$0.clamp(${min}, ${max})`,
      flambeau: (t) => t.clamp(min, max),
      reference: (r) => r.map((v) => (Number.isNaN(v) ? v : Math.min(Math.max(v, min), max))),
    };
  },
};

const power: Operation = {
  name: 'pow with a number',
  arity: 1,
  accuracy: 'rounding',
  differentiable: true,
  choose: ([x], pick) => {
    const exponent = isFloat(x.dtype) ? [2, 3, 0.5, -1, 1.5][pick(5)] : pick(4);
    if (x.dtype === 'bool') return null;
    return {
      text: `$0.pow(${exponent})`,
      flambeau: (t) => t.pow(exponent),
      // IEEE's pow takes -Infinity for a large number and gives Infinity; the root does not
      reference: (r) => r.map((v) => (exponent === 0.5 ? Math.sqrt(v) : v ** exponent)),
    };
  },
};

const choice: Operation = {
  name: 'where',
  arity: 3,
  accuracy: 'exact',
  differentiable: true,
  choose: ([condition, x, y]) => {
    const pair = broadcast(x.shape, y.shape);
    const shape = pair && broadcast(condition.shape, pair);
    if (condition.dtype !== 'bool' || shape === null) return null;
    const dtype = meetingDtype(x, y);
    return {
      text: 'where($0, $1, $2)',
      flambeau: (c, a, b) => where(c, a, b),
      reference: (c, a, b) => {
        const [p, q] = [a.to(dtype), b.to(dtype)];
        return NdArray.from(dtype, shape, (i) => (c.broadcastAt(i) !== 0 ? p : q).broadcastAt(i));
      },
    };
  },
};

type Three = readonly [NdArray, NdArray, NdArray];
/** Three floating operands of one dtype. */
function ternary(name: string, call: (...t: Tensor[]) => Tensor, f: (x: number, y: number, z: number) => number): Operation {
  return {
    name,
    arity: 3,
    accuracy: 'rounding',
    differentiable: true,
    scale: (xs) => xs.map(magnitude).reduce((a, b) => a * Math.max(b, 1), 1),
    choose: (operands): Call | null => {
      const [x, y, z] = operands as unknown as Three;
      const pair = broadcast(x.shape, y.shape);
      const shape = pair && broadcast(pair, z.shape);
      if (shape === null || !isFloat(x.dtype) || x.dtype !== y.dtype || x.dtype !== z.dtype) return null;
      return {
        text: `${name}($0, $1, $2)`,
        flambeau: call,
        reference: (a, b, c) => NdArray.from(a.dtype, shape, (i) => f(a.broadcastAt(i), b.broadcastAt(i), c.broadcastAt(i))),
      };
    },
  };
}

/** To another dtype. Numbers that it cannot hold are left alone. */
const conversion: Operation = {
  name: 'to',
  arity: 1,
  accuracy: 'rounding',
  differentiable: true,
  choose: (_, pick) => {
    const dtype = (['float32', 'float64', 'int64', 'int32', 'uint8', 'bool', 'bfloat16', 'float16', 'int8', 'int16'] as const)[
      pick(10)
    ];
    return { text: `$0.to('${dtype}')`, flambeau: (t) => t.to(dtype), reference: (r) => (r.dtype === dtype ? r : r.to(dtype)) };
  },
};

/** PyTorch, too, has no in-place form of these. */
const WITHOUT_INPLACE = ['isnan', 'isfinite', 'maximum', 'minimum'];
export const withInplace: readonly Operation[] = [...unaryOperations, ...binaryOperations, clamp].filter(
  ({ name }) => !WITHOUT_INPLACE.includes(name),
);
export const pointwise: readonly Operation[] = [
  ...unaryOperations,
  ...binaryOperations,
  clamp,
  power,
  choice,
  ternary(
    'addcmul',
    (x, y, z) => x.addcmul(y, z),
    (x, y, z) => x + y * z,
  ),
  ternary(
    'lerp',
    (x, y, z) => lerp(x, y, z),
    (x, y, z) => (Math.abs(z) < 0.5 ? x + z * (y - x) : y - (y - x) * (1 - z)),
  ),
  ternary(
    'add twice',
    (x, y, z) => add(add(x, y), z),
    (x, y, z) => x + y + z,
  ),
];
export { conversion };
