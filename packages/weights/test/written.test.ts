/** Files that the package writes: their bytes are those that PyTorch, safetensors and NumPy were shown (`npm run oracle:check`). */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { arange, ones, type Tensor, tensor } from '@flambeau/core';
import { temporaryFolder } from '@flambeau/vitest/temporary-folder';
import { CheckpointError, load, PickledObject, save, savePyTorch, Tuple } from '@flambeau/weights';
import { describe, expect, it } from 'vitest';
import { describe as described, sorted } from './describe.mjs';
import { files, writeAll } from './written.mjs';

const fixtures = fileURLToPath(new URL('./fixtures/', import.meta.url));
const digests: Record<string, string> = JSON.parse(readFileSync(join(fixtures, 'written.json'), 'utf8'));

describe('written files', () => {
  const folder = temporaryFolder();
  writeAll(folder);
  it.each(Object.entries(files))('%s has the bytes that were checked, and reads back', (name, { value }) => {
    const bytes = readFileSync(join(folder, name));
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(digests[name]);
    const order = name.endsWith('.safetensors') ? sorted : (x: unknown) => x;
    expect(order(described(load(bytes)))).toEqual(order(described(value)));
  });

  it.each(['values.pt', 'values-legacy.pt'])('%s: what PyTorch wrote survives being written here', (name) => {
    const original = load(join(fixtures, 'written-by-pytorch', name));
    const path = join(folder, 'again.pt');
    savePyTorch(path, original, { legacy: name.includes('legacy') });
    expect(described(load(path))).toEqual(described(original));
  });

  it.each([false, true])('shared and circular values come back as such (legacy: %s)', (legacy) => {
    const path = join(folder, 'circle.pt');
    const list: unknown[] = [1];
    list.push(list);
    const base = arange(6);
    savePyTorch(path, { list, again: list, base, part: base.narrow(0, 2, 2) }, { legacy });
    const back = load<{ list: unknown[]; again: unknown[]; base: Tensor; part: Tensor }>(path);
    expect(back.again).toBe(back.list);
    expect(back.list[1]).toBe(back.list);
    back.part.fill_(9);
    expect(back.base.toArray()).toEqual([0, 1, 9, 9, 4, 5]);
  });

  it('data of an archive lies on multiples of 64 bytes', () => {
    const bytes = readFileSync(join(folder, 'values.pt'));
    let members = 0;
    for (let at = bytes.indexOf('PK\x03\x04'); at >= 0; at = bytes.indexOf('PK\x03\x04', at + 4), members++)
      expect((at + 30 + bytes.readUInt16LE(at + 26) + bytes.readUInt16LE(at + 28)) % 64).toBe(0);
    expect(members).toBeGreaterThan(10);
  });

  it.each<[string, unknown, string]>([
    ['a.pt', { a: [1, () => 1] }, 'cannot save value.a[1]: a function is nothing that Python has'],
    ['a.pt', { a: undefined }, 'cannot save value.a: a undefined'],
    ['a.pt', { a: new Float32Array(2) }, 'cannot save value.a: a Float32Array is nothing that PyTorch would load'],
    ['a.pt', new PickledObject('a.B', []), 'cannot save value: a PickledObject'],
    ['a.pt', circularTuple(), 'a tuple contains itself'],
    ['a.pt', nested(600), 'nested more than 500 deep'],
    ['a.npy', { a: ones([1]) }, 'an .npy file holds one tensor; use .npz'],
    ['a.npz', { a: 1 }, "'a' is not a tensor"],
    ['a.npz', { '../a': ones([1]) }, "cannot save an array called '../a'"],
    ['a.npz', { a: ones([1], { dtype: 'bfloat16' }) }, 'NumPy has no bfloat16'],
    ['a.safetensors', ones([1]), 'the value is not an object of tensors'],
    ['a.json', { a: tensor(2n ** 60n) }, "cannot save 'a' as JSON"],
    ['a.onnx', {}, 'its ending names no format'],
  ])('%s: what cannot be written says so (%#)', (name, value, message) => {
    const write = (): void => save(join(folder, `bad-${name}`), value);
    expect(write).toThrow(CheckpointError);
    expect(write).toThrow(message);
  });

  it('JSON: tensors by name, or nested arrays', () => {
    const path = join(folder, 'a.json');
    save(path, { x: tensor([[1.5, Number.NaN]]), n: tensor([1, 2], { dtype: 'int64' }), s: tensor(true) });
    const { x, n, s } = load(path);
    expect(x.toArray()).toEqual([[1.5, Number.NaN]]);
    expect([n.dtype, n.toArray()]).toEqual(['int64', [1, 2]]);
    expect([s.dtype, s.toArray()]).toEqual(['bool', true]);
    const { w } = load(Buffer.from('{ "w": [[1, 2], [3, 4]] }'));
    expect(w.shape).toEqual([2, 2]);
    expect(load<Tensor>(Buffer.from('[1, 2]')).shape).toEqual([2]);
    expect(() => load(Buffer.from('{ "w": [[1], 2] }'))).toThrow(CheckpointError);
    expect(() => load(Buffer.from('{ "w": "text" }'))).toThrow(CheckpointError);
    expect(() => load(Buffer.from('{ "weight_map": {} }'))).toThrow('index of a sharded checkpoint');
  });
});

function circularTuple(): Tuple {
  const inner: unknown[] = [];
  const tuple = Tuple.from<unknown>([inner]);
  inner.push(tuple);
  return tuple;
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}
