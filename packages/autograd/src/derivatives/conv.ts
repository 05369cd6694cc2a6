/** Derivatives of `core/src/ops/conv.ts`. The convolution and its two gradients are three views of one trilinear form. */
import { groups } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

const { conv2dBackwardInput, conv2dBackwardWeight, convolution2d } = groups.conv;

export const conv = {
  convolution2d: {
    input: { saves: ['weight'], vjp: (g, { weight }, geometry, { input }) => conv2dBackwardInput(g, weight, geometry, input) },
    weight: { saves: ['input'], vjp: (g, { input }, geometry, { weight }) => conv2dBackwardWeight(g, input, geometry, weight) },
    bias: { vjp: (g) => g.sum([0, 2, 3]) },
  },
  conv2dBackwardInput: {
    grad: { saves: ['weight'], vjp: (g, { weight }, geometry) => convolution2d(g, weight, null, geometry) },
    weight: { saves: ['grad'], vjp: (g, { grad }, geometry, { weight }) => conv2dBackwardWeight(grad, g, geometry, weight) },
  },
  conv2dBackwardWeight: {
    grad: { saves: ['input'], vjp: (g, { input }, geometry) => convolution2d(input, g, null, geometry) },
    input: { saves: ['grad'], vjp: (g, { grad }, geometry, { input }) => conv2dBackwardInput(grad, g, geometry, input) },
  },
} satisfies Derivatives<typeof groups.conv>;
