/** Files made to break a reader: each gets a CheckpointError, soon, and without filling the memory. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import { type Tensor, tensor } from '@flambeau/core';
import { temporaryFolder } from '@flambeau/vitest/temporary-folder';
import { CheckpointError, load, save, savePyTorch, serialize, UnknownClassError } from '@flambeau/weights';
import { describe, expect, it } from 'vitest';
import { zip, zip64 } from './zip.js';

const full = process.env.FLAMBEAU_TEST_FULL !== undefined;
/** Of processor time, which does not depend on what else the machine does. */
const MAX_SECONDS = 20;
const MAX_BYTES = 1.5e9;

/** The error of loading, after looking at time and memory. */
function refusal(bytes: Uint8Array): CheckpointError {
  const start = process.cpuUsage();
  const before = process.memoryUsage().rss;
  let error: unknown;
  try {
    load(bytes, { weightsOnly: false });
  } catch (e) {
    error = e;
  }
  const { user, system } = process.cpuUsage(start);
  expect((user + system) / 1e6).toBeLessThan(MAX_SECONDS);
  expect(process.memoryUsage().rss - before).toBeLessThan(MAX_BYTES);
  expect(error).toBeInstanceOf(CheckpointError);
  return error as CheckpointError;
}

// ---- pickles by hand ----

const ascii = (text: string): Buffer => Buffer.from(text, 'latin1');
const archive = (pickle: Uint8Array, storages: Record<string, Uint8Array> = {}): Buffer =>
  zip([
    { name: 'a/data.pkl', data: pickle },
    ...Object.entries(storages).map(([key, data]) => ({ name: `a/data/${key}`, data })),
    { name: 'a/version', data: ascii('3\n') },
  ]);
const repeat = (text: string, count: number): string => text.repeat(count);
/** A float32 tensor on storage '0', with its layout as pickled text. */
const tensorPickle = (numel: string, layout: string): Buffer =>
  ascii(
    `\x80\x02ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpu${numel}tQ${layout}\x89}tR.`,
  );
const int32 = (n: number): string => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(n);
  return `J${bytes.toString('latin1')}`;
};
const eightBytes = new Uint8Array(8);

/** What reaches the limits takes seconds. */
const limits: [string, string, string][] = [
  ['has many empty dicts', `\x80\x02(${repeat('}', 3_000_000)}t.`, 'more than 2000000 containers'],
  ['remembers too much', `\x80\x04N${repeat('\x94', 4_500_000)}.`, 'remembers more than 4000000 values'],
];

