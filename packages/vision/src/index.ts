/**
 * Image files, transforms and datasets.
 *
 * @module
 * @example
 * const transform = new Compose([new RandomCrop(28, { padding: 2 }), new ToTensor(), new Normalize([0.1307], [0.3081])]);
 * const train = new MNIST({ root: 'data/mnist', train: true, transform });
 * for await (const [images, labels] of new DataLoader(train, { batchSize: 64, shuffle: true, numWorkers: 2 })) step(images, labels);
 */
export { ImageError } from './image-error.js';
export { encodeJpeg, encodePng, type ImageReadMode, readImage, type ReadImageOptions, writeImage } from './image-io.js';
export { Transform } from './transforms/transform.js';
export { Compose, type ImageFunction, Lambda, RandomApply } from './transforms/compose.js';
export { ConvertImageDtype, Normalize, ToTensor } from './transforms/convert.js';
export {
  CenterCrop,
  Pad,
  RandomCrop,
  type RandomCropOptions,
  RandomResizedCrop,
  type RandomResizedCropOptions,
  Resize,
} from './transforms/size.js';
export { RandomHorizontalFlip, RandomVerticalFlip } from './transforms/flip.js';
export { RandomAffine, type RandomAffineOptions, RandomRotation, type Range } from './transforms/affine.js';
export { ColorJitter, type ColorJitterOptions, Grayscale, RandomGrayscale } from './transforms/color.js';
export { IdxDataset, type ImageDatasetOptions, readIdx } from './datasets/idx.js';
export { FashionMNIST, MNIST, type MNISTOptions } from './datasets/mnist.js';
export { ImageFileDataset, type ImageFileOptions, ImageFolder } from './datasets/image-folder.js';
export { FakeData, type FakeDataOptions } from './datasets/fake-data.js';
export { makeGrid, type MakeGridOptions, saveImage } from './grid.js';
