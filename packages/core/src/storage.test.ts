import { describe, expect, test } from 'vitest';
import { StorageError } from './errors.js';
import {
  allocate,
  allocateOwn,
  allocateShared,
  canWrap,
  emptyCache,
  memory,
  recycle,
  setCacheLimit,
  wrapArray,
} from './storage.js';

describe('allocate', () => {
  test('starts on a 64-byte line and never overlaps', () => {
    const sizes = [0, 1, 4, 64, 65, 1000, 1024, 1025, 5000, 100_000];
    const storages = sizes.map(allocate);
    for (const s of storages) expect(s.address % 64).toBe(0);
    const ranges = storages.map((s) => [s.address, s.address + Math.max(s.byteLength, 1)]).sort((a, b) => a[0] - b[0]);
    for (let i = 1; i < ranges.length; i++) expect(ranges[i][0]).toBeGreaterThanOrEqual(ranges[i - 1][1]);
  });

  test('small storages share a slab, large and long-lived ones have a buffer of their own', () => {
    expect(allocate(64).isSlab).toBe(true);
    expect(allocate(2000).isSlab).toBe(false);
    expect(allocateOwn(4).isSlab).toBe(false);
    expect(allocateOwn(4).escaped).toBe(true);
  });

  test('its buffers stay when somebody tries to transfer them', () => {
    const { buffer } = allocate(4096);
    const { port1 } = new MessageChannel();
    try {
      port1.postMessage(buffer, [buffer as ArrayBuffer]);
    } catch {
      // newer versions of Node throw, older ones copy
    }
    port1.close();
    expect(buffer.byteLength).toBeGreaterThanOrEqual(4096);
  });
});

describe('recycle', () => {
  test('gives memory to the next storage of about that size', () => {
    emptyCache();
    const first = allocate(1_000_000);
    const { address } = first;
    recycle(first);
    expect(memory().cachedBytes).toBeGreaterThanOrEqual(1_000_000);
    expect(allocate(999_000).address).toBe(address);
    expect(memory().cachedBytes).toBe(0);
  });

  test('leaves a storage that says what happened', () => {
    const storage = allocate(4096);
    storage.madeBy = 'add';
    recycle(storage);
    expect(storage.released).toBe(true);
    expect(() => storage.checkedAddress()).toThrow(StorageError);
    expect(() => storage.checkedAddress()).toThrow(/made by add/);
  });

  test('never keeps memory of others, nor more than the limit', () => {
    emptyCache();
    recycle(wrapArray(new Float32Array(4096)));
    recycle(allocate(64));
    expect(memory().cachedBytes).toBe(0);
    setCacheLimit(4096);
    try {
      recycle(allocate(100_000));
      expect(memory().cachedBytes).toBe(0);
    } finally {
      setCacheLimit(1024 ** 3);
    }
  });
});

test('shared memory is one storage on both sides', () => {
  const here = allocateShared(256);
  const there = wrapArray(new Uint8Array(here.buffer, here.byteOffset, 256));
  expect(there.address).toBe(here.address);
  expect(there.address % 64).toBe(0);
});

test('canWrap refuses buffers that can change their size or are gone', () => {
  expect(canWrap(new ArrayBuffer(8))).toBe(true);
  const Resizable = ArrayBuffer as unknown as new (bytes: number, options: { maxByteLength: number }) => ArrayBuffer;
  expect(canWrap(new Resizable(8, { maxByteLength: 16 }))).toBe(false);
});
