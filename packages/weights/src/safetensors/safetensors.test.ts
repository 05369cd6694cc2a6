import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { arange, type DType, isTensor, tensor, type Tensor, zeros } from '@flambeau/core';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '@flambeau/vitest/temporary-folder';
import { readAll } from '../tensor-file.js';
import { CheckpointError, load, loadFile, SafetensorsFile, saveFile, serialize } from '../index.js';

const folder = temporaryFolder();
const file = (name: string) => join(folder, name);
const fixture = (name: string) => fileURLToPath(new URL(`../../test/fixtures/written-by-pytorch/${name}`, import.meta.url));
const bitsOf = (t: Tensor) => {
  const a = t.toTypedArray();
  return [t.dtype, t.shape, Buffer.from(a.buffer, a.byteOffset, a.byteLength).toString('hex')];
};

/** One of each dtype, with values at the edges. */
const everyDType: Record<DType, Tensor> = {
  float32: tensor([
    [1.5, -0, Number.NaN],
    [Number.POSITIVE_INFINITY, 2 ** -149, 0.1],
  ]),
  float64: tensor([Math.PI, -Number.MAX_VALUE], { dtype: 'float64' }),
  float16: tensor([65504, 2 ** -24], { dtype: 'float16' }),
  bfloat16: tensor([1e38, -3], { dtype: 'bfloat16' }),
  int64: tensor([2n ** 63n - 1n, -(2n ** 63n)]),
  int32: tensor([2 ** 31 - 1, -(2 ** 31)], { dtype: 'int32' }),
  int16: tensor([32767, -32768], { dtype: 'int16' }),
  int8: tensor([127, -128, 0], { dtype: 'int8' }),
  uint8: tensor([255, 0, 1], { dtype: 'uint8' }),
  bool: tensor([true, false, true]),
  complex64: tensor([{ re: 1, im: -2 }]),
  complex128: tensor([{ re: 0.1, im: 1e300 }], { dtype: 'complex128' }),
};

