/** The ONNX graph while it is built: nodes and initializers, addressed by the names of their results. */
import { type DType, type Scalar, type Tensor, tensor } from '@flambeau/core';
import { type AttributeValue, DATA_TYPE, type NodeProto, type TensorProto } from './onnx-proto.js';
import { OnnxExportError } from './errors.js';
import type { DynamicSize } from './probes.js';
import { bytesOf } from './program.js';
import { Extent, polynomial, type Size, type Term } from './size.js';

type NodeAttributes = { readonly [name: string]: AttributeValue };

/** ONNX's number of a dtype. */
export function dataType(dtype: DType): number {
  const code = DATA_TYPE[dtype];
  if (code === undefined) throw new OnnxExportError(`exportOnnx: ONNX has no operators for ${dtype} tensors`);
  return code;
}

export class Graph {
  readonly nodes: NodeProto[] = [];
  readonly initializers = new Map<string, TensorProto>();
  /** Path of the module whose operators are being written; part of the nodes' names. */
  path = '';
  private readonly cache = new Map<string, string>();
  private readonly counts = new Map<string, number>();
  /** A place where a size that follows from no formula can be read: by its samples. */
  private readonly readable = new Map<string, string>();

  constructor(
    readonly opset: number,
    private readonly dynamic: readonly DynamicSize[],
    private readonly inputNames: readonly string[],
  ) {}

  /** Adds a node with one result and returns the result's name. An input that is null is absent. */
  node(opType: string, inputs: readonly (string | null)[], attributes: NodeAttributes = {}): string {
    return this.nodeWithOutputs(opType, inputs, attributes, 1)[0];
  }
  nodeWithOutputs(opType: string, inputs: readonly (string | null)[], attributes: NodeAttributes, outputs: number): string[] {
    const base = `${this.path === '' ? '' : `${this.path}/`}${opType}`;
    const count = this.counts.get(base) ?? 0;
    this.counts.set(base, count + 1);
    const name = `${base}_${count}`;
    const results = Array.from({ length: outputs }, (_, i) => (outputs === 1 ? `${name}_output` : `${name}_output_${i}`));
    const present = inputs.slice(0, inputs.findLastIndex((input) => input !== null) + 1);
    this.nodes.push({ opType, name, inputs: present.map((input) => input ?? ''), outputs: results, attributes });
    return results;
  }

  /** A reduction over `dims`; none means all. Until opset 18 only ReduceSum takes the dimensions as an input. */
  reduce(opType: string, name: string, dims: readonly number[], keepdim: boolean): string {
    const keepdims = keepdim ? 1 : 0;
    if (dims.length === 0) return this.node(opType, [name], { keepdims });
    if (opType === 'ReduceSum' || this.opset >= 18) return this.node(opType, [name, this.ints(dims)], { keepdims });
    return this.node(opType, [name], { axes: dims, keepdims });
  }

  // ---- constants ----

  /** An initializer under a name of its own. */
  initializer(name: string, t: Tensor): string {
    if (!this.initializers.has(name))
      this.initializers.set(name, { name, dataType: dataType(t.dtype), dims: t.shape, rawData: bytesOf(t) });
    return name;
  }
  /** An initializer for a tensor without a name; equal small ones are shared. */
  constant(t: Tensor): string {
    const make = () => this.initializer(`constant_${this.initializers.size}`, t);
    return t.numel > 64 ? make() : this.cached(`${t.dtype} ${t.shape} ${bytesOf(t).toString('hex')}`, make);
  }
  /** A 0-d constant. */
  scalar(value: Scalar, dtype: DType): string {
    return this.constant(tensor(value, { dtype }));
  }
  /** A vector of int64. */
  ints(values: readonly number[]): string {
    return this.constant(tensor(values as number[], { dtype: 'int64' }).reshape([values.length]));
  }

  // ---- sizes ----

