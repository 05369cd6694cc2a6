/** One way into every format. */
import { extname } from 'node:path';
import { isTensor, type Tensor } from '@flambeau/core';
import { CheckpointError } from './errors.js';
import { looksLikeJson, readJson, saveJson } from './json.js';
import { looksLikeNpy } from './numpy/header.js';
import { readNpy, saveNpy } from './numpy/npy.js';
import { isNpz, readNpz, saveNpz } from './numpy/npz.js';
import { toPlain } from './pickle/plain.js';
import { archiveFolder, readArchive } from './pytorch/archive.js';
import { looksLikeLegacy, readLegacy } from './pytorch/legacy.js';
import { savePyTorch } from './pytorch/save.js';
import { isTorchScript, readTorchScript } from './pytorch/torchscript.js';
import { looksLikeSafetensors, readHeader, readTensor } from './safetensors/header.js';
import { saveFile } from './safetensors/save.js';
import { openSafetensors } from './safetensors/sharded.js';
import { type ByteSource, withSource } from './source.js';
import { readAll, type TensorMap } from './tensor-file.js';
import { ZipReader } from './zip/reader.js';

export interface LoadOptions {
  /**
   * For PyTorch's pickles. True: only tensors and plain values; any other class is an `UnknownClassError`. False: objects of
   * other classes become inert records (`PickledObject`). No code of the file is run in either case. Default true.
   */
  readonly weightsOnly?: boolean;
}

/**
 * Reads a checkpoint of any known format, recognised by its content: safetensors (also sharded, by its index), PyTorch (zip,
 * legacy, TorchScript's state dict, Lightning), `.npy`, `.npz`, JSON. PyTorch: `torch.load`.
 *
 * In PyTorch files a dict is a plain object, or a Map where that would not say the same (keys that are no strings or that are
 * digits); None is null, a tuple a `Tuple`, an int too large for a number a bigint. Parameters are plain tensors.
 *
 * @typeParam T - What the caller expects in the file. It is not checked; `loadStateDict` does.
 * @param input - A path, or the bytes of a file.
 * @throws {CheckpointError} If the file is missing, malformed, of an unknown format, or names unknown classes.
 * @example
 * model.loadStateDict(load('model.pt'));
 * model.loadStateDict(load<{ state_dict: StateDict }>('last.ckpt').state_dict);
 */
export function load<T = Record<string, Tensor>>(input: string | Uint8Array, options: LoadOptions = {}): T {
  if (typeof input === 'string' && input.endsWith('.index.json')) {
    const file = openSafetensors(input);
    try {
      return readAll(file) as T;
    } finally {
      file.close();
    }
  }
  return withSource(input, (source) => read(source, options)) as T;
}

function read(source: ByteSource, { weightsOnly = true }: LoadOptions): unknown {
  const keepUnknown = (): boolean => !weightsOnly;
  const plain = (value: unknown): unknown => toPlain(value, (message) => source.error(message));
  const start = Buffer.from(source.read(0, Math.min(source.size, 8)));
  if (start.subarray(0, 2).toString('latin1') === 'PK') {
    const zip = new ZipReader(source);
    const folder = archiveFolder(zip);
    if (folder === null) {
      if (isNpz(zip)) return readNpz(source, zip);
      throw source.error('it is a zip archive, but none of PyTorch or NumPy');
    }
    if (isTorchScript(zip, folder)) return readTorchScript(source, zip, folder).stateDict;
    return plain(readArchive(source, zip, folder, keepUnknown));
  }
  if (looksLikeLegacy(source)) return plain(readLegacy(source, keepUnknown));
  if (looksLikeNpy(source)) return readNpy(source);
  if (looksLikeSafetensors(source)) {
    const { tensors, dataStart } = readHeader(source);
    return Object.fromEntries([...tensors].map(([name, info]) => [name, readTensor(source, dataStart, name, info)]));
  }
  if (looksLikeJson(source)) return readJson(source);
  throw source.error(
    `the format is not known; it begins with the bytes ${start.toString('hex') || 'of an empty file'}. ` +
      'Known are safetensors, PyTorch, TorchScript, .npy, .npz and JSON',
  );
}

/**
 * Writes tensors in the format that the file's name asks for: `.safetensors`; `.pt`, `.pth`, `.bin`, `.ckpt` (PyTorch); `.npy`
 * (one tensor); `.npz`; `.json`. Every file is written atomically.
 *
 * @param value - Named tensors; one tensor for `.npy`; for PyTorch any plain value with tensors in it.
 * @throws {CheckpointError} If the name has another ending, the format cannot hold the value, or the file cannot be written.
 */
export function save(path: string, value: unknown): void {
  switch (extname(path)) {
    case '.safetensors':
      return saveFile(path, named(value, path));
    case '.pt':
    case '.pth':
    case '.bin':
    case '.ckpt':
      return savePyTorch(path, value);
    case '.npz':
      return saveNpz(path, named(value, path));
    case '.json':
      return saveJson(path, named(value, path));
    case '.npy':
      if (!isTensor(value))
        throw new CheckpointError(`cannot write ${path}: an .npy file holds one tensor; use .npz for several`);
      return saveNpy(path, value);
    default:
      throw new CheckpointError(
        `cannot write ${path}: its ending names no format; use .safetensors, .pt, .npy, .npz or .json, or call saveFile or savePyTorch`,
      );
  }
}

function named(value: unknown, path: string): TensorMap {
  const entries =
    value instanceof Map
      ? [...value]
      : isTensor(value) || typeof value !== 'object' || value === null
        ? null
        : Object.entries(value);
  const wrong = entries?.find(([, t]) => !isTensor(t));
  if (entries === null || wrong !== undefined)
    throw new CheckpointError(
      `cannot write ${path}: ${wrong === undefined ? 'the value' : `'${wrong[0]}'`} is not ${wrong === undefined ? 'an object of tensors' : 'a tensor'}; this format holds named tensors only`,
    );
  return value as TensorMap;
}
