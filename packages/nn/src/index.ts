/**
 * Modules: layers, containers, losses, initialisation. PyTorch: `torch.nn`.
 *
 * @example
 * const model = new Sequential(new Linear(784, 128), new ReLU(), new Linear(128, 10));
 * const logits = model(randn([64, 784])); // (64, 10)
 *
 * @module
 */
export {
  type BufferOptions,
  Module,
  type NamedOptions,
} from './module.js';
export { isModule } from './is-module.js';
export type { FactoryOptions } from './factory-options.js';
export {
  type BackwardHook,
  type BackwardPreHook,
  type ForwardHook,
  type ForwardHookOptions,
  type ForwardPreHook,
  type HookOptions,
  type LoadStateDictHook,
  type LoadStateDictPreHook,
  type ModuleGradients,
  registerModuleForwardHook,
  registerModuleForwardPreHook,
  registerModuleFullBackwardHook,
  registerModuleFullBackwardPreHook,
  type StateDictHook,
  type StateDictPreHook,
} from './module-hooks.js';
export { deepCopy } from './deep-copy.js';
export { Buffer } from './buffer.js';
export { isParameter, Parameter, type ParameterOptions } from './parameter.js';
export type { ModuleJSON } from './repr.js';
export {
  type LoadResult,
  type LoadStateDictOptions,
  type StateDict,
  StateDictError,
  type StateDictOptions,
} from './state-dict.js';

// containers
export { ModuleDict } from './modules/module-dict.js';
export { ModuleList } from './modules/module-list.js';
export { ParameterDict } from './modules/parameter-dict.js';
export { ParameterList } from './modules/parameter-list.js';
export { Sequential } from './modules/sequential.js';

// layers
export { Bilinear } from './modules/bilinear.js';
export { Conv1d, Conv2d, Conv3d, type ConvOptions } from './modules/conv.js';
export { ConvTranspose1d, ConvTranspose2d, ConvTranspose3d, type ConvTransposeOptions } from './modules/conv-transpose.js';
export { CosineSimilarity, PairwiseDistance } from './modules/distance.js';
export {
  AlphaDropout,
  Dropout,
  Dropout1d,
  Dropout2d,
  Dropout3d,
  FeatureAlphaDropout,
} from './modules/dropout.js';
export {
  Embedding,
  EmbeddingBag,
  type EmbeddingBagOptions,
  type EmbeddingOptions,
  type PretrainedOptions,
} from './modules/embedding.js';
export { Flatten, Unflatten } from './modules/flatten.js';
export { Identity } from './modules/identity.js';
export { Fold, Unfold, Upsample, type UpsampleOptions, UpsamplingBilinear2d, UpsamplingNearest2d } from './modules/upsampling.js';
export { CTCLoss } from './modules/ctc-loss.js';
export {
  type MultiHeadAttentionCall,
  MultiheadAttention,
  type MultiheadAttentionOptions,
} from './modules/multihead-attention.js';
export { GRU, LSTM, type LSTMOptions, type RecurrentOptions, RNN, RNNBase, type RNNOptions } from './modules/recurrent.js';
export {
  GRUCell,
  LSTMCell,
  RNNCell,
  RNNCellBase,
  type RNNCellOptions,
  type RecurrentCellOptions,
} from './modules/recurrent-cell.js';
export {
  Transformer,
  TransformerDecoder,
  TransformerEncoder,
  type TransformerMasks,
  type TransformerOptions,
  type TransformerStackOptions,
} from './modules/transformer.js';
export {
  type DecoderMasks,
  type SequenceMasks,
  TransformerDecoderLayer,
  TransformerEncoderLayer,
  type TransformerLayerOptions,
} from './modules/transformer-layer.js';
export { Linear, type LinearOptions } from './modules/linear.js';
export { ChannelShuffle, PixelShuffle, PixelUnshuffle } from './modules/rearrange.js';
export {
  LazyBatchNorm1d,
  LazyBatchNorm2d,
  LazyBatchNorm3d,
  LazyConv1d,
  LazyConv2d,
  LazyConv3d,
  LazyConvTranspose1d,
  LazyConvTranspose2d,
  LazyConvTranspose3d,
  LazyInstanceNorm1d,
  LazyInstanceNorm2d,
  LazyInstanceNorm3d,
  LazyLinear,
} from './modules/lazy.js';
export { isLazy } from './lazy-tensors.js';

