/**
 * Which way attention is computed, and attention with scores and masks of one's own. PyTorch: `torch.nn.attention`.
 *
 * @module
 */
export {
  andMasks,
  BlockMask,
  type BlockMaskOptions,
  createBlockMask,
  createMask,
  type MaskMod,
  orMasks,
} from './attention/block-mask.js';
export {
  type FlexAttentionOptions,
  flexAttention,
  flexAttentionWithLse,
  type ScoreMod,
} from './attention/flex-attention.js';
export { SDPBackend, sdpaKernel } from './attention/sdpa-kernel.js';
