// Two small networks and their training step, in plain tensor functions: what the memory tests train.
import { batchNorm, conv2d, crossEntropy, dropout, linear, manualSeed, maxPool2d, randint, randn } from '@flambeau/core';
import { noGrad } from '@flambeau/autograd';

/** @typedef {import('@flambeau/core').Tensor} Tensor */
/** @typedef {{ parameters: Tensor[], step: () => Tensor }} Training */

const parameter = (shape, scale) => randn(shape).mul_(scale).requiresGrad_();

/**
 * Steps of plain gradient descent on a batch that stays the same.
 *
 * @param {Tensor[]} parameters
 * @param {() => Tensor} loss
 * @returns {Training}
 */
function training(parameters, loss) {
  return {
    parameters,
    step() {
      for (const p of parameters) p.grad = null;
      const result = loss();
      result.backward();
      noGrad(() => {
        for (const p of parameters) p.sub_(p.grad.mul(0.01));
      });
      return result;
    },
  };
}

/** 784-128-10 on a batch of 64. */
export function mlp() {
  manualSeed(1);
  const [x, y] = [randn([64, 784]), randint(0, 10, [64])];
  const [w1, b1] = [parameter([128, 784], 0.03), parameter([128], 0.03)];
  const [w2, b2] = [parameter([10, 128], 0.1), parameter([10], 0.1)];
  return training([w1, b1, w2, b2], () => crossEntropy(linear(linear(x, w1, b1).relu(), w2, b2), y));
}

/**
 * Two convolutions with normalisation, pooling and dropout. A batch of 32 images of 64 has more than 30 MB of activations.
 *
 * @param {{ batch?: number, size?: number, channels?: number }} [options]
 */
export function cnn({ batch = 32, size = 64, channels = 16 } = {}) {
  manualSeed(2);
  const [x, y] = [randn([batch, 3, size, size]), randint(0, 10, [batch])];
  const [w1, b1] = [parameter([channels, 3, 3, 3], 0.2), parameter([channels], 0.1)];
  const [scale, shift] = [parameter([channels], 0.5), parameter([channels], 0.5)];
  const [w2, b2] = [parameter([channels, channels, 3, 3], 0.1), parameter([channels], 0.1)];
  const features = channels * (size / 4) ** 2;
  const [w3, b3] = [parameter([10, features], 1 / Math.sqrt(features)), parameter([10], 0.1)];
  return training([w1, b1, scale, shift, w2, b2, w3, b3], () => {
    const a = conv2d(x, w1, b1, { padding: 1 });
    const b = maxPool2d(batchNorm(a, null, null, { weight: scale, bias: shift, training: true }).relu(), 2);
    const c = maxPool2d(conv2d(b, w2, b2, { padding: 1 }).relu(), 2);
    return crossEntropy(linear(dropout(c.flatten(1), 0.2), w3, b3), y);
  });
}
