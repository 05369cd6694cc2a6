/** Weights and batches that a formula gives, the same here and in tooling/oracle/examples/formula.py. */
import { fromTypedArray, type Tensor } from '@flambeau/core';
import { noGrad } from '@flambeau/autograd';
import type { Module } from '@flambeau/nn';

/** Numbers in [0, 1) that look random: multiplicative hashing of (index, salt). */
export function scattered(count: number, salt: number): Float64Array {
  const mix = (i: number) => Math.imul(i ^ (i >>> 16), 0x45d9f3b) >>> 0;
  return Float64Array.from({ length: count }, (_, at) => {
    const i = mix(mix((at + ((salt * 1000003) % 2 ** 32)) >>> 0));
    return ((i ^ (i >>> 16)) >>> 0) / 2 ** 32;
  });
}

/** A float32 tensor of numbers in [-scale / 2, scale / 2). */
export function scatteredTensor(shape: readonly number[], salt: number, scale: number): Tensor {
  const count = shape.reduce((a, b) => a * b, 1);
  return fromTypedArray(
    Float32Array.from(scattered(count, salt), (x) => scale * (x - 0.5)),
    shape,
  );
}

/** Fills every parameter of two or more axes with numbers in [-scale / 2, scale / 2) and biases with zeros; the others stay. */
export function setWeights(model: Module, scale: number): void {
  let salt = 0;
  for (const [name, p] of model.namedParameters()) {
    if (p.ndim >= 2) noGrad(() => p.copy_(scatteredTensor(p.shape, salt, scale)));
    else if (name.includes('bias')) noGrad(() => p.zero_());
    salt++;
  }
}