describe('round trips', () => {
  it('keep every dtype bit by bit, 0-d and empty tensors, names and metadata', () => {
    const tensors: Record<string, Tensor> = {
      ...everyDType,
      scalar: tensor(0.1),
      empty: zeros([2, 0, 3]),
      'a.b/ü "quoted" 日本': tensor([1]),
      ['__proto__']: tensor([2]),
      '7': tensor([3]),
    };
    const path = file('all.safetensors');
    saveFile(path, tensors, { metadata: { format: 'pt', note: 'ä\n"' } });
    const loaded = loadFile(path);
    expect(Object.keys(loaded).toSorted()).toEqual(Object.keys(tensors).toSorted());
    for (const name of Object.keys(tensors)) expect([name, bitsOf(loaded[name])]).toEqual([name, bitsOf(tensors[name])]);
    const open = new SafetensorsFile(path);
    expect(open.metadata).toEqual({ format: 'pt', note: 'ä\n"' });
    expect(open.tensors.get('float16')).toMatchObject({ dtype: 'float16', shape: [2] });
    expect(bitsOf(open.get('int8'))).toEqual(bitsOf(tensors.int8));
    open.close();
  });
  it('store views as what they show, in maps as well', () => {
    const base = arange(12).reshape([3, 4]);
    const views = {
      transposed: base.t(),
      strided: base.select(1, 2),
      narrow: base.narrow(0, 1, 1),
      expanded: tensor([1]).expand([2, 3]),
    };
    const path = file('views.safetensors');
    saveFile(path, new Map<string, Tensor>(Object.entries(views)));
    const loaded = loadFile(path);
    for (const [name, t] of Object.entries(views)) expect(bitsOf(loaded[name])).toEqual(bitsOf(t.contiguous()));
  });
  it('work on bytes, wherever these lie in their buffer', () => {
    const parts = [...serialize(everyDType)];
    const bytes = Buffer.concat(parts);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    for (const source of [bytes, new Uint8Array(bytes), shifted.subarray(3), Buffer.from(shifted.buffer, 3)]) {
      const loaded = load(source);
      for (const [name, t] of Object.entries(everyDType)) expect(bitsOf(loaded[name])).toEqual(bitsOf(t));
    }
    const before = bitsOf(load(bytes).float64);
    const loaded = load(bytes);
    bytes.fill(0);
    expect(bitsOf(loaded.float64)).toEqual(before);
  });
  it('align tensors, and write nothing for nothing', () => {
    const path = file('aligned.safetensors');
    saveFile(path, { a: everyDType.uint8, b: everyDType.float64, c: everyDType.float32 });
    const bytes = readFileSync(path);
    expect((8 + Number(bytes.readBigUInt64LE())) % 8).toBe(0);
    const open = new SafetensorsFile(path);
    for (const { dtype, offsets } of open.tensors.values()) expect(offsets[0] % zeros([0], { dtype }).itemSize).toBe(0);
    open.close();
    saveFile(path, {});
    expect(loadFile(path)).toEqual({});
  });
  it('read what PyTorch wrote', () => {
    const open = new SafetensorsFile(fixture('tensors.safetensors'));
    expect(open.metadata).toEqual({ format: 'pt', note: 'ä "quoted"' });
    open.close();
    const loaded = loadFile(fixture('tensors.safetensors'));
    const numbers = [
      [0, 1, -2],
      [3, 100, -100],
    ];
    for (const dtype of ['float32', 'float64', 'float16', 'bfloat16', 'int32', 'int16', 'int8'] as const) {
      expect(loaded[dtype].dtype).toBe(dtype);
      expect(loaded[dtype].toArray()).toEqual(numbers);
    }
    expect(loaded.int64.to('int32').toArray()).toEqual(numbers);
    expect(loaded['large int64'].toTypedArray()).toEqual(new BigInt64Array([2n ** 63n - 1n, -(2n ** 63n)]));
    expect(loaded.uint8.toArray()).toEqual([0, 1, 255]);
    expect(loaded.bool.toArray()).toEqual([[true], [false]]);
    expect(loaded.complex64.toTypedArray()).toEqual(new Float32Array([1, 2, -0, -3.5]));
    expect(loaded.scalar.shape).toEqual([]);
    expect(loaded.scalar.item()).toBe(Math.fround(0.1));
    expect(loaded.empty.shape).toEqual([2, 0, 3]);
    expect(loaded['große Schicht.weight'].toArray()).toEqual([2 ** -149, Number.POSITIVE_INFINITY, Number.NaN]);
  });
});

