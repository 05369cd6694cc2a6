/**
 * Layers without state: everything is a parameter of the function. PyTorch: `torch.nn.functional`.
 *
 * @module
 */
export {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
  affineGrid,
  avgPool1d,
  avgPool2d,
  avgPool3d,
  batchNorm,
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  celu,
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  crossEntropy,
  ctcLoss,
  dropout,
  dropout1d,
  dropout2d,
  dropout3d,
  elu,
  fold,
  gelu,
  glu,
  gridSample,
  groupNorm,
  hardshrink,
  hardsigmoid,
  hardswish,
  hardtanh,
  huberLoss,
  interpolate,
  klDiv,
  l1Loss,
  layerNorm,
  leakyRelu,
  linear,
  logSigmoid,
  logSoftmax,
  maxPool1d,
  maxPool2d,
  maxPool3d,
  mish,
  mseLoss,
  nllLoss,
  oneHot,
  pad,
  pdist,
  prelu,
  relu,
  relu6,
  rmsNorm,
  scaledDotProductAttention,
  selu,
  sigmoid,
  silu,
  smoothL1Loss,
  softmax,
  softplus,
  softshrink,
  softsign,
  tanh,
  tanhshrink,
  threshold,
  unfold,
} from '@flambeau/core';
export {
  celu_,
  elu_,
  type GumbelSoftmaxOptions,
  gumbelSoftmax,
  hardtanh_,
  leakyRelu_,
  type RreluOptions,
  relu_,
  rrelu,
  rrelu_,
  selu_,
  softmin,
  threshold_,
} from './functional/activation.js';
export { alphaDropout, featureAlphaDropout } from './functional/alpha-dropout.js';
export { bilinear } from './functional/bilinear.js';
export {
  type InstanceNormOptions,
  instanceNorm,
  type LocalResponseNormOptions,
  localResponseNorm,
} from './functional/channel-norm.js';
export { type EmbeddingBagOptions, type EmbeddingOptions, embedding, embeddingBag } from './functional/embedding.js';
export {
  type FractionalMaxPool,
  type FractionalMaxPoolOptions,
  fractionalMaxPool2d,
  fractionalMaxPool3d,
} from './functional/fractional-max-pool.js';
export {
  type GaussianNllLossOptions,
  gaussianNllLoss,
  type LinearCrossEntropyOptions,
  linearCrossEntropy,
  type PoissonNllLossOptions,
  poissonNllLoss,
} from './functional/likelihood-loss.js';
export {
  cosineEmbeddingLoss,
  hingeEmbeddingLoss,
  type MarginOptions,
  type MultilabelSoftMarginLossOptions,
  type MultiMarginLossOptions,
  marginRankingLoss,
  multilabelMarginLoss,
  multilabelSoftMarginLoss,
  multiMarginLoss,
  softMarginLoss,
} from './functional/margin-loss.js';
export { type MaxUnpoolOptions, maxUnpool1d, maxUnpool2d, maxUnpool3d } from './functional/max-unpool.js';
export { type LpPoolOptions, lpPool1d, lpPool2d, lpPool3d } from './functional/power-pool.js';
export {
  type MultiHeadAttentionCall,
  type MultiHeadAttentionOptions,
  type MultiHeadAttentionWeights,
  multiHeadAttentionForward,
} from './functional/multi-head-attention.js';
export { type RotaryOptions, rotaryEmbedding } from './functional/rotary-embedding.js';
export { channelShuffle, pixelShuffle, pixelUnshuffle } from './functional/rearrange.js';
export {
  type CosineSimilarityOptions,
  cosineSimilarity,
  type NormalizeOptions,
  normalize,
  type PairwiseDistanceOptions,
  pairwiseDistance,
} from './functional/similarity.js';
export {
  type TripletMarginLossOptions,
  type TripletMarginWithDistanceLossOptions,
  tripletMarginLoss,
  tripletMarginWithDistanceLoss,
} from './functional/triplet-loss.js';
