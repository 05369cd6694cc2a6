import { add, type Tensor } from '@flambeau/core';
import { AdaptiveAvgPool2d, BatchNorm2d, Conv2d, Flatten, Linear, Module, ReLU6, Sequential } from '@flambeau/nn';

const convolution = (input: number, output: number, kernel: number, stride = 1, groups = 1): Module[] => [
  new Conv2d(input, output, kernel, { stride, padding: kernel >> 1, groups, bias: false }),
  new BatchNorm2d(output),
];

class InvertedResidual extends Module {
  body: Sequential;
  residual: boolean;

  constructor(input: number, output: number, stride: number, expansion: number) {
    super();
    const hidden = input * expansion;
    const expand = expansion === 1 ? [] : [...convolution(input, hidden, 1), new ReLU6()];
    this.body = new Sequential(
      ...expand,
      ...convolution(hidden, hidden, 3, stride, hidden),
      new ReLU6(),
      ...convolution(hidden, output, 1),
    );
    this.residual = stride === 1 && input === output;
  }

  forward(x: Tensor): Tensor {
    const y = this.body(x) as Tensor;
    return this.residual ? add(x, y) : y;
  }
}

/** Expansion, channels, repetitions and stride of each stage, from the paper's table 2. */
const STAGES = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
];

/** MobileNetV2 (Sandler et al. 2018). */
export function mobilenetV2(): Module {
  const layers: Module[] = [...convolution(3, 32, 3, 2), new ReLU6()];
  let channels = 32;
  for (const [expansion, output, repetitions, stride] of STAGES)
    for (let i = 0; i < repetitions; i++) {
      layers.push(new InvertedResidual(channels, output, i === 0 ? stride : 1, expansion));
      channels = output;
    }
  return new Sequential(
    ...layers,
    ...convolution(320, 1280, 1),
    new ReLU6(),
    new AdaptiveAvgPool2d(1),
    new Flatten(),
    new Linear(1280, 1000),
  );
}
