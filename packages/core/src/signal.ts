/**
 * Under the names of `torch.signal`.
 *
 * @module
 */
export * as windows from './windows.js';
