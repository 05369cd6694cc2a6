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
  LayoutError,
  LinAlgError,
  ShapeError,
  StorageError,
  ValueError,
} from './errors.js';
export * as testing from './testing.js';
export { e, inf, nan, newaxis, pi } from './constants.js';
export { getDefaultDevice, setDefaultDevice } from './default-device.js';
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

export {
  type AsarrayOptions,
  asarray,
  asTensor,
  emptyStrided,
  type TriangleIndicesOptions,
  trilIndices,
  triuIndices,
} from './conversion.js';
export {
  broadcastShapes,
  canCast,
  type FloatInfo,
  finfo,
  type IntInfo,
  iinfo,
  isComplex,
  isFloatingPoint,
  isNonzero,
  isSigned,
  numel,
  resultType,
} from './type-info.js';
export * as profiler from './profiler.js';
export * as signal from './signal.js';
export { bartlettWindow, blackmanWindow, hammingWindow, hannWindow, kaiserWindow } from './spectral-windows.js';

// ---- indexing, slicing, joining ----
export { gather, type IndexAddOptions, indexAdd, indexSelect, scatter, scatterAdd, takeAlongDim } from './ops/indexing.js';
export type { Indices } from './ops/indices.js';
export { broadcastTensors, cat, hstack, type MeshgridOptions, meshgrid, stack, vstack } from './ops/joining.js';
export { argwhere, maskedFill, maskedSelect, nonzero } from './ops/masking.js';
export { flip, fliplr, flipud, repeat, repeatInterleave, roll, rot90, tile, tril, triu } from './ops/rearranging.js';
export { ellipsis, type IndexItem, type IndexPutOptions, index, indexPut, indexPut_, Slice, slice } from './ops/subscript.js';
export {
  asStrided,
  broadcastTo,
  diagonal,
  expand,
  flatten,
  movedim,
  narrow,
  permute,
  reshape,
  select,
  squeeze,
  swapaxes,
  t,
  transpose,
  unflatten,
  unsqueeze,
} from './ops/view.js';
export { where } from './ops/where.js';
export { adjoint, atleast1d, atleast2d, atleast3d, ravel, sumToSize } from './ops/shaping.js';

// ---- random numbers ----
export {
  bernoulli,
  type GeneratorOptions,
  type MultinomialOptions,
  multinomial,
  normal,
  poisson,
  type RandomOptions,
  rand,
  randint,
  randintLike,
  randLike,
  randn,
  randnLike,
  randperm,
} from './ops/random.js';
export {
  defaultGenerator,
  forkRng,
  Generator,
  type GeneratorState,
  getRngState,
  initialSeed,
  manualSeed,
  seed,
  setRngState,
} from './random.js';

// ---- pointwise ----
export { clone, type ContiguousOptions, type ToOptions } from './ops/copy.js';
export type { MemoryFormat } from './memory-format.js';
export type { SetOptions } from './ops/resizing.js';
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

export {
  bitwiseLeftShift,
  bitwiseRightShift,
  copysign,
  deg2rad,
  floatPower,
  fmax,
  fmin,
  frac,
  gcd,
  heaviside,
  hypot,
  lcm,
  ldexp,
  logaddexp,
  logaddexp2,
  type NanToNumOptions,
  nanToNum,
  positive,
  rad2deg,
  sgn,
  signbit,
} from './ops/arithmetic.js';
export { type GradientOptions, gradient } from './ops/gradient.js';
export {
  acosh,
  asinh,
  atanh,
  digamma,
  erfinv,
  i0,
  igamma,
  igammac,
  type LogitOptions,
  lgamma,
  logit,
  mvlgamma,
  sinc,
  xlogy,
} from './ops/special.js';
export { polygamma } from './ops/special-namespace.js';
export * as special from './special.js';

// ---- comparison ----
export { allclose, type ClosenessOptions, equal, isclose, isneginf, isposinf, isreal } from './ops/closeness.js';
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
export { argmax, argmin, cummax, cummin, max, min, type ValuesAndIndices } from './ops/extremum.js';
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
  nansum,
  norm,
  prod,
  type ReduceOptions,
  std,
  stdMean,
  sum,
  type VarianceOptions,
  var,
  varMean,
} from './ops/reduction.js';

