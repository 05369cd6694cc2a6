/**
 * Audio files as tensors.
 *
 * @module
 * @example
 * const { waveform, sampleRate } = await load('speech.wav'); // (channels, frames), Hz
 */
export { AudioError } from './audio-error.js';
export { type Audio, type AudioInfo, info, load, type LoadOptions } from './load.js';
