/**
 * Sequences of different lengths in one tensor. PyTorch: `torch.nn.utils.rnn`.
 *
 * @module
 */
export {
  PackedSequence,
  type PackOptions,
  type PadOptions,
  type PadPackedOptions,
  type PadSequenceOptions,
  packPaddedSequence,
  packSequence,
  padPackedSequence,
  padSequence,
  unpackSequence,
  unpadSequence,
} from '../recurrent/packed-sequence.js';
