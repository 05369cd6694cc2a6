import { Module } from '../module.js';
import { isParameter, type Parameter } from '../parameter.js';

/** A list of parameters, called `0`, `1`, …. PyTorch: `torch.nn.ParameterList`. */
export class ParameterList extends Module {
  static override readonly callable = false;
  [index: number]: Parameter;
  private count = 0;

  constructor(parameters: Iterable<Parameter> = []) {
    super();
    this.extend(parameters);
  }

  override get length(): number {
    return this.count;
  }

  /** The parameter at a position, counted from the end if negative. */
  at(index: number): Parameter | undefined {
    return this[index < 0 ? index + this.count : index];
  }

  append(parameter: Parameter): this {
    if (!isParameter(parameter))
      throw new TypeError(`ParameterList: element ${this.count} is not a Parameter; wrap the tensor: new Parameter(tensor)`);
    this[this.count++] = parameter;
    return this;
  }

  extend(parameters: Iterable<Parameter>): this {
    for (const parameter of parameters) this.append(parameter);
    return this;
  }

  /** Takes the parameter at a position (the last one by default) out of the list and returns it. */
  pop(index = -1): Parameter {
    const list = [...this];
    const [removed] = list.splice(index, 1);
    if (removed === undefined) throw new RangeError(`ParameterList: there is no parameter ${index}; there are ${this.count}`);
    delete this[--this.count];
    list.forEach((parameter, i) => {
      this[i] = parameter;
    });
    return removed;
  }

  protected override properties(): Iterable<[string, unknown]> {
    return [...this].map((parameter, i) => [String(i), parameter]);
  }

  override extraRepr(): string {
    return [...this].map((p, i) => `(${i}): Parameter of ${p.dtype} (${p.shape.join(', ')})`).join(', ');
  }

  /** @throws {TypeError} Always. */
  forward(): never {
    throw new TypeError('ParameterList has no forward');
  }

  *[Symbol.iterator](): Iterator<Parameter> {
    for (let i = 0; i < this.count; i++) yield this[i];
  }
}
