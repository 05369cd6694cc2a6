/**
 * Checkpoint formats: tensors to files and back.
 *
 * @module
 * @example
 * saveFile('model.safetensors', model.stateDict());
 * model.loadStateDict(loadFile('model.safetensors'));
 */
export { writeFileAtomic } from './atomic.js';
export { CheckpointError } from './errors.js';
export {
  load,
  loadFile,
  type Metadata,
  SafetensorsFile,
  type SaveOptions,
  saveFile,
  serialize,
  type TensorInfo,
  type TensorMap,
} from './safetensors.js';
