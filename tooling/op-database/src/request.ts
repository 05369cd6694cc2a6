/** What the oracle is asked about a group: one case per op, sample and dtype, with the inputs' bytes. */
import { createHash } from 'node:crypto';
import type { Archive, ArchivedTensor } from './archive.js';
import type { DType } from './dtype.js';
import { generate, seedOf } from './generate.js';
import {
  type Argument,
  type Entry,
  type Group,
  hasGradient,
  isDifferentiable,
  mapSpecs,
  type Sample,
  samplesOf,
  specsOf,
} from './sample.js';
import { isSpec } from './spec.js';

/** A case's name; its results are stored under it as `…/out0`, `…/grad0`. */
export const caseKey = (op: string, sample: number, dtype: DType): string => `${op}/${sample}/${dtype}`;

// Tests go through the cases of one op many times: its inputs are made once and kept until the next op's turn. Samples are told
// apart by their arguments, because those of errors have numbers of their own.
const made = { op: '', bytes: new Map<unknown, Map<string, Uint8Array[]>>() };

/** The bytes of the sample's tensors, in the order of `specsOf`; not to be written to. */
export function inputBytes(op: string, sampleIndex: number, { args }: Sample, dtype: DType): Uint8Array[] {
  if (made.op !== op) {
    made.op = op;
    made.bytes.clear();
  }
  const ofSample = made.bytes.get(args) ?? new Map<string, Uint8Array[]>();
  made.bytes.set(args, ofSample);
  const key = caseKey(op, sampleIndex, dtype);
  let bytes = ofSample.get(key);
  if (bytes === undefined) {
    bytes = specsOf(args as Argument).map((spec, i) => generate(spec, dtype, seedOf(`${op}/${sampleIndex}/${i}`)));
    ofSample.set(key, bytes);
  }
  return bytes;
}

/** Gradients are compared in these dtypes. */
export const GRADIENT_DTYPES: readonly DType[] = ['float64', 'float32'];

interface Case {
  readonly key: string;
  readonly function: string;
  readonly args: readonly unknown[];
  readonly kwargs: { readonly [name: string]: unknown };
  /** Numbers of the inputs whose gradient is wanted. */
  readonly gradients: readonly number[];
  /** Replaces its first argument's contents. */
  readonly inplace: boolean;
}

export const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function torchName(op: string, { torch }: Entry): string {
  return torch ?? (op.endsWith('_') ? `torch.Tensor.${snakeCase(op)}` : `torch.${snakeCase(op)}`);
}

/** JSON has neither bigints nor NaN. */
function toJSON(value: unknown): unknown {
  if (value === undefined) return null;
  if (typeof value === 'bigint') return { $int: String(value) };
  if (typeof value === 'number' && !Number.isFinite(value)) return { $float: String(value) };
  if (Array.isArray(value)) return value.map(toJSON);
  if (typeof value === 'object' && value !== null) {
    if ('$tensor' in value) return value;
    return Object.fromEntries(Object.entries(value).map(([key, v]) => [snakeCase(key), toJSON(v)]));
  }
  return value;
}

function makeCase(op: string, entry: Entry, index: number, sample: Sample & { large: boolean }, dtype: DType): Case {
  const key = caseKey(op, index, dtype);
  const args = mapSpecs(sample.args, (_, i) => ({ $tensor: `${key}/in${i}` }));
  const last = sample.args.at(-1);
  const hasOptions =
    typeof last === 'object' &&
    last !== null &&
    !Array.isArray(last) &&
    !isSpec(last) &&
    !Object.keys(last).some((key) => key.startsWith('$'));
  const options = hasOptions ? (args.pop() as { [name: string]: unknown }) : {};
  const wanted = hasGradient(entry, sample) && (GRADIENT_DTYPES.includes(dtype) || sample.large);
  return {
    key,
    function: torchName(op, entry),
    args: args.map(toJSON),
    kwargs: toJSON(options) as { [name: string]: unknown },
    gradients: wanted ? specsOf(sample.args as Argument).flatMap((s, i) => (isDifferentiable(s) ? [i] : [])) : [],
    inplace: op.endsWith('_'),
  };
}

export interface Request extends Archive {
  /** Identifies the questions: stored results with another digest are out of date. */
  readonly digest: string;
}

/** @param withLarge - Whether to generate the large inputs, too, which the digest does not need. */
export function makeRequest(group: Group, withLarge: boolean): Request {
  const tensors = new Map<string, ArchivedTensor>();
  const cases: Case[] = [];
  const hash = createHash('sha256');
  for (const [op, entry] of Object.entries(group)) {
    if (entry.random) continue;
    samplesOf(entry).forEach((sample, index) => {
      const specs = specsOf(sample.args as Argument);
      hash.update(JSON.stringify([op, index, specs]));
      for (const dtype of sample.dtypes ?? entry.dtypes) {
        const made = makeCase(op, entry, index, sample, dtype);
        cases.push(made);
        if (sample.large && !withLarge) continue;
        inputBytes(op, index, sample, dtype).forEach((bytes, i) => {
          if (!sample.large) hash.update(bytes);
          tensors.set(`${made.key}/in${i}`, { dtype: specs[i].dtype ?? dtype, shape: specs[i].shape, bytes });
        });
      }
    });
  }
  hash.update(JSON.stringify(cases));
  return { metadata: { cases }, tensors, digest: hash.digest('hex') };
}
