/** Damaged files, made from valid ones with a fixed seed: a CheckpointError or a valid value, in bounded time and memory. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isTensor, type Tensor, tensor } from '@flambeau/core';
import { CheckpointError, load } from '@flambeau/weights';
import { describe, expect, it } from 'vitest';
import { zip } from './zip.js';

const INPUTS = process.env.FLAMBEAU_TEST_FULL === undefined ? 2_000 : 100_000;
/** Of processor time, which does not depend on what else the machine does. */
const MAX_SECONDS_EACH = 10;
const MAX_GROWTH = 1e9;

const fixtures = fileURLToPath(new URL('./fixtures/', import.meta.url));
const seeds: Buffer[] = [
  ...readdirSync(join(fixtures, 'written-by-pytorch'))
    .filter((name) => !name.endsWith('.json'))
    .map((name) => readFileSync(join(fixtures, 'written-by-pytorch', name))),
  Buffer.from(JSON.stringify({ a: tensor([1, 2]), b: [[1], [2]] })),
];

/** Numerical Recipes' generator; whole numbers below `n`. */
function generator(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

const EXTREMES = [0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];

function damaged(random: (n: number) => number): Buffer {
  let bytes = Buffer.from(seeds[random(seeds.length)]);
  for (let times = random(4); times >= 0; times--) {
    const at = random(bytes.length + 1);
    const length = random(Math.min(64, bytes.length - at + 1));
    switch (random(8)) {
      case 0: // a bit
        if (at < bytes.length) bytes[at] ^= 1 << random(8);
        break;
      case 1:
      case 2: // a byte
        if (at < bytes.length) bytes[at] = random(256);
        break;
      case 3: // a number
        if (at + 4 <= bytes.length) bytes.writeUInt32LE(EXTREMES[random(EXTREMES.length)], at);
        break;
      case 4: // the end
        bytes = Buffer.from(bytes.subarray(0, at));
        break;
      case 5: // something less
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
        break;
      case 6: // something twice
        bytes = Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]);
        break;
      default: {
        // something of another file
        const other = seeds[random(seeds.length)];
        const from = random(other.length);
        bytes = Buffer.concat([bytes.subarray(0, at), other.subarray(from, from + length), bytes.subarray(at + length)]);
      }
    }
  }
  return bytes;
}

/** Every tensor in a value lies within its memory. */
function check(value: unknown, seen = new Set<unknown>()): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  seen.add(value);
  if (isTensor(value)) return checkTensor(value);
  if (ArrayBuffer.isView(value)) return;
  const children: unknown[] =
    value instanceof Map || value instanceof Set || Array.isArray(value) ? [...value.values()] : Object.values(value);
  for (const child of children) check(child, seen);
}

function checkTensor(t: Tensor): void {
  const last = t.shape.reduce((sum, size, i) => sum + (size - 1) * t.strides[i], t.offset);
  const inside = t.numel === 0 || (t.offset >= 0 && last >= 0 && (last + 1) * t.itemSize <= t.storage.byteLength);
  if (!inside) throw new Error(`a tensor of shape ${t.shape} reaches element ${last} of ${t.storage.byteLength} bytes`);
}

// ---- pickles at random: instructions that fit together now and then ----

const GLOBALS = [
  'torch._utils _rebuild_tensor_v2',
  'torch._utils _rebuild_tensor_v3',
  'torch._utils _rebuild_parameter',
  'torch._utils _rebuild_tensor',
]
  .concat([
    'torch._tensor _rebuild_from_type_v2',
    'torch FloatStorage',
    'torch BoolStorage',
    'torch.storage UntypedStorage',
    'torch float32',
  ])
  .concat([
    'torch uint16',
    'torch Size',
    'torch device',
    'collections OrderedDict',
    '__builtin__ set',
    '__builtin__ complex',
    '_codecs encode',
  ])
  .concat(['torch Tensor', 'some Unknown', '__torch__ Net', 'torch.jit._pickle build_intlist', 'builtins bytearray']);
