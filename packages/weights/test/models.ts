/** The networks that the checkpoints of the shared data belong to, as their authors define them. */
import { pad, relu, slice, type Tensor } from '@flambeau/core';
import { BatchNorm1d, BatchNorm2d, Conv2d, Flatten, Linear, MaxPool2d, Module, ReLU, Sequential } from '@flambeau/nn';

/** He et al. 2015, "Deep Residual Learning for Image Recognition", section 4.2; shortcuts of type A. */
class BasicBlock extends Module {
  conv1: Conv2d;
  bn1: BatchNorm2d;
  conv2: Conv2d;
  bn2: BatchNorm2d;
  constructor(
    readonly inPlanes: number,
    readonly planes: number,
    readonly stride: number,
  ) {
    super();
    this.conv1 = new Conv2d(inPlanes, planes, 3, { stride, padding: 1, bias: false });
    this.bn1 = new BatchNorm2d(planes);
    this.conv2 = new Conv2d(planes, planes, 3, { padding: 1, bias: false });
    this.bn2 = new BatchNorm2d(planes);
  }
  forward(x: Tensor): Tensor {
    const out = this.bn2(this.conv2(relu(this.bn1(this.conv1(x)))));
    return relu(out.add(this.shortcut(x)));
  }
  /** Every second pixel, and zeros for the additional planes. */
  private shortcut(x: Tensor): Tensor {
    if (this.stride === 1) return x;
    const extra = (this.planes - this.inPlanes) / 2;
    const every = slice(0, undefined, this.stride);
    return pad(x.index(slice(), slice(), every, every), [0, 0, 0, 0, extra, extra]);
  }
}

export class ResNet20 extends Module {
  conv1 = new Conv2d(3, 16, 3, { padding: 1, bias: false });
  bn1 = new BatchNorm2d(16);
  layer1 = stage(16, 16, 1);
  layer2 = stage(16, 32, 2);
  layer3 = stage(32, 64, 2);
  linear = new Linear(64, 10);
  forward(x: Tensor): Tensor {
    const planes = this.layer3(this.layer2(this.layer1(relu(this.bn1(this.conv1(x))))));
    return this.linear(planes.mean([2, 3]));
  }
}
const stage = (inPlanes: number, planes: number, stride: number): Sequential =>
  new Sequential(new BasicBlock(inPlanes, planes, stride), new BasicBlock(planes, planes, 1), new BasicBlock(planes, planes, 1));

/** LeCun et al. 1998 with ReLU and max-pooling; images of 32x32. */
export class LeNet extends Module {
  convnet = named({
    c1: new Conv2d(1, 6, 5),
    relu1: new ReLU(),
    s2: new MaxPool2d(2),
    c3: new Conv2d(6, 16, 5),
    relu3: new ReLU(),
    s4: new MaxPool2d(2),
    c5: new Conv2d(16, 120, 5),
    relu5: new ReLU(),
  });
  fc = named({ f6: new Linear(120, 84), relu6: new ReLU(), f7: new Linear(84, 10) });
  forward(x: Tensor): Tensor {
    return this.fc(this.convnet(x).flatten(1));
  }
}
/** Modules run one after the other, under names. */
function named(modules: Record<string, Module>): Sequential {
  const sequential = new Sequential();
  for (const [name, module] of Object.entries(modules)) sequential.registerModule(name, module);
  return sequential;
}

/** Three hidden layers of 64 for Fashion-MNIST. */
export class FashionMlp extends Module {
  classifier = new Sequential(
    new Flatten(),
    ...[784, 64, 64].flatMap((n) => [new Linear(n, 64), new BatchNorm1d(64), new ReLU()]),
    new Linear(64, 10),
  );
  forward(x: Tensor): Tensor {
    return this.classifier(x);
  }
}
