/**
 * The names that PyTorch's files may mention, and what each stands for here. It is the list of PyTorch's `weights_only` unpickler
 * as far as there are such tensors in Flambeau. Whatever is not on it is refused, or kept as an inert record.
 *
 * @see PyTorch, torch/_weights_only_unpickler.py and torch/_utils.py
 */
import { isTensor, type Tensor } from '@flambeau/core';
import { UnknownClassError } from '../errors.js';
import { Callable } from '../pickle/unpickler.js';
import { PickledClass, TorchDevice, TorchDtype, TorchSize, Tuple } from '../pickle/values.js';
import type { ByteSource } from '../source.js';
import type { StoredType } from '../stored-type.js';
import { isStorageSlice, STORAGE_CLASSES, StorageType, tensorOn } from './storage.js';

/** Element types by the name of their dtype object in `torch`. */
const DTYPES: ReadonlyMap<string, StoredType | null> = new Map<string, StoredType | null>([
  ...Object.keys(STORAGE_CLASSES).map((name) => [name, name as StoredType] as const),
  ...(['uint16', 'uint32', 'uint64', 'float8_e4m3fn', 'float8_e5m2'] as const).map((name) => [name, name] as const),
  ...['complex32', 'float8_e4m3fnuz', 'float8_e5m2fnuz', 'float8_e8m0fnu', 'qint8', 'quint8', 'qint32'].map(
    (name) => [name, null] as const,
  ),
]);

const STORAGES: ReadonlyMap<string, StorageType> = new Map([
  ...Object.entries(STORAGE_CLASSES).map(([dtype, name]) => [name, new StorageType(dtype as StoredType)] as const),
  ['UntypedStorage', new StorageType(null)],
]);

/** Python 2 called some modules otherwise. */
const MODULES: Readonly<Record<string, string>> = { __builtin__: 'builtins', copy_reg: 'copyreg' };

/** Classes that only occur as arguments. */
const CLASSES = new Set([
  'torch.Tensor',
  'torch.nn.parameter.Parameter',
  'torch.nn.parameter.Buffer',
  'torch.storage.TypedStorage',
]);

export interface GlobalOptions {
  /** Whether unknown names become inert records instead of errors. */
  readonly keepUnknown: (module: string, name: string) => boolean;
}

/** What each allowed name stands for, in pickles of one file. */
export function torchGlobals(source: ByteSource, { keepUnknown }: GlobalOptions): (module: string, name: string) => unknown {
  const functions = new Map<string, Callable>(
    Object.entries({ ...containers(source), ...rebuilders(source) }).map(([name, call]) => [name, new Callable(name, call)]),
  );
  return (pickledModule, name) => {
    const module = Object.hasOwn(MODULES, pickledModule) ? MODULES[pickledModule] : pickledModule;
    const full = `${module}.${name}`;
    const known = functions.get(full);
    if (known !== undefined) return known;
    if (module === 'torch' || module === 'torch.storage' || module === 'torch.cuda') {
      const storage = STORAGES.get(name);
      if (storage !== undefined) return storage;
      if (module === 'torch' && DTYPES.has(name)) return new TorchDtype(name);
    }
    if (CLASSES.has(full) || keepUnknown(module, name)) return new PickledClass(module, name);
    throw new UnknownClassError(
      `${source.name}: the pickle mentions ${full}, which is not on the list of classes and functions that may be loaded; ` +
        'load with { weightsOnly: false } to get objects of unknown classes as inert records (no code is run in any case)',
      full,
    );
  };
}

type Functions = Record<string, (args: readonly unknown[]) => unknown>;