describe('hostile pickles', () => {
  it('are few: this one is well-formed', () => {
    const bytes = archive(tensorPickle('K\x02', 'K\x00K\x02\x85K\x01\x85'), { 0: eightBytes });
    expect(load(bytes)).toMatchObject({ shape: [2] });
    expect(load(archive(ascii('\x80\x02]q\x00(h\x00h\x00e.')))).toHaveLength(2); // a list that contains itself
  });

  it.each<[string, string, string]>([
    ['runs a command', 'cos\nsystem\nX\x02\x00\x00\x00ls\x85R.', 'os.system'],
    ['evaluates', 'c__builtin__\neval\nX\x01\x00\x00\x001\x85R.', 'builtins.eval'],
    ['gets attributes', 'cbuiltins\ngetattr\n.', 'builtins.getattr'],
    ['loads again', 'ctorch\nload\n.', 'torch.load'],
    ['loads from bytes', 'ctorch.storage\n_load_from_bytes\n.', 'torch.storage._load_from_bytes'],
    ['goes through a prototype', 'c__proto__\nconstructor\n.', '__proto__.constructor'],
    ['names a method of objects', 'ctorch\ntoString\n.', 'torch.toString'],
    ['names an old kind of instance', '(icollections\ndeque\n.', 'collections.deque'],
  ])('that %s: nothing is run', (_, pickle, className) => {
    const bytes = archive(ascii(`\x80\x02${pickle}`));
    expect(() => load(bytes)).toThrow(UnknownClassError);
    try {
      load(bytes);
    } catch (error) {
      expect((error as UnknownClassError).className).toBe(className);
    }
    expect(() => load(bytes, { weightsOnly: false })).not.toThrow(); // a record
  });

  it.each<[string, string | Buffer, string]>([
    ['is empty', '', 'truncated'],
    ['has no end', '\x80\x02}', 'truncated'],
    ['ends with nothing', '\x80\x02.', 'takes a value that is not there'],
    ['has a protocol of the future', '\x80\x09N.', 'has protocol 9'],
    ['has an unknown instruction', '\x80\x02\xff.', 'instruction 0xff'],
    ['claims a text of 4 GB', '\x80\x02X\xff\xff\xff\xff.', 'truncated'],
    ['claims bytes of 16 EB', '\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\xff.', 'truncated'],
    ['has text that is no UTF-8', '\x80\x02X\x01\x00\x00\x00\xff.', 'not UTF-8'],
    ['has an integer of a megabyte', `\x80\x02\x8b\x00\x00\x10\x00${repeat('\x01', 1 << 20)}.`, 'integer of 1048576 bytes'],
    ['has an integer of many digits', `L${repeat('9', 7000)}L\n.`, 'has an integer'],
    ['has a line without an end', `c${repeat('a', 100_000)}.`, 'a line of it does not end'],
    ['recalls what it has not stored', '\x80\x02h\x05.', 'recalls value 5'],
    ['stores nothing', '\x80\x02q\x00.', 'takes a value that is not there'],
    ['takes a mark that is not there', '\x80\x02Nt.', 'takes a mark that is not there'],
    ['appends to a number', '\x80\x02K\x01Na.', 'appends to what is no list'],
    ['sets an item of a list', '\x80\x02]NNs.', 'sets items of what is no dict'],
    ['has a key without a value', '\x80\x02}(Nu.', 'a key has no value'],
    ['calls a number', '\x80\x02K\x01)R.', 'calls a number, which is no function'],
    ['calls without a tuple', '\x80\x02ccollections\nOrderedDict\nNR.', 'arguments that are no tuple'],
    ['makes a dict of numbers', '\x80\x02ccollections\nOrderedDict\n]K\x01a\x85R.', 'no list of pairs'],
    ['sets the state of a list', '\x80\x02]}b.', 'sets the state of a Array'],
    ['refers to nowhere', '\x80\x02NQ.', 'refers to something outside'],
    ['is nested very deep', `\x80\x02N${repeat('\x85', 200_000)}.`, 'nested more than 500 deep'],
    ['has a million open marks', `\x80\x02${repeat('(', 1_000_000)}.`, 'takes a value that is not there'],
    ...(full ? limits : []),
  ])('that %s', { timeout: 600_000 }, (_, pickle, message) => {
    expect(refusal(archive(ascii(String(pickle)))).message).toContain(message);
  });

  it.each<[string, string, string]>([
    ['copy a long list as a dict', `]q\x00(${repeat('NN\x86', 20_000)}e0`, 'ccollections\nOrderedDict\nh\x00\x85R0'],
    ['copy a long list as a set', `]q\x00(${repeat('N', 60_000)}e0`, 'c__builtin__\nset\nh\x00\x85R0'],
    [
      'copy a long text as bytes',
      `X\x00\x00\x01\x00${repeat('a', 65_536)}q\x000`,
      'c_codecs\nencode\nh\x00X\x06\x00\x00\x00latin1\x86R0',
    ],
    ['give many arguments', `(${repeat('N', 60_000)}tq\x000`, 'csome\nClass\nh\x00R0'],
  ])('that %s again and again', (_, once, again) => {
    const pickle = ascii(`\x80\x02${once}${repeat(again, 20_000)}N.`);
    expect(refusal(archive(pickle)).message).toContain('copies the same values too often');
  });

  it('with names of a length that nobody writes', () => {
    const long = `X\x00\x00\x01\x00${repeat('a', 65_536)}`;
    expect(refusal(archive(ascii(`\x80\x04${long}${long}\x93.`))).message).toContain('has a name of 131072 characters');
  });

  it('that double what they recall a hundred times are read in no time, and not unfolded', () => {
    let pickle = '\x80\x02]';
    for (let i = 0; i < 100; i++) pickle += `q${String.fromCharCode(i)}0h${String.fromCharCode(i)}h${String.fromCharCode(i)}\x86`;
    const start = performance.now();
    expect(load(archive(ascii(`${pickle}.`)))).toHaveLength(2);
    expect(performance.now() - start).toBeLessThan(1000);
    // the same, where a text is wanted
    expect(refusal(archive(ascii(`\x80\x02ctorch\ndevice\n${pickle.slice(2)}\x85R.`))).message).toContain('torch.device');
    expect(refusal(archive(ascii(`${pickle}Q.`))).message).toContain('storage');
  });

  it.each<[string, string, string, string]>([
    ['more elements than its storage', 'K\x02', 'K\x00K\x03\x85K\x01\x85', 'does not lie within the 2 elements'],
    ['an offset behind its storage', 'K\x02', 'K\x02K\x01\x85K\x01\x85', 'does not lie within'],
    ['a stride out of its storage', 'K\x02', 'K\x00K\x02\x85K\x02\x85', 'does not lie within'],
    ['a negative offset', 'K\x02', `${int32(-1)}K\x01\x85K\x01\x85`, 'invalid layout'],
    ['a negative size', 'K\x02', `K\x00${int32(-1)}\x85K\x01\x85`, 'invalid layout'],
    ['a negative stride', 'K\x02', `K\x00K\x02\x85${int32(-1)}\x85`, 'invalid layout'],
    ['a size that is text', 'K\x02', 'K\x00X\x01\x00\x00\x002\x85K\x01\x85', 'invalid layout'],
    ['sizes and strides of different number', 'K\x02', 'K\x00K\x01\x85)', 'invalid layout'],
    [
      'more elements than there are numbers',
      'K\x02',
      `K\x00(${repeat(int32(2 ** 30), 4)}t(${repeat('K\x00', 4)}t`,
      'does not lie',
    ],
    ['17 dimensions', 'K\x02', `K\x00(${repeat('K\x01', 17)}t(${repeat('K\x01', 17)}t`, 'at most 16'],
    ['a storage of another size', 'K\x03', 'K\x00K\x02\x85K\x01\x85', 'has 8 bytes; the pickle says 12'],
    ['a storage of terabytes', '\x8a\x06\x00\x00\x00\x00\x00\x01', 'K\x00K\x02\x85K\x01\x85', 'the pickle says'],
    ['a storage of negative size', int32(-2), 'K\x00K\x02\x85K\x01\x85', 'in a way that is not known'],
  ])('with a tensor that has %s', (_, numel, layout, message) => {
    expect(refusal(archive(tensorPickle(numel, layout), { 0: eightBytes })).message).toContain(message);
  });

  it('that expand a conjugate to any size get no memory for it', () => {
    const huge = `K\x00${int32(2 ** 30)}${int32(2 ** 10)}\x86K\x00K\x00\x86\x89N}X\x04\x00\x00\x00conj\x88s`; // ends in the bits
    const pickle = tensorPickle('K\x01', huge)
      .toString('latin1')
      .replace('FloatStorage', 'ComplexFloatStorage')
      .replace('s\x89}tR', 'stR');
    const t = load<Tensor>(archive(ascii(pickle), { 0: Buffer.from(new Float32Array([1, 2]).buffer) }));
    expect([t.shape, t.select(0, 0).select(0, 0).item()]).toEqual([[2 ** 30, 2 ** 10], { re: 1, im: -2 }]);
    const real = archive(ascii(pickle.replace('ComplexFloatStorage', 'DoubleStorage')), { 0: eightBytes });
    expect(refusal(real).message).toContain('the conjugate or the negative of float64');
  });

  it('that refer to a storage by two element types', () => {
    const double = tensorPickle('K\x01', 'K\x00K\x01\x85K\x01\x85').toString('latin1').replace('FloatStorage', 'DoubleStorage');
    const bool = tensorPickle('K\x08', 'K\x00K\x08\x85K\x01\x85').toString('latin1').replace('FloatStorage', 'BoolStorage');
    const both = archive(ascii(`${double.slice(0, -1)}${bool.slice(2, -1)}\x86.`), { 0: eightBytes });
    expect(refusal(both).message).toContain('storage 0 is referred to by two element types');
  });

  it('with views and big-endian storages of old files are read', () => {
    const view = '(X\x01\x00\x00\x00vK\x01K\x01t'; // the key of the view, where it begins, its size
    const values = Buffer.from(new Float32Array([1.5, -2.5]).buffer);
    const part = load<Tensor>(archive(tensorPickle(`K\x02${view}`, 'K\x00K\x01\x85K\x01\x85'), { 0: values }));
    expect(part.toArray()).toEqual([-2.5]);
    expect(refusal(archive(tensorPickle(`K\x02${view}`, 'K\x01K\x01\x85K\x01\x85'), { 0: values })).message).toContain(
      'within the 1',
    );
    const big = zip([
      { name: 'a/data.pkl', data: tensorPickle('K\x02', 'K\x00K\x02\x85K\x01\x85') },
      { name: 'a/byteorder', data: ascii('big') },
      { name: 'a/data/0', data: Buffer.from(values).swap32() },
    ]);
    expect(load<Tensor>(big).toArray()).toEqual([1.5, -2.5]);
  });

  it('of a legacy file that claim gigabytes get no memory', () => {
    const path = join(temporaryFolder(), 'legacy.pt');
    savePyTorch(path, { a: tensor([1, 2]) }, { legacy: true });
    const good = readFileSync(path);
    const claim = Buffer.concat([ascii('cpu'), ascii('q')]);
    const at = good.indexOf(ascii('K\x02'), good.indexOf(claim)); // the number of elements
    const bad = Buffer.concat([good.subarray(0, at), ascii(int32(2 ** 30)), good.subarray(at + 2)]);
    expect(refusal(bad).message).toContain('does not fit into a file');
    for (const cut of [20, 100, good.length - 20, good.length - 1]) refusal(good.subarray(0, cut));
    const count = Buffer.from(good);
    count.writeBigInt64LE(3n, good.length - 16);
    expect(refusal(count).message).toContain('has 3 elements; the pickle says 2');
  });
});

