import { testFamily } from '../test/stored-case.js';
import * as nn from './index.js';

testFamily('resampling.json', {
  Upsample: () => new nn.Upsample({ scaleFactor: 2 }),
  'Upsample bicubic': () => new nn.Upsample({ size: [7, 3], mode: 'bicubic', alignCorners: true }),
  UpsamplingNearest2d: () => new nn.UpsamplingNearest2d({ scaleFactor: 1.5 }),
  UpsamplingBilinear2d: () => new nn.UpsamplingBilinear2d({ size: [6, 7] }),
  Unfold: () => new nn.Unfold([2, 3], { dilation: [2, 1], padding: 1, stride: 2 }),
  Fold: () => new nn.Fold([4, 5], [2, 2], { padding: 1 }),
  CTCLoss: () => new nn.CTCLoss(),
  'CTCLoss sum': () => new nn.CTCLoss({ blank: 3, reduction: 'sum' }),
});
