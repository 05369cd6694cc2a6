import { add, type Tensor } from '@flambeau/core';
import { AdaptiveAvgPool2d, BatchNorm2d, Conv2d, Flatten, Linear, MaxPool2d, Module, ReLU, Sequential } from '@flambeau/nn';

class BasicBlock extends Module {
  conv1: Conv2d;
  bn1: BatchNorm2d;
  conv2: Conv2d;
  bn2: BatchNorm2d;
  down: Sequential | null;

  constructor(input: number, output: number, stride: number) {
    super();
    this.conv1 = new Conv2d(input, output, 3, { stride, padding: 1, bias: false });
    this.bn1 = new BatchNorm2d(output);
    this.conv2 = new Conv2d(output, output, 3, { padding: 1, bias: false });
    this.bn2 = new BatchNorm2d(output);
    const same = stride === 1 && input === output;
    this.down = same ? null : new Sequential(new Conv2d(input, output, 1, { stride, bias: false }), new BatchNorm2d(output));
  }

  forward(x: Tensor): Tensor {
    const y = this.bn2(this.conv2(this.bn1(this.conv1(x)).relu()));
    return add(y, this.down === null ? x : (this.down(x) as Tensor)).relu();
  }
}

/** ResNet-18 (He et al. 2015). */
export function resnet18(): Module {
  const blocks: Module[] = [];
  let channels = 64;
  for (const [output, stride] of [
    [64, 1],
    [128, 2],
    [256, 2],
    [512, 2],
  ]) {
    blocks.push(new BasicBlock(channels, output, stride), new BasicBlock(output, output, 1));
    channels = output;
  }
  return new Sequential(
    new Conv2d(3, 64, 7, { stride: 2, padding: 3, bias: false }),
    new BatchNorm2d(64),
    new ReLU(),
    new MaxPool2d(3, { stride: 2, padding: 1 }),
    ...blocks,
    new AdaptiveAvgPool2d(1),
    new Flatten(),
    new Linear(512, 1000),
  );
}