describe('hostile archives', () => {
  const member = (name: string, data: Uint8Array = eightBytes) => ({ name, data });
  it.each(['../evil.npy', '/evil.npy', 'a/../../evil.npy', '..\\evil.npy'])('with a member called %s', (name) => {
    expect(refusal(zip([member(name)])).message).toContain('would lie outside of the archive');
  });
  it.each<[string, Buffer, string]>([
    ['two members of one name', zip([member('a.npy'), member('a.npy')]), 'two members called'],
    ['a directory that lies elsewhere', patched(zip([member('a.npy')]), -6, 0x7fffffff), 'truncated or damaged'],
    ['a directory of gigabytes', patched(zip([member('a.npy')]), -10, 0x7fffffff), 'truncated or damaged'],
    ['a thousand members in a directory of one', patched(zip([member('a.npy')]), -12, 1000, 2), 'claims 1000 members'],
    ['no directory', zip([member('a.npy')]).subarray(0, 40), 'it has no directory'],
    ['an unknown compression', zip([{ ...member('a.npy'), method: 14 }]), 'compressed by method 14'],
    ['an encrypted member', zip([{ ...member('a.npy'), flags: 1 }]), 'is encrypted'],
    ['a stored member that claims more', zip([{ ...member('a.npy'), size: 1e9 }]), 'claims 1000000000 bytes and has 8'],
    [
      'a deflated member that claims more than deflate can',
      zip([{ ...member('a.npy'), method: 8, size: 4e9 }]),
      'claims 4000000000',
    ],
    [
      'a member that is larger than it claims',
      zip([{ name: 'a.npy', data: deflateRawSync(new Uint8Array(1e6)), method: 8, size: 9e5 }]),
      'cannot be inflated',
    ],
    [
      'a member that is smaller than it claims',
      zip([{ name: 'a.npy', data: deflateRawSync(new Uint8Array(10)), method: 8, size: 11 }]),
      'inflates to 10 bytes',
    ],
    ['damaged compressed data', zip([{ name: 'a.npy', data: Buffer.alloc(8, 0xff), method: 8, size: 9 }]), 'cannot be inflated'],
    ['a wrong checksum', zip([{ ...member('a.npy'), crc: 1 }]), 'checksum does not fit'],
    ['members that overlap', zip([member('a.npy'), { ...member('b.npy'), at: 0 }]), 'overlaps what follows it'],
    ['a member behind the end', zip([{ ...member('a.npy'), at: 1e9 }]), 'overlaps what follows it, or the archive is truncated'],
  ])('with %s', (_, bytes, message) => {
    expect(refusal(bytes).message).toMatch(new RegExp(message.replace(/\./g, '\\.')));
  });
  it('zip64 archives are read', () => {
    const { x } = load(zip64([{ name: 'x.npy', data: npy("{'descr': '<i2', 'fortran_order': False, 'shape': (2,), }", 4) }]));
    expect([x.dtype, x.toArray()]).toEqual(['int16', [0, 0]]);
  });
});

