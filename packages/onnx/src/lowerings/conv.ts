import type { groups } from '@flambeau/core/internal';
import type { Lowerings } from '../lowering.js';
import { combine } from '../size.js';

export const conv = {
  convolution2d: (call, graph) => {
    const { stride, padding, dilation, groups: group } = call.attributes;
    return graph.node('Conv', [call.name(0), call.name(1), call.name(2)], {
      kernel_shape: call
        .input(1)
        .shape.slice(2)
        .map((size) => call.fixed(size, 'the kernel size')),
      strides: stride,
      pads: [...padding, ...padding],
      dilations: dilation,
      group,
    });
  },
  // a transposed convolution
  conv2dBackwardInput: (call, graph) => {
    const { stride, padding, dilation, groups: group } = call.attributes;
    const [grad, weight] = [call.input(0), call.input(1)];
    const kernel = weight.shape.slice(2).map((size) => call.fixed(size, 'the kernel size'));
    const outputPadding = kernel.map((k, i) => {
      const least = combine((n) => (n - 1) * stride[i] - 2 * padding[i] + dilation[i] * (k - 1) + 1, grad.shape[2 + i]);
      return call.fixed(
        combine((n, m) => n - m, call.output.shape[2 + i], least),
        'the output padding',
      );
    });
    return graph.node('ConvTranspose', [grad.name, weight.name], {
      kernel_shape: kernel,
      strides: stride,
      pads: [...padding, ...padding],
      output_padding: outputPadding,
      dilations: dilation,
      group,
    });
  },
} satisfies Lowerings<typeof groups.conv>;