const STORAGE = '(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x04tQ';
const TENSOR = `ctorch._utils\n_rebuild_tensor_v2\n(${STORAGE}K\x00K\x02K\x02\x86K\x02K\x01\x86\x89}tR`;
const SHORT = [
  '(',
  '}',
  ']',
  ')',
  'N',
  '\x88',
  '\x89',
  'K\x00',
  'K\x02',
  'K\x04',
  'J\xff\xff\xff\xff',
  'G?\xf0\x00\x00\x00\x00\x00\x00',
];
const TEXTS = [
  'X\x00\x00\x00\x00',
  'X\x06\x00\x00\x00latin1',
  'X\x03\x00\x00\x00cpu',
  'X\x09\x00\x00\x00__proto__',
  'U\x02\xff\xfe',
  'C\x02ab',
  '\x8f',
];
const ACTIONS = [
  't',
  '\x85',
  '\x86',
  '\x87',
  'l',
  'd',
  'a',
  'e',
  's',
  'u',
  'R',
  'R',
  'R',
  '\x81',
  '\x92',
  'b',
  'Q',
  '0',
  '1',
  '2',
  '\x90',
  '\x91',
  'o',
  '\x94',
];
const MEMO = ['q\x00', 'q\x01', 'h\x00', 'h\x01', 'r\xff\xff\xff\xff', 'j\x02\x00\x00\x00'];

function program(random: (n: number) => number): Buffer {
  const any = (list: readonly string[]): string => list[random(list.length)];
  let text = '\x80\x02';
  for (let length = random(40); length >= 0; length--) {
    const kind = random(12);
    if (kind < 3) text += any(SHORT);
    else if (kind < 4) text += any(TEXTS);
    else if (kind < 6) text += `c${any(GLOBALS).replace(' ', '\n')}\n`;
    else if (kind < 7) text += random(2) === 0 ? STORAGE : TENSOR;
    else if (kind < 8) text += any(MEMO);
    else text += any(ACTIONS);
  }
  const members = [
    { name: 'a/data.pkl', data: Buffer.from(`${text}.`, 'latin1') },
    { name: 'a/data/0', data: new Uint8Array(16) },
  ];
  // half of them as TorchScript
  if (random(2) === 0) members.push({ name: 'a/constants.pkl', data: Buffer.from('\x80\x02).', 'latin1') });
  return zip(members);
}

describe('pickles at random', () => {
  it(`${INPUTS} of them give an error of this package or a valid value`, { timeout: 30 * 60_000 }, () => {
    const random = generator(7);
    let refused = 0;
    for (let i = 0; i < INPUTS; i++) {
      const bytes = program(random);
      try {
        check(load(bytes, { weightsOnly: i % 2 === 0 }));
      } catch (error) {
        if (!(error instanceof CheckpointError)) throw new Error(`input ${i} breaks a reader`, { cause: error });
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(0);
    expect(refused).toBeLessThan(INPUTS);
  });
});

describe('damaged files', () => {
  it(
    `${INPUTS} of them give an error of this package or a valid value`,
    () => {
      const random = generator(20_241);
      const before = process.memoryUsage().rss;
      let refused = 0;
      for (let i = 0; i < INPUTS; i++) {
        const bytes = damaged(random);
        const start = process.cpuUsage();
        try {
          check(load(bytes, { weightsOnly: i % 2 === 0 }));
        } catch (error) {
          if (!(error instanceof CheckpointError)) throw new Error(`input ${i} breaks a reader`, { cause: error });
          refused++;
        }
        const { user, system } = process.cpuUsage(start);
        const seconds = (user + system) / 1e6;
        if (seconds > MAX_SECONDS_EACH) throw new Error(`input ${i} takes ${seconds} s`);
        if (i % 100 === 0) expect(process.memoryUsage().rss - before).toBeLessThan(MAX_GROWTH);
      }
      expect(refused).toBeGreaterThan(INPUTS * 0.2);
      expect(refused).toBeLessThan(INPUTS); // some damage does not matter
    },
    30 * 60_000,
  );
});