  /** Lets sizes of a tensor be read at run time. */
  offer(name: string, shape: readonly Size[]): void {
    shape.forEach((size, axis) => {
      if (!(size instanceof Extent)) return;
      const key = String(size.samples);
      if (!this.readable.has(key)) this.readable.set(key, `${axis} ${name}`);
    });
  }

  /** A vector of int64 that holds the sizes. */
  sizes(sizes: readonly Size[]): string {
    if (sizes.every((size) => typeof size === 'number')) return this.ints(sizes);
    if (sizes.length === 1) return this.size(sizes[0]);
    return this.node(
      'Concat',
      sizes.map((size) => this.size(size)),
      { axis: 0 },
    );
  }

  /** A vector of int64 with one element. */
  size(size: Size): string {
    if (typeof size === 'number') return this.ints([size]);
    const terms = polynomial(size, this.dynamic);
    if (terms !== null) return this.sum(terms);
    const place = this.readable.get(String(size.samples));
    if (place === undefined)
      throw new OnnxExportError(
        `exportOnnx: the number ${size.samples.join(' / ')} is computed from the data, or from dynamic sizes in a way that cannot be written; use tensor operators for it, or fix the sizes with dynamicAxes: {}`,
      );
    const [axis, name] = place.split(/ (.*)/s);
    return this.sizeOfAxis(name, Number(axis));
  }
  /** A 0-d int64. */
  sizeScalar(size: Size): string {
    return typeof size === 'number' ? this.scalar(size, 'int64') : this.node('Squeeze', [this.size(size)]);
  }

  private sum(terms: readonly Term[]): string {
    return this.cached(JSON.stringify(terms), () =>
      terms.map((term) => this.termProduct(term)).reduce((a, b) => this.node('Add', [a, b])),
    );
  }
  private termProduct({ coefficient, symbols }: Term): string {
    const factors = symbols.map((i) => {
      const [{ input, axis }] = this.dynamic[i].axes;
      return this.sizeOfAxis(this.inputNames[input], axis);
    });
    if (coefficient !== 1 || factors.length === 0) factors.push(this.ints([coefficient]));
    return factors.reduce((a, b) => this.node('Mul', [a, b]));
  }
  private sizeOfAxis(name: string, axis: number): string {
    return this.cached(`${axis} ${name}`, () => this.node('Shape', [name], { start: axis, end: axis + 1 }));
  }

  private cached(key: string, make: () => string): string {
    const found = this.cache.get(key);
    if (found !== undefined) return found;
    const made = make();
    this.cache.set(key, made);
    return made;
  }

  // ---- finishing ----

  /** Gives results their names as outputs; what has a name already (an input, an initializer, another output) is copied. */
  nameOutputs(results: readonly string[], names: readonly string[]): void {
    const renamed = new Map<string, string>();
    const produced = new Set(this.nodes.flatMap(({ outputs }) => outputs));
    results.forEach((result, i) => {
      if (produced.has(result) && !renamed.has(result)) renamed.set(result, names[i]);
      else
        this.nodes.push({
          opType: 'Identity',
          name: `${names[i]}/Identity`,
          inputs: [result],
          outputs: [names[i]],
          attributes: {},
        });
    });
    const apply = (list: readonly string[]): string[] => list.map((name) => renamed.get(name) ?? name);
    this.nodes.forEach((node, i) => {
      this.nodes[i] = { ...node, inputs: apply(node.inputs), outputs: apply(node.outputs) };
    });
  }

  /** Removes nodes and initializers that no output needs. */
  prune(outputs: readonly string[]): void {
    const needed = new Set(outputs);
    const kept = this.nodes.toReversed().filter((node) => {
      const live = node.outputs.some((name) => needed.has(name));
      if (live) for (const name of node.inputs) needed.add(name);
      return live;
    });
    this.nodes.splice(0, this.nodes.length, ...kept.reverse());
    for (const name of this.initializers.keys()) if (!needed.has(name)) this.initializers.delete(name);
  }
}
