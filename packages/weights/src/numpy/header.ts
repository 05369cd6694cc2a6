/**
 * The header of an `.npy` file: magic, version, and a Python dict as text with the element type, the order and the shape.
 *
 * @see NumPy Enhancement Proposal 1, "A Simple File Format for NumPy Arrays"; numpy/lib/format.py
 */
import type { DType } from '@flambeau/core';
import { CheckpointError } from '../errors.js';
import type { ByteSource } from '../source.js';
import type { StoredType } from '../stored-type.js';

export const NPY_MAGIC = Buffer.from('\x93NUMPY', 'latin1');
/** Real headers have some hundred bytes. */
const MAX_HEADER_BYTES = 65_536;
/** The data begins on a multiple of this. */
const ALIGNMENT = 64;

/** NumPy's codes without the byte order. It has no bfloat16. */
const CODES = {
  float32: 'f4',
  float64: 'f8',
  float16: 'f2',
  int64: 'i8',
  int32: 'i4',
  int16: 'i2',
  int8: 'i1',
  uint8: 'u1',
  bool: 'b1',
  complex64: 'c8',
  complex128: 'c16',
  uint16: 'u2',
  uint32: 'u4',
  uint64: 'u8',
} as const satisfies Partial<Record<StoredType, string>>;
const STORED = new Map<string, StoredType>(Object.entries(CODES).map(([type, code]) => [code, type as StoredType]));

export interface NpyHeader {
  readonly stored: StoredType;
  readonly bigEndian: boolean;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  readonly dataStart: number;
}

export const looksLikeNpy = (source: ByteSource): boolean =>
  source.size >= 10 && NPY_MAGIC.equals(source.read(0, NPY_MAGIC.length));

export function readNpyHeader(source: ByteSource): NpyHeader {
  if (!looksLikeNpy(source)) throw source.error('it is not an .npy file');
  const version = source.read(6, 1)[0];
  if (version < 1 || version > 3) throw source.error(`it is an .npy file of version ${version}; 1 to 3 are known`);
  const lengthBytes = version === 1 ? 2 : 4;
  const length = Buffer.from(source.read(8, lengthBytes)).readUIntLE(0, lengthBytes);
  if (length > MAX_HEADER_BYTES) throw source.error(`it claims a header of ${length} bytes`);
  const text = Buffer.from(source.read(8 + lengthBytes, length)).toString(version === 3 ? 'utf8' : 'latin1');
  return { ...parse(text.trim(), source), dataStart: 8 + lengthBytes + length };
}

function parse(text: string, source: ByteSource): Omit<NpyHeader, 'dataStart'> {
  if (!text.startsWith('{') || !text.endsWith('}')) throw source.error('the header is not a dict');
  const field = (name: string, pattern: string): string => {
    const found = new RegExp(`'${name}'\\s*:\\s*(${pattern})\\s*[,}]`).exec(text);
    if (found === null) throw source.error(`the header has no '${name}' that can be read: ${text.slice(0, 200)}`);
    return found[1];
  };
  const descr = field('descr', "'[^']*'|\\[[^\\]]*\\]").slice(1, -1);
  const [, order, code] = /^([<>|=])(\w+)$/.exec(descr) ?? [];
  const stored = STORED.get(code);
  if (stored === undefined)
    throw source.error(`elements of type '${descr.slice(0, 100)}' are not supported; known: ${[...STORED.keys()].join(', ')}`);
  const fortranOrder = field('fortran_order', 'True|False') === 'True';
  const sizes = field('shape', '\\([\\d,\\sL]*\\)').slice(1, -1);
  const shape = sizes
    .split(',')
    .filter((size) => size.trim() !== '')
    .map((size) => Number(size.trim().replace(/L$/, '')));
  if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0)) throw source.error(`the shape (${sizes}) is invalid`);
  return { stored, bigEndian: order === '>', fortranOrder, shape };
}

/** The bytes before the data, as NumPy writes them: version 1, or 2 where the header needs it. */
export function npyHeader(dtype: DType, shape: readonly number[]): Uint8Array {
  const code = (CODES as Partial<Record<DType, string>>)[dtype];
  if (code === undefined) throw new CheckpointError(`NumPy has no ${dtype}; convert the tensor first, e.g. to('float32')`);
  const order = code.endsWith('1') ? '|' : '<';
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const dict = `{'descr': '${order}${code}', 'fortran_order': False, 'shape': (${sizes}), }`;
  const version = dict.length + ALIGNMENT < 0xffff ? 1 : 2;
  const start = version === 1 ? 10 : 12;
  const total = Math.ceil((start + dict.length + 1) / ALIGNMENT) * ALIGNMENT;
  const header = Buffer.alloc(total, ' ');
  NPY_MAGIC.copy(header);
  header[6] = version;
  header[7] = 0;
  header.writeUIntLE(total - start, 8, start - 8);
  header.write(dict, start);
  header[total - 1] = 0x0a;
  return header;
}
