/**
 * TorchScript archives: a pickle of the module tree, the source text of its classes, and their tensors. The code is not run; what
 * can be read is the tree of attributes and, as in PyTorch, its state dict: the source says which attributes are parameters and
 * buffers.
 */
import { isTensor, type Tensor } from '@flambeau/core';
import { toPlain } from '../pickle/plain.js';
import { PickledObject } from '../pickle/values.js';
import { type ByteSource, withSource } from '../source.js';
import { ZipReader } from '../zip/reader.js';
import { archiveFolder, readArchive } from './archive.js';

export interface TorchScriptArchive {
  /** The tree of modules: records with the class name and, in `state`, the attributes. */
  readonly module: PickledObject;
  /** Parameters and buffers by their dotted names. PyTorch: `torch.jit.load(path).state_dict()`. */
  readonly stateDict: Record<string, Tensor>;
  /** Tensors that the code uses as constants. */
  readonly constants: readonly unknown[];
}

/** Far above what models have. Modules may be shared, and a hostile tree of shared ones has exponentially many paths. */
const MAX_MODULES = 1_000_000;
const MAX_DEPTH = 200;
const MAX_NAME = 4096;

/**
 * Reads a TorchScript archive (`torch.jit.save`).
 *
 * @param input - A path, or the bytes of a file.
 * @throws {CheckpointError} If it is malformed or another kind of file.
 */
export const loadTorchScript = (input: string | Uint8Array): TorchScriptArchive =>
  withSource(input, (source) => {
    const zip = new ZipReader(source);
    const folder = archiveFolder(zip);
    if (folder === null || !isTorchScript(zip, folder)) throw source.error('it is not a TorchScript archive');
    return readTorchScript(source, zip, folder);
  });

export const isTorchScript = (zip: ZipReader, folder: string): boolean => zip.has(`${folder}constants.pkl`);

export function readTorchScript(source: ByteSource, zip: ZipReader, folder: string): TorchScriptArchive {
  const ofScript = (module: string): boolean => module === '__torch__' || module.startsWith('__torch__.');
  const read = (pickle: string): unknown =>
    toPlain(readArchive(source, zip, folder, ofScript, pickle), (message) => source.error(message));
  const module = read('data');
  const constants = read('constants');
  if (!(module instanceof PickledObject) || !Array.isArray(constants))
    throw source.error('it is a TorchScript archive of another version: its pickles hold no module');
  return { module, stateDict: stateDictOf(module, new ClassSources(zip, folder), source), constants };
}

function stateDictOf(root: PickledObject, classes: ClassSources, source: ByteSource): Record<string, Tensor> {
  const found: [string, Tensor][] = [];
  let visited = 0;
  const visit = (module: PickledObject, prefix: string, depth: number): void => {
    if (++visited > MAX_MODULES || depth > MAX_DEPTH) throw source.error('the tree of modules is too large or contains itself');
    const attributes = attributesOf(module);
    if (attributes.some(([name]) => prefix.length + name.length > MAX_NAME))
      throw source.error('the names of attributes are too long');
    const persistent = classes.persistentNames(module.className);
    for (const [name, value] of attributes)
      if (isTensor(value) && (persistent === null || persistent.has(name))) found.push([prefix + name, value]);
    for (const [name, value] of attributes) if (value instanceof PickledObject) visit(value, `${prefix}${name}.`, depth + 1);
  };
  visit(root, '', 0);
  return Object.fromEntries(found);
}

function attributesOf({ state }: PickledObject): [string, unknown][] {
  const entries = state instanceof Map ? [...state] : Object.entries(state ?? {});
  return entries.filter(([name]) => typeof name === 'string');
}

/** The source text of the archive's classes, of which only the lists of names at their beginning are looked at. */
class ClassSources {
  private readonly persistent = new Map<string, ReadonlySet<string> | null>();

  constructor(
    private readonly zip: ZipReader,
    private readonly folder: string,
  ) {}

  /** Names of the parameters and buffers of a class; null if its source is not in the archive. */
  persistentNames(className: string): ReadonlySet<string> | null {
    let names = this.persistent.get(className);
    if (names === undefined) {
      names = this.find(className);
      this.persistent.set(className, names);
    }
    return names;
  }

  private find(className: string): ReadonlySet<string> | null {
    const parts = className.split('.');
    const name = parts.pop();
    const file = `${this.folder}code/${parts.join('/')}.py`;
    if (!this.zip.has(file)) return null;
    const lines = Buffer.from(this.zip.read(file)).toString('utf8').split('\n');
    const start = lines.findIndex((line) => line.startsWith(`class ${name}(`));
    if (start < 0) return null;
    const names = new Set<string>();
    for (const line of lines.slice(start + 1)) {
      if (line.startsWith('class ')) break;
      if (!/^\s+__(parameters|buffers)__ = /.test(line)) continue;
      for (const [, quoted] of line.matchAll(/"([^"]*)"/g)) names.add(quoted);
    }
    return names;
  }
}
