// Checkpoints as JSON, in the form of tooling/oracle/checkpoints.py: containers as they are, of tensors the start of a SHA-256.
import { createHash } from 'node:crypto';
import { isTensor } from '@flambeau/core';
import { TorchDevice, TorchDtype, TorchSize, Tuple } from '@flambeau/weights';

const digestOf = (t) => {
  const data = t.toTypedArray();
  const hash = createHash('sha256')
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest('hex');
  return `${t.dtype} (${t.shape.join(', ')}) ${hash.slice(0, 16)}`;
};

// the rule for plain objects, stated a second time: index keys are integers unless a tensor is their value
const keyOf = (key, value) => (/^(0|[1-9]\d{0,8})$/.test(key) && !isTensor(value) ? Number(key) : key);

export function describe(value) {
  if (typeof value === 'bigint') return { int: String(value) };
  if (typeof value === 'number' && !Number.isFinite(value))
    return { float: String(value).replace('Infinity', 'inf').replace('NaN', 'nan') };
  if (typeof value !== 'object' || value === null) return value;
  if (isTensor(value)) return { tensor: digestOf(value) };
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('hex') };
  if (value instanceof TorchDevice) return { device: String(value) };
  if (value instanceof TorchDtype) return { dtype: value.name };
  if (value instanceof TorchSize) return { size: [...value] };
  if (value instanceof Tuple) return { tuple: Array.from(value, describe) };
  if (Array.isArray(value)) return value.map(describe);
  if (value instanceof Set) {
    const items = [...value].map((x) => [JSON.stringify(describe(x)), describe(x)]);
    return { set: items.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, x]) => x) };
  }
  if (value instanceof Map) return { dict: [...value].map(([k, v]) => [describe(k), describe(v)]) };
  if (Object.getPrototypeOf(value) !== Object.prototype) throw new TypeError(`cannot describe a ${value.constructor.name}`);
  if (Object.keys(value).join() === 're,im') return { complex: [value.re, value.im] };
  return { dict: Object.entries(value).map(([k, v]) => [keyOf(k, v), describe(v)]) };
}

/** A description with the entries of the outermost dict in the order of their names, for files that have no order of their own. */
export const sorted = ({ dict }) => ({ dict: dict.toSorted(([a], [b]) => (a < b ? -1 : 1)) });
