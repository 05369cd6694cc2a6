import { DataLoader, randomSplit, Subset } from '@flambeau/data';
import { Compose, MNIST, Normalize, RandomAffine, type Transform, ToTensor } from '@flambeau/vision';

export interface DataOptions {
  /** A folder of MNIST-format files. */
  readonly root: string;
  readonly batchSize: number;
  readonly numWorkers: number;
  /** Turned, moved and scaled training images. */
  readonly augment: Transform;
  readonly seed: number;
}

export interface Data {
  readonly train: DataLoader<[import('@flambeau/core').Tensor, number]>;
  readonly validation: Data['train'];
  readonly test: Data['train'];
  readonly testSet: MNIST;
  readonly sizes: { readonly train: number; readonly validation: number; readonly test: number };
}

/** Share of the training files that picks the checkpoint. */
const VALIDATION_SHARE = 0.1;
const EVALUATION_BATCH = 256;

const toInput = (): Transform[] => [new ToTensor(), new Normalize([0.5], [0.5])];

/** Training (augmented), validation and test data. The test writers never appear in training. */
export function loadData({ root, batchSize, numWorkers, augment, seed }: DataOptions): Data {
  const augmented = new MNIST({ root, train: true, transform: new Compose([augment, ...toInput()]) });
  const plain = new MNIST({ root, train: true, transform: new Compose(toInput()) });
  const testSet = new MNIST({ root, train: false, transform: new Compose(toInput()) });
  const [train, held] = randomSplit(augmented, [1 - VALIDATION_SHARE, VALIDATION_SHARE], { seed });
  const validation = new Subset(plain, held.indices);
  return {
    train: new DataLoader(train, { batchSize, shuffle: true, numWorkers, seed, dropLast: true }),
    validation: new DataLoader(validation, { batchSize: EVALUATION_BATCH }),
    test: new DataLoader(testSet, { batchSize: EVALUATION_BATCH }),
    testSet,
    sizes: { train: train.length, validation: validation.length, test: testSet.length },
  } as Data;
}

/** How much training images are turned, moved and scaled. On an 8×8 scan a whole writer's hand fits into a pixel. */
export const augmentation = (imageSize: number): RandomAffine =>
  imageSize < 16
    ? new RandomAffine(10, { translate: [0.08, 0.08], scale: [0.9, 1.1], shear: 8 })
    : new RandomAffine(5, { translate: [0.07, 0.07], scale: [0.95, 1.05] });
