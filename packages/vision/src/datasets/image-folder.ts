import { readdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import { IndexError, type Tensor } from '@flambeau/core';
import { Dataset, TO_WORKER, type WorkerReference, workerReference } from '@flambeau/data';
import { ImageError } from '../image-error.js';
import { type ImageReadMode, readImage } from '../image-io.js';
import type { ImageFunction } from '../transforms/compose.js';
import { VISION } from '../worker-module.js';

const EXTENSIONS: readonly string[] = ['.jpg', '.jpeg', '.png', '.webp', '.gif', '.tif', '.tiff', '.avif'];

export interface ImageFileOptions {
  /** Applied to each image. */
  readonly transform?: ImageFunction;
  /** Default 'rgb': all images have three channels. */
  readonly mode?: ImageReadMode;
  /** Turn images as their EXIF orientation says. Default false. */
  readonly applyExifOrientation?: boolean;
}

/** Image files with labels, decoded when they are asked for. Sample: `[image, label]`, the image uint8 `(C, H, W)` before the transform. */
export class ImageFileDataset extends Dataset<[Tensor, number]> {
  constructor(
    /** Path and label of each sample. */
    readonly samples: readonly (readonly [path: string, label: number])[],
    readonly options: ImageFileOptions = {},
  ) {
    super();
  }

  get length(): number {
    return this.samples.length;
  }

  override async get(index: number): Promise<[Tensor, number]> {
    const sample = this.samples[index];
    if (sample === undefined) throw new IndexError(`index ${index} is out of range for a dataset of ${this.length} samples`);
    const [path, label] = sample;
    const { transform, mode = 'rgb', applyExifOrientation } = this.options;
    const image = await readImage(path, { mode, applyExifOrientation });
    return [transform === undefined ? image : transform(image), label];
  }

  override [TO_WORKER](): WorkerReference {
    return workerReference(VISION, 'ImageFileDataset', [this.samples, this.options]);
  }
}

/**
 * A folder with a folder of images per class. Classes are numbered in the order of their names; images lie at any depth.
 *
 * @throws {ImageError} If there are no class folders, or one without images.
 * @see PyTorch: `torchvision.datasets.ImageFolder`.
 * @example
 * const dataset = new ImageFolder('data/train', { transform: new Compose([new Resize(256), new CenterCrop(224), new ToTensor()]) });
 */
export class ImageFolder extends ImageFileDataset {
  /** Names of the classes; a label is an index into it. */
  readonly classes: readonly string[];

  constructor(
    readonly root: string,
    options: ImageFileOptions = {},
  ) {
    const classes = classFolders(root);
    super(
      classes.flatMap((name, label) => imagesOf(join(root, name)).map((path) => [path, label] as const)),
      options,
    );
    this.classes = classes;
  }
}

function classFolders(root: string): string[] {
  let names: string[];
  try {
    names = readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
      .map((entry) => entry.name)
      .sort();
  } catch (cause) {
    throw new ImageError(root, `the folder cannot be read (${(cause as NodeJS.ErrnoException).code ?? String(cause)})`, {
      cause,
    });
  }
  if (names.length === 0) throw new ImageError(root, 'no folders in it; ImageFolder expects one folder per class');
  return names;
}

function imagesOf(folder: string): string[] {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => EXTENSIONS.includes(extname(path).toLowerCase()))
    .sort()
    .map((path) => join(folder, path));
  if (paths.length === 0) throw new ImageError(folder, `no images in it; known endings are ${EXTENSIONS.join(', ')}`);
  return paths;
}
