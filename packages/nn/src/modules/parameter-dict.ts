import { Module } from '../module.js';
import { isParameter, type Parameter } from '../parameter.js';

type Source = Readonly<Record<string, Parameter>> | Iterable<readonly [string, Parameter]>;

/**
 * Parameters by name, used like a `Map`; the names are the state-dict keys as they are. PyTorch: `torch.nn.ParameterDict`.
 *
 * @example
 * scales = new ParameterDict({ left: new Parameter(ones([3])), right: new Parameter(ones([3])) });
 * x.mul(this.scales.get('left'));
 */
export class ParameterDict extends Module {
  static override readonly callable = false;
  private readonly map = new Map<string, Parameter>();

  constructor(parameters: Source = {}) {
    super();
    this.update(parameters);
  }

  /** The same parameter under each of the names. PyTorch: `ParameterDict.fromkeys`. */
  static fromKeys(names: Iterable<string>, parameter: Parameter): ParameterDict {
    return new ParameterDict([...names].map((name) => [name, parameter] as const));
  }

  get size(): number {
    return this.map.size;
  }

  /**
   * @param missing - What to return if there is no parameter of that name; without it that is an error.
   * @throws {RangeError} If there is no parameter of that name.
   */
  get(name: string, missing?: Parameter): Parameter {
    const parameter = this.map.get(name) ?? missing;
    if (parameter === undefined)
      throw new RangeError(`ParameterDict: no parameter '${name}'; there are ${[...this.keys()].join(', ') || 'none'}`);
    return parameter;
  }
  has(name: string): boolean {
    return this.map.has(name);
  }
  set(name: string, parameter: Parameter): this {
    if (name === '' || name.includes('.'))
      throw new TypeError(`ParameterDict: '${name}' cannot name a parameter; names are not empty and have no dots`);
    if (!isParameter(parameter))
      throw new TypeError(`ParameterDict: ${name} is not a Parameter; wrap the tensor: new Parameter(tensor)`);
    this.map.set(name, parameter);
    return this;
  }
  /** The parameter of that name, which is set first if there is none. */
  setDefault(name: string, parameter: Parameter): Parameter {
    if (!this.map.has(name)) this.set(name, parameter);
    return this.get(name);
  }
  /** Sets all of the given parameters. */
  update(parameters: Source): this {
    const entries = Symbol.iterator in parameters ? parameters : Object.entries(parameters);
    for (const [name, parameter] of entries as Iterable<readonly [string, Parameter]>) this.set(name, parameter);
    return this;
  }
  delete(name: string): boolean {
    return this.map.delete(name);
  }
  /** Takes a parameter out and returns it. */
  pop(name: string): Parameter {
    const parameter = this.get(name);
    this.map.delete(name);
    return parameter;
  }
  /** Takes the newest parameter out and returns it with its name. */
  popItem(): [name: string, parameter: Parameter] {
    const last = [...this.map].at(-1);
    if (last === undefined) throw new RangeError('ParameterDict: there is no parameter left');
    this.map.delete(last[0]);
    return last;
  }
  clear(): void {
    this.map.clear();
  }
  /** Another dict with the same parameters. */
  copy(): ParameterDict {
    return new ParameterDict(this.map);
  }
  keys(): IterableIterator<string> {
    return this.map.keys();
  }
  values(): IterableIterator<Parameter> {
    return this.map.values();
  }
  entries(): IterableIterator<[string, Parameter]> {
    return this.map.entries();
  }
  [Symbol.iterator](): IterableIterator<[string, Parameter]> {
    return this.map.entries();
  }

  protected override stateKey(property: string): string {
    return property;
  }
  protected override properties(): Iterable<[string, unknown]> {
    return this.map;
  }

  override extraRepr(): string {
    return [...this.map].map(([name, p]) => `(${name}): Parameter of ${p.dtype} (${p.shape.join(', ')})`).join(', ');
  }

  /** @throws {TypeError} Always. */
  forward(): never {
    throw new TypeError('ParameterDict has no forward');
  }
}