// normalisation
export { BatchNorm1d, BatchNorm2d, BatchNorm3d, type BatchNormOptions } from './modules/batch-norm.js';
export { InstanceNorm1d, InstanceNorm2d, InstanceNorm3d, type InstanceNormOptions } from './modules/instance-norm.js';
export { LocalResponseNorm } from './modules/local-response-norm.js';
export {
  GroupNorm,
  type GroupNormOptions,
  LayerNorm,
  type LayerNormOptions,
  RMSNorm,
  type RMSNormOptions,
} from './modules/normalization.js';

// pooling and padding
export {
  AdaptiveAvgPool1d,
  AdaptiveAvgPool2d,
  AdaptiveAvgPool3d,
  AdaptiveMaxPool1d,
  AdaptiveMaxPool2d,
  AdaptiveMaxPool3d,
} from './modules/adaptive-pool.js';
export { AvgPool1d, AvgPool2d, AvgPool3d, LPPool1d, LPPool2d, LPPool3d } from './modules/avg-pool.js';
export {
  FractionalMaxPool2d,
  FractionalMaxPool3d,
  type FractionalMaxPoolOptions,
  MaxPool1d,
  MaxPool2d,
  MaxPool3d,
  type MaxPoolOptions,
  MaxUnpool1d,
  MaxUnpool2d,
  MaxUnpool3d,
} from './modules/max-pool.js';
export {
  CircularPad1d,
  CircularPad2d,
  CircularPad3d,
  ConstantPad1d,
  ConstantPad2d,
  ConstantPad3d,
  type PaddingSizes,
  ReflectionPad1d,
  ReflectionPad2d,
  ReflectionPad3d,
  ReplicationPad1d,
  ReplicationPad2d,
  ReplicationPad3d,
  ZeroPad1d,
  ZeroPad2d,
  ZeroPad3d,
} from './modules/padding.js';

// activations
export {
  GELU,
  type GELUOptions,
  GLU,
  Hardshrink,
  Hardsigmoid,
  Hardswish,
  Hardtanh,
  LogSigmoid,
  Mish,
  Sigmoid,
  SiLU,
  Softplus,
  type SoftplusOptions,
  Softshrink,
  Softsign,
  Tanh,
  Tanhshrink,
} from './modules/activation.js';
export type { InplaceOptions } from './modules/pointwise.js';
export {
  CELU,
  ELU,
  LeakyReLU,
  PReLU,
  type PReLUOptions,
  ReLU,
  ReLU6,
  RReLU,
  SELU,
  Threshold,
} from './modules/rectifier.js';
export { AdaptiveLogSoftmaxWithLoss, type AdaptiveLogSoftmaxOptions } from './modules/adaptive-softmax.js';
export { LogSoftmax, Softmax, Softmax2d, Softmin } from './modules/softmax.js';

// losses
export {
  BCELoss,
  BCEWithLogitsLoss,
  CrossEntropyLoss,
  GaussianNLLLoss,
  HuberLoss,
  KLDivLoss,
  L1Loss,
  LinearCrossEntropyLoss,
  type LinearCrossEntropyLossOptions,
  MSELoss,
  NLLLoss,
  PoissonNLLLoss,
  SmoothL1Loss,
} from './modules/loss.js';
export {
  CosineEmbeddingLoss,
  HingeEmbeddingLoss,
  MarginRankingLoss,
  MultiLabelMarginLoss,
  MultiLabelSoftMarginLoss,
  MultiMarginLoss,
  SoftMarginLoss,
  TripletMarginLoss,
  TripletMarginWithDistanceLoss,
} from './modules/margin-loss.js';

export * as attention from './attention.js';
export * as F from './functional.js';
export * as init from './init.js';
export { type LayerSummary, type ModelSummary, summary } from './summary.js';
export * as utils from './utils.js';
