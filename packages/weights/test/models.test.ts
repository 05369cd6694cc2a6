/** Checkpoints of others in networks of ours: as many errors as in PyTorch, and the same logits. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { fromTypedArray, matmul, type Tensor, tensor } from '@flambeau/core';
import { noGrad } from '@flambeau/autograd';
import type { Module, StateDict } from '@flambeau/nn';
import { load } from '@flambeau/weights';
import { describe, expect, it } from 'vitest';
import { FashionMlp, LeNet, ResNet20 } from './models.js';
import { missing, note, SHARED } from './shared-data.js';

const full = process.env.FLAMBEAU_TEST_FULL !== undefined;
const inflated = (path: string): Uint8Array => gunzipSync(readFileSync(join(SHARED, path)));

interface Images {
  /** Shape (N, C, H, W), in [0, 1]. */
  readonly images: Tensor;
  readonly labels: Uint8Array;
}

/** The test set of MNIST or Fashion-MNIST. */
function idx(folder: string): Images {
  const pixels = inflated(`${folder}/t10k-images-idx3-ubyte.gz`).subarray(16);
  const images = fromTypedArray(new Uint8Array(pixels), [10_000, 1, 28, 28]).to('float32').div(255);
  return { images, labels: inflated(`${folder}/t10k-labels-idx1-ubyte.gz`).subarray(8) };
}

/** Records of a label and three planes of pixels. */
function cifar(count: number): Images {
  const records = fromTypedArray(new Uint8Array(inflated('cifar10/test_batch_part1.bin.gz')))
    .reshape([-1, 3073])
    .narrow(0, 0, count);
  const images = records.narrow(1, 1, 3072).to('float32').div(255).reshape([count, 3, 32, 32]);
  const [mean, std] = [
    [0.485, 0.456, 0.406],
    [0.229, 0.224, 0.225],
  ].map((values) => tensor(values).reshape([3, 1, 1]));
  return { images: images.sub(mean).div(std), labels: records.select(1, 0).toTypedArray() as Uint8Array };
}

/** Logits of all images, in batches. */
function logitsOf(model: Module & ((x: Tensor) => Tensor), images: Tensor, batchSize = 250): Tensor[] {
  model.eval();
  return noGrad(() => images.split(batchSize).map((batch) => model(batch)));
}

function errors(logits: readonly Tensor[], labels: Uint8Array): number {
  const classes = logits.flatMap((t) => [...(t.argmax(1).to('int32').toTypedArray() as Int32Array)]);
  expect(classes.length).toBe(labels.length);
  return classes.filter((c, i) => c !== labels[i]).length;
}

/** (28 → 32) as PyTorch's `interpolate(mode='bilinear', align_corners=False)`. */
function bilinear(images: Tensor, from: number, to: number): Tensor {
  const weights = Array.from({ length: to }, (_, i) => {
    const at = Math.max(0, ((i + 0.5) * from) / to - 0.5);
    const low = Math.min(Math.floor(at), from - 1);
    const row = new Array<number>(from).fill(0);
    row[low] += 1 - (at - low);
    row[Math.min(low + 1, from - 1)] += at - low;
    return row;
  });
  const resize = tensor(weights);
  return matmul(matmul(resize, images), resize.t());
}

describe.skipIf(missing)(`pretrained networks${note}`, () => {
  it('resnet20 on CIFAR-10 has the logits of PyTorch, and 428 errors of 5,000', { timeout: 600_000 }, () => {
    const { state_dict: saved } = load<{ state_dict: StateDict }>(join(SHARED, 'resnet-cifar10/resnet20-12fca82f.th'));
    const model = new ResNet20();
    // saved from a DataParallel, before batch norms counted their batches
    model.loadStateDict(Object.fromEntries(Object.entries(saved).map(([name, t]) => [name.replace(/^module\./, ''), t])));
    const { images, labels } = cifar(full ? 5_000 : 100);
    const logits = logitsOf(model, images);
    const [, ...rows] = readFileSync(join(SHARED, 'resnet-cifar10/resnet20_part1_first100_logits.csv'), 'utf8')
      .trim()
      .split('\n');
    const expected = rows.flatMap((row) => row.split(',').slice(1).map(Number));
    expect(expected.length).toBe(1000);
    const found = logits[0].toTypedArray() as Float32Array;
    expect(Math.max(...expected.map((x, i) => Math.abs(x - found[i])))).toBeLessThan(1e-4);
    if (full) expect(errors(logits, labels)).toBe(428);
  });

  it('LeNet on MNIST has an accuracy of 0.9908', () => {
    const model = new LeNet();
    model.loadStateDict(load(join(SHARED, 'checkpoints/mnist-lenet/lenet_epoch=12_test_acc=0.991.pth')));
    const { images, labels } = idx('mnist');
    expect(errors(logitsOf(model, bilinear(images, 28, 32), 1000), labels)).toBe(92);
  });

  it("Lightning's MLP on Fashion-MNIST has an accuracy of 0.8354 and a cross-entropy of 0.52682", () => {
    const model = new FashionMlp();
    const checkpoint = load<{ state_dict: StateDict }>(join(SHARED, 'checkpoints/lightning-fmnist-mlp/Layers_64/last.ckpt'));
    model.loadStateDict(checkpoint.state_dict);
    const { images, labels } = idx('fashion-mnist');
    const logits = logitsOf(model, images.sub(0.5).div(0.5), 1000);
    expect(errors(logits, labels)).toBe(1646);
    const losses = logits.map((t, i) => {
      const target = tensor(labels.subarray(1000 * i, 1000 * i + 1000)).to('int64');
      return t.logSoftmax(1).gather(1, target.unsqueeze(1)).mean().neg().item();
    });
    expect(losses.reduce((a, b) => a + b, 0) / losses.length).toBeCloseTo(0.52682, 5);
  });
});
