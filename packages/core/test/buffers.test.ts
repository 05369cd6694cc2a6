/** Memory that can go away or change under a kernel is refused or found out; ours cannot be taken away. */
import { MessageChannel } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { frombuffer, fromTypedArray, ones, StorageError, type Tensor, tensor } from '../src/index.js';
import { toMessage } from '../src/message.js';

const detach = (buffer: ArrayBuffer) => void structuredClone(buffer, { transfer: [buffer] });
type Sizes = { maxByteLength: number };
const Resizable = ArrayBuffer as unknown as new (bytes: number, options: Sizes) => ArrayBuffer;
const Growable = SharedArrayBuffer as unknown as new (bytes: number, options: Sizes) => SharedArrayBuffer;

describe('a lent buffer that is transferred afterwards', () => {
  const uses: Record<string, (t: Tensor) => unknown> = {
    op: (t) => t.add(1),
    'second operand': (t) => ones([8]).mul(t),
    'strided operand': (t) => t.view([2, 4]).T.contiguous(),
    'in place': (t) => t.add_(1),
    'target of a copy': (t) => t.copy_(ones([8])),
    reduction: (t) => t.sum(),
    toTypedArray: (t) => t.toTypedArray(),
    item: (t) => t.index(0).item(),
    unsafeData: (t) => t.unsafeData(),
    view: (t) => t.view([2, 4]).exp(),
    message: (t) => toMessage(t),
    clone: (t) => t.clone(),
  };
  test.each(Object.entries(uses))('%s', (_, use) => {
    const array = Float32Array.from([1, 2, 3, 4, 5, 6, 7, 8]);
    const t = fromTypedArray(array);
    use(t); // while it is there
    detach(array.buffer as ArrayBuffer);
    expect(() => use(t)).toThrow(StorageError);
    expect(() => use(t)).toThrow(/transferred or detached.*clone\(\)/);
    expect(ones([3]).add(1).toArray()).toEqual([2, 2, 2]); // the failed call left nothing behind
  });

  test('clone() beforehand is safe', () => {
    const array = Float32Array.from([1, 2]);
    const t = fromTypedArray(array).clone();
    detach(array.buffer as ArrayBuffer);
    expect(t.add(1).toArray()).toEqual([2, 3]);
  });
});

describe('buffers that are refused', () => {
  test('detached', () => {
    const array = new Float32Array(8);
    const { buffer } = array;
    detach(buffer);
    expect(() => fromTypedArray(array)).toThrow(StorageError);
    expect(() => frombuffer(buffer, { dtype: 'float32' })).toThrow(StorageError);
  });

  test('resizable and growable', () => {
    for (const buffer of [new Resizable(16, { maxByteLength: 64 }), new Growable(16, { maxByteLength: 64 })]) {
      expect(() => fromTypedArray(new Float32Array(buffer))).toThrow(StorageError);
      expect(() => frombuffer(buffer, { dtype: 'float32' })).toThrow(/resizable, growable or detached.*copy/);
    }
  });

  test('but their contents can be copied', () => {
    const view = new Float32Array(new Resizable(16, { maxByteLength: 64 }));
    view.set([1, 2, 3, 4]);
    expect(tensor(view).add(1).toArray()).toEqual([2, 3, 4, 5]);
  });
});

describe('arrays off the alignment', () => {
  test('of vectors: computed where they lie', () => {
    const values = Float32Array.from({ length: 101 }, (_, i) => i);
    for (let start = 0; start < 20; start++) {
      const t = fromTypedArray(values.subarray(start));
      expect(t.add(1).sum().item()).toBe(values.subarray(start).reduce((a, b) => a + b + 1, 0));
      t.mul_(1);
      expect(values[start]).toBe(start);
    }
  });

  test('of their elements: copied', () => {
    const bytes = new Uint8Array(43);
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < 10; i++) view.setFloat32(3 + 4 * i, i + 0.5, true);
    const t = frombuffer(bytes.buffer, { dtype: 'float32', offset: 3, count: 10 });
    expect(t.mul(2).toArray()).toEqual([1, 3, 5, 7, 9, 11, 13, 15, 17, 19]);
    bytes.fill(0);
    expect(t.index(9).item()).toBe(9.5);
  });

  test("Node's pooled buffers", () => {
    expect(fromTypedArray(Buffer.from('flambeau')).toArray()).toEqual([...Buffer.from('flambeau')]);
  });
});

describe('our own buffers', () => {
  const own: Record<string, () => Tensor> = {
    'in a slab': () => ones([4]),
    large: () => ones([4096]),
    'of data': () => tensor([1, 2, 3]),
  };
  // Node 20 copies where later versions throw; what counts is that the memory stays
  test.each(Object.entries(own))('%s: cannot be transferred', (_, make) => {
    const t = make();
    const values = t.toArray();
    const buffer = t.unsafeData().buffer as ArrayBuffer;
    const length = buffer.byteLength;
    const { port1, port2 } = new MessageChannel();
    const attempts = [
      () => structuredClone(buffer, { transfer: [buffer] }),
      () => port1.postMessage(buffer, [buffer]),
      () => port1.postMessage(new Uint8Array(buffer), [buffer]),
    ];
    for (const attempt of attempts) {
      try {
        attempt();
      } catch (error) {
        expect((error as Error).name).toBe('DataCloneError');
      }
      expect(buffer.byteLength).toBe(length);
    }
    port1.close();
    port2.close();
    expect(t.toArray()).toEqual(values);
    expect(t.add(0).toArray()).toEqual(values);
  });
});
