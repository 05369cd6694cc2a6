import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ImageError } from '../image-error.js';
import { IdxDataset, type ImageDatasetOptions } from './idx.js';

export interface MNISTOptions extends ImageDatasetOptions {
  /** The folder of the four idx files, or the one that holds them in `<name>/raw` as PyTorch leaves them. */
  readonly root: string;
  /** Training samples (60,000) or test samples (10,000). Default true. */
  readonly train?: boolean;
}

/**
 * The handwritten digits of MNIST, from `train-images-idx3-ubyte` and its three companions, plain or `.gz`. Nothing is downloaded.
 * Sample: `[image, digit]`, the image uint8 `(1, 28, 28)` before the transform.
 *
 * @throws {ImageError} If a file is missing or broken.
 * @see PyTorch: `torchvision.datasets.MNIST`.
 */
export class MNIST extends IdxDataset {
  readonly classes: readonly string[] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];
  constructor({ root, train = true, transform }: MNISTOptions) {
    super(...idxPaths(root, 'MNIST', train), { transform });
  }
}

/** Clothes instead of digits, in the same files. PyTorch: `torchvision.datasets.FashionMNIST`. */
export class FashionMNIST extends IdxDataset {
  readonly classes: readonly string[] = [
    'T-shirt/top',
    'Trouser',
    'Pullover',
    'Dress',
    'Coat',
    'Sandal',
    'Shirt',
    'Sneaker',
    'Bag',
    'Ankle boot',
  ];
  constructor({ root, train = true, transform }: MNISTOptions) {
    super(...idxPaths(root, 'FashionMNIST', train), { transform });
  }
}

function idxPaths(root: string, name: string, train: boolean): [images: string, labels: string] {
  const prefix = train ? 'train' : 't10k';
  return [findFile(root, name, `${prefix}-images-idx3-ubyte`), findFile(root, name, `${prefix}-labels-idx1-ubyte`)];
}

function findFile(root: string, name: string, file: string): string {
  const folders = [root, join(root, name, 'raw'), join(root, 'raw')];
  for (const folder of folders)
    for (const ending of ['', '.gz']) {
      const path = join(folder, file + ending);
      if (existsSync(path)) return path;
    }
  throw new ImageError(join(root, file), `no such file, plain or .gz, in ${folders.join(', ')}`);
}