function containers(source: ByteSource): Functions {
  const dict = (args: readonly unknown[]): Map<unknown, unknown> => {
    const [content = []] = args;
    if (content instanceof Map) return new Map(content);
    if (!Array.isArray(content) || !content.every((pair) => Array.isArray(pair) && pair.length === 2))
      throw source.error('a dict is made from what is no list of pairs');
    return new Map(content as [unknown, unknown][]);
  };
  const set = ([items = []]: readonly unknown[]): Set<unknown> => {
    if (!Array.isArray(items)) throw source.error('a set is made from what is no list');
    return new Set(items);
  };
  return {
    'collections.OrderedDict': dict,
    'collections.Counter': dict,
    'builtins.set': set,
    'builtins.frozenset': set,
    'builtins.complex': ([re, im]) => {
      if (typeof re !== 'number' || typeof im !== 'number') throw source.error('a complex number is made from no numbers');
      return { re, im };
    },
    'builtins.bytearray': ([content = '', encoding = 'latin1']) => bytesOf(content, encoding, source),
    '_codecs.encode': ([text, encoding = 'latin1']) => bytesOf(text, encoding, source),
    'torch.Size': ([sizes = []]) => {
      if (!Array.isArray(sizes)) throw source.error('a torch.Size is made from no tuple');
      return TorchSize.from(sizes as number[]);
    },
    'torch.device': ([type, index = null]) => {
      const [, name, number] = (typeof type === 'string' && /^([a-z_]{1,20})(?::(\d{1,4}))?$/.exec(type)) || [];
      if (name === undefined) throw source.error('a torch.device has a name that is not known');
      return new TorchDevice(name, typeof index === 'number' ? index : number === undefined ? null : Number(number));
    },
    // TorchScript's typed lists
    ...Object.fromEntries(
      ['intlist', 'doublelist', 'boollist', 'tensorlist'].map((kind) => [
        `torch.jit._pickle.build_${kind}`,
        ([list]: readonly unknown[]) => list,
      ]),
    ),
    'torch.jit._pickle.restore_type_tag': ([value]) => value,
  };
}

/** Python 3 pickles bytes for Python 2 as text, one character per byte. */
function bytesOf(text: unknown, encoding: unknown, source: ByteSource): Uint8Array {
  if (text instanceof Uint8Array) return text;
  if (typeof text !== 'string' || encoding !== 'latin1' || /[^\0-\xff]/.test(text))
    throw source.error('bytes are made from what is no latin1 text');
  return new Uint8Array(Buffer.from(text, 'latin1'));
}

function rebuilders(source: ByteSource): Functions {
  /** (storage, offset, size, stride, …): the layout that all versions begin with. */
  const rebuild = (args: readonly unknown[], dtype?: unknown, metadata?: unknown): Tensor => {
    const [slice, offset, size, stride] = args;
    if (!isStorageSlice(slice)) throw source.error('a tensor is made on what is no storage');
    const stored = dtype === undefined ? slice.storage.type.stored : dtype instanceof TorchDtype ? DTYPES.get(dtype.name) : null;
    if (stored === null || stored === undefined)
      throw source.error(
        `a tensor has the dtype ${dtype instanceof TorchDtype ? dtype : 'of an untyped storage'}, which is not supported`,
      );
    const bit = (name: string): boolean => metadata instanceof Map && metadata.get(name) === true;
    const bits = { conj: bit('conj'), neg: bit('neg') };
    return tensorOn(slice, stored, offset, size, stride, bits.conj || bits.neg ? bits : null, source);
  };
  const parameter = ([data]: readonly unknown[]): Tensor => {
    if (!isTensor(data)) throw source.error('a parameter is made from what is no tensor');
    return data;
  };
  const functions: Functions = {
    'torch._utils._rebuild_tensor': (args) => rebuild(args),
    'torch._utils._rebuild_tensor_v2': (args) => rebuild(args, undefined, args[6]),
    'torch._utils._rebuild_tensor_v3': (args) => rebuild(args, args[6], args[7]),
    'torch._utils._rebuild_parameter': parameter,
    'torch._utils._rebuild_parameter_with_state': parameter,
  };
  return {
    ...functions,
    // a tensor with attributes: (how to rebuild it, its class, arguments, attributes)
    'torch._tensor._rebuild_from_type_v2': ([rebuilder, , args]) => {
      if (!(rebuilder instanceof Callable) || !(rebuilder.name in functions) || !(args instanceof Tuple))
        throw source.error('a tensor is rebuilt in a way that is not supported');
      return rebuilder.call(args);
    },
  };
}
