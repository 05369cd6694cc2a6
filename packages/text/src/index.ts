/**
 * Text as tokens.
 *
 * @module
 * @example
 * const tokenizer = ByteLevelBPE.train([text], { vocabSize: 1024, specialTokens: ['<|endoftext|>'] });
 * const ids = tokenizer.encodeTensor('To be, or not to be'); // int64
 */
export { ByteLevelBPE, type EncodeOptions, type TrainOptions } from './byte-level-bpe.js';
export { TokenizerError } from './tokenizer-error.js';
