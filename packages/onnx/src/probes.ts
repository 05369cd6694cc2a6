/**
 * The inputs that a model is traced with. What depends on a dynamic size is found by comparison: the model runs with several
 * sizes (never 1, which broadcasts), and a number that differs between the runs is a function of them. The values differ between
 * the runs, too, so that a number which left the tensors (`item()`) is noticed.
 */
import { arange, type Tensor } from '@flambeau/core';
import { OnnxExportError } from './errors.js';

/** Names of the axes whose sizes may change, by input and axis. */
export interface DynamicAxes {
  readonly [input: string]: { readonly [axis: number]: string };
}

/** A dynamic size: its name, the values it is probed with, and the inputs' axes that have it. */
export interface DynamicSize {
  readonly name: string;
  readonly probes: readonly [number, number, number];
  readonly axes: readonly { readonly input: number; readonly axis: number }[];
}

const MAX_DYNAMIC_SIZES = 4;

/** Axis 0 of all inputs, which must then have one size. */
function batchAxes(names: readonly string[], inputs: readonly Tensor[]): DynamicAxes {
  const batched = names.filter((_, i) => inputs[i].ndim > 0);
  const sizes = inputs.filter((x) => x.ndim > 0).map((x) => x.shape[0]);
  if (new Set(sizes).size > 1)
    throw new OnnxExportError(
      `exportOnnx: axis 0 of the inputs has the sizes ${sizes.join(', ')}, so it cannot be one batch; name the dynamic axes with dynamicAxes`,
    );
  return Object.fromEntries(batched.map((name) => [name, { 0: 'batch' }]));
}

/** The dynamic sizes of the inputs. */
export function dynamicSizes(names: readonly string[], inputs: readonly Tensor[], given: DynamicAxes | undefined): DynamicSize[] {
  const found = new Map<string, { size: number; axes: { input: number; axis: number }[] }>();
  for (const [name, axes] of Object.entries(given ?? batchAxes(names, inputs))) {
    const input = names.indexOf(name);
    if (input < 0)
      throw new OnnxExportError(
        `exportOnnx: dynamicAxes names '${name}', but the inputs are ${names.join(', ')}; outputs follow by themselves`,
      );
    for (const [key, label] of Object.entries(axes) as [string, string][]) {
      const axis = Number(key);
      if (!Number.isInteger(axis) || axis < 0 || axis >= inputs[input].ndim)
        throw new OnnxExportError(
          `exportOnnx: dynamicAxes names axis ${key} of '${name}', which has ${inputs[input].ndim} dimensions`,
        );
      const size = inputs[input].shape[axis];
      const entry = found.get(label) ?? { size, axes: [] };
      if (entry.size !== size || size === 0)
        throw new OnnxExportError(
          `exportOnnx: the dynamic axis '${label}' has size ${size} in '${name}'; it must have one size, not 0`,
        );
      entry.axes.push({ input, axis });
      found.set(label, entry);
    }
  }
  if (found.size > MAX_DYNAMIC_SIZES)
    throw new OnnxExportError(`exportOnnx: ${found.size} dynamic sizes; at most ${MAX_DYNAMIC_SIZES} are supported`);
  return [...found].map(([name, { size, axes }]) => ({ name, axes, probes: probesOf(size) }));
}

/** Not larger than the example, because a table may end there, and far enough apart for strides to show. */
function probesOf(size: number): [number, number, number] {
  if (size >= 8) return [size, Math.ceil(size / 2), Math.floor((size * 3) / 4)];
  return size >= 5 ? [size, size - 1, size - 3] : [2, 3, 5];
}

/** The inputs of all probes: the grid of the first two values of each dynamic size, and the third values. */
export function probeInputs(inputs: readonly Tensor[], dynamic: readonly DynamicSize[]): Tensor[][] {
  const corners = 2 ** dynamic.length;
  return Array.from({ length: corners + 1 }, (_, probe) => {
    const sizes = dynamic.map(({ probes }, i) => (probe === corners ? probes[2] : probes[(probe >> i) & 1]));
    return inputs.map((x, input) => {
      const target = [...x.shape];
      dynamic.forEach(({ axes }, i) => {
        for (const place of axes) if (place.input === input) target[place.axis] = sizes[i];
      });
      return varied(x.detached(), target, probe);
    });
  });
}

/** The elements of `x`, repeated or cut to `shape`, in other places and (if floating) a little smaller in each probe. */
function varied(x: Tensor, shape: readonly number[], probe: number): Tensor {
  let result = x.clone();
  shape.forEach((size, dim) => {
    if (x.shape[dim] === 0 || (probe === 0 && size === x.shape[dim])) return;
    const places = arange(size, { dtype: 'int64' }).add(probe).remainder(x.shape[dim]);
    result = result.indexSelect(dim, places);
  });
  return x.info.kind === 'float' ? result.mul(1 - probe / 32) : result;
}
