/**
 * A small convolutional network that reads digits, and what it says of made-up ones. `gan.ts` and `ddpm.ts` train it on the same
 * digits before they are judged by it.
 */
import { randperm, scope, type Tensor } from '@flambeau/core';
import { noGrad } from '@flambeau/autograd';
import { Conv2d, F, Flatten, Linear, MaxPool2d, ReLU, Sequential } from '@flambeau/nn';
import { Adam } from '@flambeau/optim';

const BATCH = 64;

/** Images (N, 1, size, size) → logits (N, 10). */
export function makeClassifier(size: number): Sequential {
  return new Sequential(
    new Conv2d(1, 16, 3, { padding: 1 }),
    new ReLU(),
    new MaxPool2d(2),
    new Conv2d(16, 32, 3, { padding: 1 }),
    new ReLU(),
    new MaxPool2d(2),
    new Flatten(),
    new Linear(32 * Math.floor(size / 4) ** 2, 10),
  );
}

/** A classifier trained on images (N, 1, size, size) and labels (N) for so many epochs. */
export function trainClassifier(images: Tensor, labels: Tensor, epochs: number): Sequential {
  const classifier = makeClassifier(images.shape[2]);
  const optimizer = new Adam(classifier.parameters(), { lr: 2e-3 });
  for (let epoch = 0; epoch < epochs; epoch++)
    for (const chosen of randperm(images.shape[0]).split(BATCH))
      scope(() => {
        optimizer.zeroGrad();
        F.crossEntropy(classifier(images.index(chosen)), labels.index(chosen)).backward();
        optimizer.step();
      });
  return classifier;
}

/** Probabilities of the ten digits: (N, 1, size, size) → (N, 10). */
export function classify(classifier: Sequential, images: Tensor): Tensor {
  return noGrad(() => classifier(images).softmax(-1));
}

/**
 * The Inception score with this classifier: exp of the mean divergence between what it says of one image and of all. It is 1 if
 * it cannot tell anything, and 10 if it is certain of every image and meets every digit equally often (Salimans et al. 2016).
 *
 * @param probabilities - (N, 10), see `classify`.
 */
export function digitScore(probabilities: Tensor): number {
  const log = (p: Tensor) => p.clamp(1e-12).log();
  const divergence = probabilities.mul(log(probabilities).sub(log(probabilities.mean(0)))).sum(1);
  return divergence.mean().exp().item();
}

/** The share of images of which the classifier is at least 90 percent certain. */
export function certainShare(probabilities: Tensor): number {
  return probabilities.amax(1).ge(0.9).float().mean().item();
}
