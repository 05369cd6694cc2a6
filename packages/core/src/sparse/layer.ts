/**
 * The dispatch layer of sparse tensors, the outermost of all: it does an operation with others on the dense tensors that the sparse
 * ones are made of, which are dispatched anew, so that autograd and the transforms see only dense tensors.
 */
import { context, Layer } from '../context.js';
import { dispatch, type DispatchLayer, registerLayer } from '../dispatch.js';
import { AutogradError, DTypeError, formatShape, LayoutError } from '../errors.js';
import type { AnyOpDef, Attributes, Inputs, Outputs } from '../op.js';
import { indexPutLeading_ } from '../ops/indexing.js';
import { cat } from '../ops/joining.js';
import { copy_ } from '../ops/copy.js';
import { sameShape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { SparseCooTensor } from './coo.js';
import { addSparse, mapEntries, mulSparse } from './elementwise.js';
import { sparseMatmul, transposedSparse } from './product.js';
import { sumSparse } from './reduction.js';
import { SparseTensor } from './sparse-tensor.js';
import { toCoo } from './methods.js';

type Rule = (inputs: Inputs, attributes: Attributes, def: AnyOpDef) => Tensor;

/** Functions with f(0) = 0 of the entries. */
const ofEntries: Rule = ([self], attributes, def) =>
  mapEntries(self as SparseTensor, (entries) => dispatch(def, [entries], attributes) as Tensor);
/** Linear ones, for which entries at one place may stay apart. */
const ofEachEntry: Rule = ([self], attributes, def) => {
  const t = self as SparseTensor;
  return t.withEntries(dispatch(def, [t.entries], attributes) as Tensor);
};

const rules: { readonly [op: string]: Rule } = {
  ...Object.fromEntries(
    // biome-ignore format: a list of words
    [
      'abs', 'asin', 'asinh', 'atan', 'atanh', 'ceil', 'erf', 'erfinv', 'expm1', 'floor', 'frac', 'isinf', 'isnan', 'log1p',
      'nan_to_num', 'relu', 'round', 'sgn', 'sign', 'signbit', 'sin', 'sinh', 'sqrt', 'square', 'tan', 'tanh', 'trunc',
    ].map((name) => [name, ofEntries]),
  ),
  ...Object.fromEntries(
    ['_to_copy', 'alias', 'clone', 'deg2rad', 'neg', 'positive', 'rad2deg'].map((name) => [name, ofEachEntry]),
  ),
  pow_scalar: (inputs, attributes, def) => {
    if (!((attributes.exponent as number) > 0)) throw unsupported(`pow with the exponent ${attributes.exponent}`, inputs);
    return ofEntries(inputs, attributes, def);
  },
  add: ([a, b]) => addSparse(a as Tensor, b as Tensor),
  sub: ([a, b]) => addSparse(a as Tensor, (b as Tensor).neg()),
  mul: ([a, b]) => mulSparse(a as Tensor, b as Tensor),
  div: (inputs, attributes, def) => {
    const [a, b] = inputs as readonly Tensor[];
    if (!(a instanceof SparseTensor) || b.numel !== 1 || b.ndim > a.ndim) throw unsupported('div by other than a number', inputs);
    return mapEntries(a, (entries) => dispatch(def, [entries, b.reshape([])], attributes) as Tensor);
  },
  matmul: (inputs) => {
    const [a, b, bias] = inputs as readonly [Tensor, Tensor, Tensor | null];
    const product = sparseMatmul(a, b);
    return bias === null ? product : product.add(bias);
  },
  linear: (inputs) => {
    const [input, weight, bias] = inputs as readonly [Tensor, Tensor, Tensor | null];
    const product = sparseMatmul(input, weight.t());
    return bias === null ? product : product.add(bias);
  },
  transpose: ([self], { dim0, dim1 }) => transposedSparse(self as SparseTensor, dim0 as number, dim1 as number),
  unsqueeze: ([self], { dim }) => unsqueezed(toCoo(self as Tensor), dim as number),
  sum: ([self], { dim, keepdim }) => sumSparse(self as SparseTensor, dim as readonly number[], keepdim as boolean),
  cat: (inputs, { dim }) => joined(inputs as readonly Tensor[], dim as number),
};

function unsqueezed(t: SparseCooTensor, at: number): Tensor {
  const shape = [...t.shape.slice(0, at), 1, ...t.shape.slice(at)];
  if (at > t.sparseDims)
    return new SparseCooTensor(shape, t.coordinates, t.entries.unsqueeze(at - t.sparseDims + 1), t.coalesced);
  const { coordinates } = t;
  const zero = coordinates.newZeros([1, t.nnz]);
  const parts = [coordinates.slice(0, 0, at, 1), zero, coordinates.slice(0, at, null, 1)];
  return new SparseCooTensor(shape, cat(parts, 0), t.entries, t.coalesced);
}

function joined(tensors: readonly Tensor[], dim: number): Tensor {
  const parts = tensors.map((t) => {
    if (!(t instanceof SparseTensor)) throw unsupported('cat of sparse and dense tensors', tensors);
    return toCoo(t);
  });
  const [{ shape, sparseDims }] = parts;
  if (dim >= sparseDims || parts.some((t) => t.sparseDims !== sparseDims))
    throw unsupported(`cat along dimension ${dim}`, tensors);
  let offset = 0;
  const coordinates = parts.map((t) => {
    const shift = t.coordinates.newZeros([sparseDims, 1]);
    shift.select(0, dim).fill_(offset);
    offset += t.shape[dim];
    return t.coordinates.add(shift);
  });
  return new SparseCooTensor(
    shape.map((size, d) => (d === dim ? offset : size)),
    cat(coordinates, 1),
    cat(parts.map((t) => t.entries)),
    false,
  );
}

function unsupported(what: string, inputs: Inputs): LayoutError {
  const given = inputs.map((t) => (t === null ? 'none' : `${t.layout}${formatShape(t.shape)}`)).join(', ');
  return new LayoutError(`${what}: not implemented for sparse tensors (${given}); convert them with .toDense() first`);
}

function compute(def: AnyOpDef, inputs: Inputs, attributes: Attributes): Tensor {
  const rule = rules[def.name];
  if (rule === undefined) throw unsupported(def.name, inputs);
  return rule(inputs, attributes, def);
}

/** What an operation in place leaves in `self`. */
function replacement(def: AnyOpDef, self: SparseTensor, inputs: Inputs, attributes: Attributes): SparseTensor {
  if (def.name === 'copy') return (inputs[1] as Tensor).clone() as SparseTensor;
  if (def.name === 'fill' && attributes.re === 0 && attributes.im === 0) return self.withoutEntries();
  return compute(def, inputs, attributes) as SparseTensor;
}

const sparseLayer: DispatchLayer = {
  call(def: AnyOpDef, inputs: Inputs, attributes: Attributes): Outputs {
    return compute(def, inputs, attributes);
  },
  callInplace(def: AnyOpDef, self: Tensor, inputs: Inputs, attributes: Attributes): Tensor {
    if (!(self instanceof SparseTensor)) {
      const other = inputs[1];
      const fits = (t: Tensor): boolean => t.info.category <= self.info.category;
      // touches only the places that have entries
      if (def.name === 'add' && other instanceof SparseCooTensor && other.sparseDims > 0)
        if (fits(other) && sameShape(self.shape, other.shape))
          return indexPutLeading_(self, other.entries, other.coordinates, true);
      const result = compute(def, inputs, attributes);
      if (!fits(result))
        throw new DTypeError(
          `${def.name}: a result of dtype ${result.dtype} cannot be stored in a tensor of dtype ${self.dtype}`,
        );
      return copy_(self, result);
    }
    const isRecorded = (self.entries.layers & Layer.Autograd & ~context().excluded) !== 0;
    if (isRecorded)
      throw new AutogradError(
        `${def.name}_: a sparse tensor that needs gradients cannot be changed in place; use ${def.name}, or do it inside noGrad(() => …)`,
      );
    self.become(replacement(def, self, inputs, attributes));
    return self;
  },
};

registerLayer(Layer.Sparse, sparseLayer);