describe('malformed files', () => {
  const withHeader = (header: unknown, data = 8) => {
    const json =
      typeof header === 'string' || header instanceof Uint8Array
        ? Buffer.from(header as string)
        : Buffer.from(JSON.stringify(header));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(json.length));
    return Buffer.concat([length, json, Buffer.alloc(data)]);
  };
  const entry = (dtype: unknown, shape: unknown, data_offsets: unknown) => ({ dtype, shape, data_offsets });
  const whole = withHeader({ x: entry('F32', [2], [0, 8]) });
  const hugeLength = Buffer.alloc(16);
  hugeLength.writeBigUInt64LE(2n ** 62n);

  it('are few: this one is well-formed', () => expect(load(whole).x.toArray()).toEqual([0, 0]));
  it.each<[string, Uint8Array, string]>([
    ['empty', Buffer.alloc(0), 'it has only 0 bytes'],
    ['cut in its data', whole.subarray(0, -1), 'truncated: the header describes 8 bytes of data, the file has 7'],
    ['cut in its header', whole.subarray(0, 20), 'truncated or not'],
    ['longer than it says', Buffer.concat([whole, Buffer.alloc(1)]), 'longer than its header says'],
    ['with a huge header', hugeLength, 'truncated or not'],
    ['with a header that is not JSON', withHeader('{"x": '), 'its header is not JSON'],
    ['with a header that is not UTF-8', withHeader(new Uint8Array([0x7b, 0xff, 0x7d])), 'its header is not UTF-8'],
    ['with a list for a header', withHeader('[]'), 'not a JSON object'],
    ['with null for a header', withHeader('null'), 'not a JSON object'],
    ['with null for a tensor', withHeader({ x: null }), "tensor 'x' has dtype undefined"],
    [
      'with an unknown dtype',
      withHeader({ x: entry('F4', [16], [0, 8]) }),
      'tensor \'x\' has dtype "F4", which is not supported; known: F32',
    ],
    ['with a negative size', withHeader({ x: entry('F32', [-2], [0, 8]) }), "tensor 'x' has an invalid shape [-2]"],
    ['with a fraction for a size', withHeader({ x: entry('F32', [0.5], [0, 8]) }), 'invalid shape [0.5]'],
    ['with three offsets', withHeader({ x: entry('F32', [2], [0, 8, 8]) }), 'invalid offsets [0,8,8]'],
    ['with offsets in reverse', withHeader({ x: entry('F32', [2], [8, 0]) }), 'needs 8 bytes, its range has -8'],
    [
      'with a shape that needs more',
      withHeader({ x: entry('F32', [3], [0, 8]) }),
      "tensor 'x' of shape (3,) and dtype float32 needs 12 bytes, its range has 8",
    ],
    ['with a shape that overflows', withHeader({ x: entry('F32', [2 ** 31, 2 ** 31, 2], [0, 8]) }), 'its range has 8'],
    [
      'with ranges that overlap',
      withHeader({ x: entry('F32', [1], [0, 4]), y: entry('F32', [1], [2, 6]) }),
      "tensor 'y' begins at 2 instead of 4: ranges overlap or leave a gap",
    ],
    [
      'with a gap',
      withHeader({ x: entry('U8', [1], [0, 1]), y: entry('U8', [1], [7, 8]) }),
      "tensor 'y' begins at 7 instead of 1",
    ],
    [
      'with metadata that is not text',
      withHeader({ __metadata__: { a: 1 }, x: entry('F32', [2], [0, 8]) }),
      'the metadata is not an object of strings',
    ],
    [
      'with a bool of 2',
      Buffer.concat([withHeader({ x: entry('BOOL', [8], [0, 8]) }, 0), Buffer.alloc(8, 2)]),
      "tensor 'x' is bool, but has bytes other than 0 and 1",
    ],
  ])('%s are refused with the name of the file', (name, bytes, message) => {
    const path = file(`malformed ${name}.safetensors`);
    writeFileSync(path, bytes);
    const pattern = new RegExp(
      message
        .split('|')
        .map((m) => m.replace(/[()[\]{}.?*+^$\\]/g, '\\$&'))
        .join('|'),
    );
    for (const [read, called] of [
      [() => loadFile(path), path],
      [() => readAll(new SafetensorsFile(bytes)), 'the given bytes'],
    ] as const) {
      let error: unknown;
      try {
        read();
      } catch (e) {
        error = e;
      }
      expect(error).toBeInstanceOf(CheckpointError);
      expect((error as Error).message).toContain(called);
      expect((error as Error).message).toMatch(pattern);
    }
  });
  it('that are missing, or have no such tensor', () => {
    expect(() => loadFile(file('missing'))).toThrow(CheckpointError);
    expect(() => loadFile(file('missing'))).toThrow(file('missing'));
    const open = new SafetensorsFile(fixture('tensors.safetensors'));
    expect(() => open.get('weight')).toThrow(/tensors\.safetensors has no tensor 'weight'; it has .*float32/);
    open.close();
  });
  it('cannot be written', () => {
    const path = file('bad.safetensors');
    expect(() => saveFile(path, { x: [1] as unknown as Tensor })).toThrow("cannot save 'x': it is not a tensor");
    expect(() => saveFile(path, { __metadata__: tensor(1) })).toThrow("cannot save a tensor called '__metadata__'");
    expect(existsSync(path)).toBe(false);
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
  it('made by random damage give an error or tensors, never anything else', () => {
    const good = Buffer.concat([...serialize({ ...everyDType, scalar: tensor(1) })]);
    let state = 12345;
    const random = (n: number) => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) % n;
    const headerEnd = 8 + Number(good.readBigUInt64LE());
    let refused = 0;
    for (let i = 0; i < 500; i++) {
      const bytes = Buffer.from(good);
      for (let k = random(3); k >= 0; k--) bytes[random(headerEnd)] = random(256);
      try {
        expect(Object.values(load(bytes)).every(isTensor)).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(CheckpointError);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(250);
  });
});
