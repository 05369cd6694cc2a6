/**
 * Checkpoint formats: tensors to files and back.
 *
 * @module
 * @example
 * saveFile('model.safetensors', model.stateDict());
 * model.loadStateDict(load('model.safetensors'));
 */

// ---- any format ----
export { type LoadOptions, load, save } from './load.js';
export { CheckpointError, UnknownClassError } from './errors.js';
export { writeFileAtomic } from './atomic.js';
export type { Metadata, TensorFile, TensorInfo, TensorMap } from './tensor-file.js';

// ---- safetensors ----
export { loadFile, SafetensorsFile } from './safetensors/file.js';
export type { SafetensorsInfo } from './safetensors/header.js';
export { loadModel, type StatefulModel, saveModel } from './safetensors/model.js';
export { type SaveFileOptions, saveFile, serialize } from './safetensors/save.js';
export { openSafetensors, type SaveShardedOptions, saveSharded } from './safetensors/sharded.js';

// ---- PyTorch ----
export { type SavePyTorchOptions, savePyTorch } from './pytorch/save.js';
export { moduleStateDict } from './pytorch/whole-module.js';
export { loadTorchScript, type TorchScriptArchive } from './pytorch/torchscript.js';
export {
  PickledClass,
  PickledObject,
  type PickleValue,
  TorchDevice,
  TorchDtype,
  TorchSize,
  Tuple,
} from './pickle/values.js';

// ---- NumPy, JSON ----
export { saveJson } from './json.js';
export { loadNpy, saveNpy } from './numpy/npy.js';
export { loadNpz, saveNpz } from './numpy/npz.js';
