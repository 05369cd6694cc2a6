/**
 * Tensors: dtypes, storage, views, operators, random numbers. Names are PyTorch's in camelCase.
 *
 * @example
 * const x = tensor([[1, 2], [3, 4]]);
 * const y = x.matmul(x.T).add(1);
 * console.log(y.sum(0), y.index(slice(), 0));
 *
 * @module
 */
import './methods.js';

// `*`, so that other packages can add methods to the interface `Tensor` of this module
export * from './tensor.js';
export type { CustomMethods } from './methods.js';

// ---- dtypes, devices, errors ----
export {
  bfloat16,
  bool,
  type ComplexDType,
  complex64,
  complex128,
  type DType,
  type FloatDType,
  float16,
  float32,
  float64,
  getDefaultDtype,
  type IntDType,
  int8,
  int16,
  int32,
  int64,
  isComplexDType,
  isFloatingPoint,
  promoteTypes,
  setDefaultDtype,
  type TypedArray,
  uint8,
} from './dtype.js';
export {
  AutogradError,
  DeviceError,
  DTypeError,
  FlambeauError,
  formatShape,
  IndexError,
  ShapeError,
  StorageError,
  ValueError,
} from './errors.js';
export type { Scalar } from './promotion.js';
export type { Shape } from './shape.js';

// ---- creation ----
export {
  arange,
  empty,
  emptyLike,
  eye,
  full,
  fullLike,
  linspace,
  logspace,
  ones,
  onesLike,
  type TensorOptions,
  zeros,
  zerosLike,
} from './creation.js';
export {
  type FromArrayOptions,
  type FromBufferOptions,
  frombuffer,
  fromTypedArray,
  type TensorData,
  tensor,
} from './from-data.js';

// ---- indexing, slicing, joining ----
export { gather, type IndexAddOptions, indexAdd, indexSelect, scatter, scatterAdd, takeAlongDim } from './ops/indexing.js';
export type { Indices } from './ops/indices.js';
export { broadcastTensors, cat, hstack, type MeshgridOptions, meshgrid, stack, vstack } from './ops/joining.js';
export { maskedFill, maskedSelect, nonzero } from './ops/masking.js';
export { flip, repeat, repeatInterleave, roll, tile, tril, triu } from './ops/rearranging.js';
export { ellipsis, type IndexItem, type IndexPutOptions, index, indexPut_, Slice, slice } from './ops/subscript.js';
export {
  asStrided,
  broadcastTo,
  chunk,
  diagonal,
  expand,
  flatten,
  movedim,
  narrow,
  permute,
  reshape,
  select,
  split,
  squeeze,
  swapaxes,
  t,
  transpose,
  unbind,
  unflatten,
  unsqueeze,
} from './ops/view.js';
export { where } from './ops/where.js';

// ---- random numbers ----
export {
  bernoulli,
  type GeneratorOptions,
  type MultinomialOptions,
  multinomial,
  normal,
  type RandomOptions,
  rand,
  randint,
  randintLike,
  randLike,
  randn,
  randnLike,
  randperm,
} from './ops/random.js';
export { defaultGenerator, forkRng, Generator, type GeneratorState, getRngState, manualSeed, seed, setRngState } from './random.js';

// ---- pointwise ----
export { clone, type ToOptions } from './ops/copy.js';
export {
  type AlphaOptions,
  abs,
  acos,
  add,
  addcdiv,
  addcmul,
  asin,
  atan,
  atan2,
  bitwiseAnd,
  bitwiseNot,
  bitwiseOr,
  bitwiseXor,
  ceil,
  clamp,
  cos,
  cosh,
  type DivOptions,
  div,
  erf,
  erfc,
  exp,
  exp2,
  expm1,
  floor,
  floorDivide,
  fmod,
  lerp,
  log,
  log1p,
  log2,
  log10,
  maximum,
  minimum,
  mul,
  neg,
  pow,
  reciprocal,
  relu,
  remainder,
  round,
  rsqrt,
  sigmoid,
  sign,
  sin,
  sinh,
  sqrt,
  square,
  sub,
  tan,
  tanh,
  trunc,
  type ValueOptions,
} from './ops/elementwise.js';

// ---- comparison ----
export {
  eq,
  ge,
  gt,
  isfinite,
  isinf,
  isnan,
  le,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  lt,
  ne,
} from './ops/comparison.js';

// ---- reductions ----
export { argmax, argmin, max, min, type ValuesAndIndices } from './ops/extremum.js';
export {
  all,
  amax,
  amin,
  any,
  countNonzero,
  cumsum,
  type Dims,
  type KeepdimOptions,
  logsumexp,
  mean,
  norm,
  prod,
  type ReduceOptions,
  std,
  sum,
  type VarianceOptions,
  var,
  varMean,
} from './ops/reduction.js';

// ---- linear algebra ----
export { type AddProductOptions, addmm, baddbmm, bmm, dot, matmul, mm, mv, outer } from './ops/linalg.js';

// ---- what layers are made of (torch.nn.functional) ----
export {
  celu,
  elu,
  type GeluOptions,
  gelu,
  glu,
  hardshrink,
  hardsigmoid,
  hardswish,
  hardtanh,
  leakyRelu,
  logSigmoid,
  mish,
  prelu,
  relu6,
  type SoftplusOptions,
  selu,
  silu,
  softplus,
  softshrink,
  softsign,
  tanhshrink,
  threshold,
} from './ops/activation.js';
export { type BatchNormOptions, batchNorm } from './ops/batch-norm.js';
export { type ConvOptions, conv1d, conv2d, type PerDim } from './ops/conv.js';
export { type ConvTransposeOptions, convTranspose1d, convTranspose2d } from './ops/conv-transpose.js';
export { type DropoutOptions, dropout, dropout1d, dropout2d } from './ops/dropout.js';
export { type EmbeddingOptions, embedding, oneHot } from './ops/embedding.js';
export { type ChannelNormOptions, groupNorm, instanceNorm } from './ops/group-norm.js';
export { type LayerNormOptions, layerNorm, type RmsNormOptions, rmsNorm } from './ops/layer-norm.js';
export { type FusedActivation, linear, linearActivation } from './ops/linear.js';
export {
  type BinaryCrossEntropyOptions,
  type BinaryCrossEntropyWithLogitsOptions,
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  type CrossEntropyOptions,
  crossEntropy,
  type HuberLossOptions,
  huberLoss,
  type KlDivOptions,
  klDiv,
  type LossOptions,
  l1Loss,
  mseLoss,
  type NllLossOptions,
  nllLoss,
  type SmoothL1LossOptions,
  smoothL1Loss,
} from './ops/loss.js';
export { type PadOptions, pad } from './ops/padding.js';
export {
  type AvgPoolOptions,
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  avgPool1d,
  avgPool2d,
  type MaxPoolOptions,
  maxPool1d,
  maxPool2d,
  type OutputSize,
} from './ops/pool.js';
export { logSoftmax, type SoftmaxOptions, softmax } from './ops/softmax.js';

// ---- memory ----
export { keep, type ScopeOptions, scope } from './scope.js';
export { emptyCache, type MemoryReport, memory, setCacheLimit, setPoisonRecycled } from './storage.js';

// ---- printing, threads ----
export { getPrintOptions, type PrintOptions, resetPrintOptions, setPrintOptions } from './printing.js';
export { getNumThreads, setNumThreads } from '@flambeau/kernels';