// ---- order, searching, scans, statistics ----
export { type SortOptions, argsort, kthvalue, mode, msort, sort, type TopkOptions, topk } from './ops/sorting.js';
export { median, type MedianFunction, nanmedian, nanquantile, quantile, type QuantileOptions } from './ops/quantile.js';
export {
  bucketize,
  type BucketizeOptions,
  isin,
  type IsinOptions,
  searchsorted,
  type SearchsortedOptions,
  unravelIndex,
} from './ops/searching.js';
export { unique, type UniqueOptions, uniqueConsecutive, type UniqueConsecutiveOptions } from './ops/uniqueness.js';
export { cumprod, diff, type DiffOptions, logcumsumexp } from './ops/scan.js';
export { cumulativeTrapezoid, trapezoid, type TrapezoidOptions } from './ops/integration.js';
export { aminmax, type AminmaxOptions, dist, type MinAndMax, nanmean } from './ops/summaries.js';
export {
  bincount,
  type BincountOptions,
  corrcoef,
  cov,
  type CovOptions,
  histc,
  type Histogram,
  histogram,
  type HistogramOptions,
  renorm,
} from './ops/statistics.js';
export { cdist, type CdistOptions, pdist } from './ops/distances.js';

// ---- writing through indices, diagonals, combining ----
export {
  indexCopy,
  indexFill,
  indexReduce,
  maskedScatter,
  put,
  scatterReduce,
  type ScatterReduceOptions,
  take,
} from './ops/index-writing.js';
export type { ScatterReduction } from './ops/scatter-reduction.js';
export { asStridedScatter, diagonalScatter, selectScatter, sliceScatter } from './ops/view-writing.js';
export { diag, diagEmbed, diagflat } from './ops/diagonals.js';
export { chunk, dsplit, hsplit, split, tensorSplit, unbind, vsplit } from './ops/splitting.js';
export { blockDiag, cartesianProd, columnStack, combinations, dstack } from './ops/combining.js';

// ---- linear algebra ----
export {
  type AddProductOptions,
  addbmm,
  addmm,
  addmv,
  addr,
  baddbmm,
  bmm,
  dot,
  matmul,
  mm,
  mv,
  outer,
} from './ops/linalg.js';
export { type ContractedDims, chainMatmul, einsum, tensordot } from './ops/contraction.js';
export { choleskyInverse, choleskySolve, det, inv as inverse, logdet, luUnpack, slogdet } from './ops/linear-solve.js';
export { intMm } from './ops/integer-product.js';
export { type LowRankOptions, svdLowrank } from './ops/low-rank.js';
export { matrixExp, matrixPower } from './ops/matrix-function.js';
export { geqrf } from './ops/orthogonal.js';
export { pinv as pinverse } from './ops/pseudo-inverse.js';
export { cross, inner, kron, trace, vdot } from './ops/products.js';
export * as linalg from './linalg.js';

// ---- complex numbers, spectra ----
export {
  angle,
  complex,
  conj,
  conjPhysical,
  imag,
  polar,
  real,
  resolveConj,
  viewAsComplex,
  viewAsReal,
} from './ops/complex.js';
export * as fft from './fft.js';
export { istft, type IstftOptions, stft, type StftOptions } from './ops/stft.js';

// ---- sparse tensors ----
export { type SparseCooOptions, SparseCooTensor, sparseCooTensor } from './sparse/coo.js';
export {
  SparseCompressedTensor,
  type SparseCompressedOptions,
  sparseCscTensor,
  sparseCsrTensor,
} from './sparse/compressed.js';
export * as sparse from './sparse.js';

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
export { type AttentionOptions, scaledDotProductAttention } from './ops/attention.js';
export { type BatchNormOptions, batchNorm } from './ops/batch-norm.js';
export { type ConvOptions, conv1d, conv2d, type PerDim } from './ops/conv.js';
export { conv3d, convTranspose3d } from './ops/conv3d.js';
export { type ConvTransposeOptions, convTranspose1d, convTranspose2d } from './ops/conv-transpose.js';
export { type CtcLossOptions, ctcLoss } from './ops/ctc-loss.js';
export { type DropoutOptions, dropout, dropout1d, dropout2d, dropout3d } from './ops/dropout.js';
export { type EmbeddingOptions, embedding, oneHot } from './ops/embedding.js';
export { type FoldOptions, fold, unfold } from './ops/fold.js';
export { type AffineGridOptions, affineGrid, type GridSampleOptions, gridSample } from './ops/grid-sample.js';
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
  type ReturnIndices,
} from './ops/pool.js';
export { adaptiveAvgPool3d, adaptiveMaxPool3d, avgPool3d, maxPool3d } from './ops/pool3d.js';
export { type InterpolateOptions, type InterpolationMode, interpolate } from './ops/resampling.js';
export { logSoftmax, type SoftmaxOptions, softmax } from './ops/softmax.js';

// ---- memory ----
export { keep, type ScopeOptions, scope } from './scope.js';
export { emptyCache, type MemoryReport, memory, setCacheLimit, setPoisonRecycled } from './storage.js';

// ---- printing, threads ----
export { getPrintOptions, type PrintOptions, resetPrintOptions, setPrintOptions } from './printing.js';
export { getNumThreads, setNumThreads, setWinograd } from '@flambeau/kernels';