const npy = (header: string, data: number): Buffer => {
  const length = Buffer.alloc(2);
  length.writeUInt16LE(header.length);
  return Buffer.concat([ascii('\x93NUMPY\x01\x00'), length, ascii(header), Buffer.alloc(data)]);
};

describe('hostile arrays', () => {
  const dict = (descr: string, shape: string, order = 'False'): string =>
    `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }`;
  it.each<[string, Uint8Array, string]>([
    ['objects', npy(dict("'|O'", '(1,)'), 8), "elements of type '|O' are not supported"],
    ['records', npy(dict("[('a', '<f4')]", '(1,)'), 4), 'are not supported'],
    ['text', npy(dict("'<U3'", '(1,)'), 12), 'are not supported'],
    ['a property of objects for a type', npy(dict("'<toString'", '(1,)'), 12), 'are not supported'],
    ['terabytes', npy(dict("'<f4'", '(1000000, 1000000)'), 8), 'needs 4000000000000 bytes'],
    ['sizes that overflow', npy(dict("'<f4'", '(9007199254740993,)'), 8), 'is invalid'],
    ['an expression for a shape', npy(dict("'<f4'", '(1+1,)'), 8), "no 'shape' that can be read"],
    ['an order that is neither', npy(dict("'<f4'", '(2,)', 'Maybe'), 8), "no 'fortran_order'"],
    ['no dict', npy('[]', 8), 'not a dict'],
    ['17 dimensions', npy(dict("'<f4'", `(${'1, '.repeat(17)})`), 4), 'at most 16'],
    ['a byte too few', npy(dict("'<f4'", '(2,)'), 7), 'needs 8 bytes, the file has 7'],
    ['a byte too many', npy(dict("'<f4'", '(2,)'), 9), 'needs 8 bytes, the file has 9'],
    ['a version of the future', ascii('\x93NUMPY\x09\x00\x00\x00\x00'), 'version 9'],
    ['a bool of 2', Buffer.concat([npy(dict("'|b1'", '(1,)'), 0), Buffer.from([2])]), 'bytes other than 0 and 1'],
    [
      'a uint64 that is too large',
      Buffer.concat([npy(dict("'<u8'", '(1,)'), 0), Buffer.alloc(8, 0xff)]),
      'greater than any int64',
    ],
  ])('of %s', (_, bytes, message) => expect(refusal(bytes).message).toContain(message));
});

