import { describe, expect, test } from 'vitest';
import { keep, memory, ones, scope, setPoisonRecycled, StorageError, type Tensor, tensor } from './index.js';

const large = () => ones([1024]); // small ones lie in slabs, which are not recycled

describe('scope', () => {
  test('releases what does not leave it', () => {
    let inner: Tensor | undefined;
    const sum = scope(() => {
      inner = large();
      return inner.add(1);
    });
    expect(sum.toArray()).toEqual(new Array(1024).fill(2));
    expect(() => inner?.add(1)).toThrow(StorageError);
    expect(() => inner?.toArray()).toThrow(/made by ones.*keep\(\)/);
  });

  test('lets out what is returned inside of containers, and the bases of views', () => {
    const { list, map } = scope(() => ({ list: [large().slice(0, 3, 5)], map: new Map([['x', large()]]) }));
    expect(list[0].toArray()).toEqual([1, 1]);
    expect(map.get('x')?.numel).toBe(1024);
  });

  test('keep and outer tensors survive, nested scopes hand over', () => {
    const outer = large();
    let kept: Tensor | undefined;
    scope(() => {
      scope(() => {
        kept = keep(outer.mul(3));
      });
      outer.add_(1);
    });
    expect(kept?.index(0).item()).toBe(3);
    expect(outer.index(0).item()).toBe(2);
  });

  test('works across awaits', async () => {
    let inner: Tensor | undefined;
    const result = await scope(async () => {
      inner = large();
      await null;
      return inner.mul(2);
    });
    expect(result.index(7).item()).toBe(2);
    expect(() => inner?.add(1)).toThrow(StorageError);
  });

  test('releases after an error, and refuses a promise from a plain function', () => {
    let inner: Tensor | undefined;
    expect(() =>
      scope(() => {
        inner = large();
        throw new Error('stop');
      }),
    ).toThrow('stop');
    expect(() => inner?.add(1)).toThrow(StorageError);
    expect(() => scope(() => Promise.resolve(1))).toThrow(/async/);
  });

  test('memory that a scope gave back is used again', () => {
    const step = () => void scope(() => void ones([123_457]));
    step();
    const before = memory();
    for (let i = 0; i < 10; i++) step();
    const after = memory();
    expect(after.allocations - before.allocations).toBeLessThanOrEqual(1); // at most a fresh slab
    expect(after.recycledBytes - before.recycledBytes).toBeGreaterThanOrEqual(10 * 4 * 123_457);
  });

  test('poisoning shows who reads memory too late', () => {
    setPoisonRecycled(true);
    try {
      let view: Float32Array | undefined;
      scope(() => {
        const t = large();
        view = new Float32Array(t.storage.buffer as ArrayBuffer, t.storage.byteOffset, 1024);
      });
      expect(view?.[5]).toBeNaN();
    } finally {
      setPoisonRecycled(false);
    }
  });

  test('memory that user code can see is not taken back', () => {
    let data: ReturnType<Tensor['unsafeData']> | undefined;
    scope(() => {
      const t = tensor(new Array(1024).fill(7));
      data = t.unsafeData();
    });
    scope(() => void large());
    expect(data?.[0]).toBe(7);
  });
});
