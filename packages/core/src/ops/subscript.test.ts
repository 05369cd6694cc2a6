import { describe, expect, test } from 'vitest';
import {
  arange,
  DTypeError,
  ellipsis,
  IndexError,
  type IndexItem,
  ones,
  ShapeError,
  slice,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from '../index.js';

const x = arange(24).reshape([2, 3, 4]);
const mask = tensor([
  [true, false, false, true],
  [false, false, false, false],
  [false, true, false, false],
]);

describe('index', () => {
  // shape and first elements of x[…] in PyTorch, x = torch.arange(24.).reshape(2, 3, 4)
  test.each<[string, IndexItem[], number[], number[]]>([
    ['0', [0], [3, 4], [0, 1]],
    ['-1, 1:', [-1, slice(1)], [2, 4], [16, 17]],
    ['..., ::2', [ellipsis, slice(null, null, 2)], [2, 3, 2], [0, 2]],
    [':, None, -1', [slice(), null, -1], [2, 1, 4], [8, 9]],
    ['5:9', [slice(5, 9)], [0, 3, 4], []],
    ['[1, 0]', [[1, 0]], [2, 3, 4], [12, 13]],
    [':, [[0, 2]]', [slice(), [[0, 2]]], [2, 1, 2, 4], [0, 1]],
    [
      '[0, 1], [1, 2]',
      [
        [0, 1],
        [1, 2],
      ],
      [2, 4],
      [4, 5],
    ],
    ['[0, 1], :, [1, 2]', [[0, 1], slice(), [1, 2]], [2, 3], [1, 5]],
    [':, [0, 1], [-1, 2]', [slice(), [0, 1], [-1, 2]], [2, 2], [3, 6]],
    [':, mask', [slice(), mask], [2, 3], [0, 3]],
    ['[True, False], ..., 1', [[true, false], ellipsis, 1], [1, 3], [1, 5]],
    ['tensor(1)', [tensor(1n)], [3, 4], [12, 13]],
  ])('x[%s]', (_, items, shape, start) => {
    const y = x.index(...items);
    expect(y.shape).toEqual(shape);
    expect((y.flatten().toArray() as number[]).slice(0, 2)).toEqual(start);
  });

  test('numbers and slices give views, the rest copies', () => {
    const y = x.clone();
    y.index(0, slice(1, 2)).fill_(-1);
    y.index([1]).fill_(-1);
    expect(y.eq(-1).sum().item()).toBe(4);
  });

  test.each<[RegExp, new (...args: never[]) => Error, IndexItem[]]>([
    [/index 2 .*size 2/, IndexError, [2]],
    [/index -3 .*size 2/, IndexError, [[-3]]],
    [/too many indices: 4/, IndexError, [0, 0, 0, 0]],
    [/one ellipsis/, IndexError, [ellipsis, ellipsis]],
    [/mask of shape \(3, 4\)/, IndexError, [mask]],
    [/integers or booleans, got float32/, DTypeError, [tensor([0.5])]],
    [/1\.5/, ValueError, [[1.5]]],
    [/positive integer, got -1.*flip/, ValueError, [slice(null, null, -1)]],
    [/item 0 is undefined/, TypeError, [undefined as never]],
    [
      /do not broadcast/,
      ShapeError,
      [
        [0, 1],
        [0, 1, 2],
      ],
    ],
  ])('refuses with %s', (message, type, items) => {
    expect(() => x.index(...items)).toThrow(message);
    expect(() => x.index(...items)).toThrow(type);
  });
});

describe('indexPut_', () => {
  const put = (write: (y: Tensor) => unknown): unknown => {
    const y = zeros([2, 3]);
    write(y);
    return y.toArray();
  };
  test('writes through views, index tensors and masks', () => {
    expect(put((y) => y.indexPut_([slice(), 1], 5))).toEqual([
      [0, 5, 0],
      [0, 5, 0],
    ]);
    expect(
      put((y) =>
        y.indexPut_(
          [
            [0, 1],
            [2, 0],
          ],
          tensor([7, 8]),
        ),
      ),
    ).toEqual([
      [0, 0, 7],
      [8, 0, 0],
    ]);
    expect(put((y) => y.indexPut_([slice(), [2, 0]], tensor([[1, 2]])))).toEqual([
      [2, 0, 1],
      [2, 0, 1],
    ]);
    expect(put((y) => y.indexPut_([[true, false]], 9))).toEqual([
      [9, 9, 9],
      [0, 0, 0],
    ]);
    expect(put((y) => y.T.indexPut_([0], tensor([3, 4])))).toEqual([
      [3, 0, 0],
      [4, 0, 0],
    ]);
    expect(put((y) => y.indexPut_([y.eq(0)], 2))).toEqual([
      [2, 2, 2],
      [2, 2, 2],
    ]);
  });
  test('accumulates where an element is chosen twice', () => {
    expect(
      put((y) =>
        y.indexPut_(
          [
            [0, 0, 1],
            [1, 1, 2],
          ],
          ones([3]),
          { accumulate: true },
        ),
      ),
    ).toEqual([
      [0, 2, 0],
      [0, 0, 1],
    ]);
  });
  test('leaves the tensor alone if something is wrong', () => {
    const y = zeros([2, 3]);
    expect(() => y.indexPut_([[0, 5]], 1)).toThrow(IndexError);
    expect(() => y.indexPut_([[0, 1]], ones([4]))).toThrow(ShapeError);
    expect(y.eq(0).all().item()).toBe(true);
  });
});