describe('files of no known format', () => {
  it.each<[string, Uint8Array, string]>([
    ['nothing', Buffer.alloc(0), 'it begins with the bytes of an empty file'],
    ['text', ascii('hello'), 'the bytes 68656c6c6f'],
    ['a pickle alone', ascii('\x80\x04N.'), 'the format is not known'],
    ['another zip', zip([{ name: 'word/document.xml', data: eightBytes }]), 'none of PyTorch or NumPy'],
    ['deep JSON', ascii(`${repeat('[', 100)}1${repeat(']', 100)}`), 'more than 16 dimensions'],
  ])('%s', (_, bytes, message) => expect(refusal(bytes).message).toContain(message));
  it('files that are missing, or folders', () => {
    const folder = temporaryFolder();
    expect(() => load(join(folder, 'missing.pt'))).toThrow(`cannot read ${join(folder, 'missing.pt')}`);
    expect(() => load(folder)).toThrow(CheckpointError);
  });
  it('truncated at any byte', () => {
    const folder = temporaryFolder();
    const written = join(fileURLToPath(new URL('./fixtures/written-by-pytorch', import.meta.url)));
    save(join(folder, 'a.npz'), { a: tensor([1, 2]), b: tensor([3]) });
    const whole = [
      Buffer.concat([...serialize({ a: tensor([1, 2]) })]),
      readFileSync(join(folder, 'a.npz')),
      readFileSync(join(written, 'tensor.pt')),
      readFileSync(join(written, 'fortran.npy')),
    ];
    for (const bytes of whole)
      for (let cut = 0; cut < bytes.length; cut++) expect(() => load(bytes.subarray(0, cut))).toThrow(CheckpointError);
  });
});

/** Overwrites a number, `at` bytes from the end. */
function patched(bytes: Buffer, at: number, value: number, size = 4): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUIntLE(value, copy.length + at, size);
  return copy;
}
