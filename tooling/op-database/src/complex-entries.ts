/** Entries for functions of complex tensors: these go in and out as real ones, so that gradients are compared in every way, too. */
import type { DType } from './dtype.js';
import type { AnyFunction, Entry } from './sample.js';

const DTYPES: readonly DType[] = ['float32', 'float64'];

/** Pairs along the last dimension as complex numbers. */
// biome-ignore lint/suspicious/noExplicitAny: a tensor, which the database does not know
export function complexOf(pairs: any): any {
  const dtype = pairs.dtype === 'float64' ? 'complex128' : 'complex64';
  const [re, im] = [pairs.select(-1, 0).to(dtype), pairs.select(-1, 1).to(dtype)];
  return re.add(im.mul(pairs.newFull([], { re: 0, im: 1 }, { dtype })));
}
// biome-ignore lint/suspicious/noExplicitAny: as above
export const partsOf = (result: any): any =>
  Array.isArray(result) ? result.map(partsOf) : result.isComplex() ? [result.real(), result.imag()] : result;

/**
 * A function whose first `count` arguments are complex and given as pairs; complex results are split into their parts.
 *
 * @param torch - The function in Python.
 */
export function complexEntry(torch: string, count: number, samples: Entry['samples'], rest: Partial<Entry> = {}): Entry {
  const z = Array.from({ length: count }, (_, i) => `torch.view_as_complex(a[${i}].contiguous())`);
  return {
    torch: `lambda *a, **k: (lambda y: [y.real, y.imag] if y.is_complex() else y)((${torch})(${[...z, `*a[${count}:]`, '**k'].join(', ')}))`,
    adapt:
      (fn: AnyFunction) =>
      (...args) =>
        partsOf(fn(...args.slice(0, count).map(complexOf), ...args.slice(count))),
    dtypes: DTYPES,
    samples,
    tolerance: { float32: [1e-5, 2e-5], float64: [1e-10, 1e-11] },
    ...rest,
  };
}
