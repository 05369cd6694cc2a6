import { describe, expect, test } from 'vitest';
import { allclose, erf, erfc, gelu, linspace, poisson, special, type Tensor, tensor, Generator, full } from '../index.js';

/** Arguments and values to 17 digits, computed by mpmath with 40. */
const EXACT: Readonly<Record<string, readonly (readonly number[])[]>> = {
  lgamma: [
    [0.1, 2.252712651734206],
    [0.7, 0.26086724653166654],
    [1.3, -0.10817480950786047],
    [2.5, 0.2846828704729192],
    [10.2, 13.25426674423555],
    [150.5, 602.5139548705854],
    [-0.3, 1.4648400508576025],
    [-3.7, -1.3797399049658245],
    [-20.3, -41.887292480135244],
  ],
  digamma: [
    [0.1, -10.423754940411076],
    [0.7, -1.2200235536979347],
    [1.3, -0.16919088886679962],
    [2.5, 0.7031566406452432],
    [10.2, 2.272567904845172],
    [150.5, 5.010637145933704],
    [-0.3, 2.113309779635399],
    [-3.7, -0.8450768588704194],
    [-20.3, 5.317549924239749],
  ],
  trigamma: [
    [0.1, 101.43329915079275],
    [0.7, 2.834049156694611],
    [1.3, 1.1342534349966193],
    [2.5, 0.49035775610023485],
    [10.2, 0.10300181345008004],
    [150.5, 0.006666641975692716],
  ],
  erfinv: [
    [1e-10, 8.862269254527581e-11],
    [0.1, 0.08885599049425769],
    [-0.3, -0.2724627147267543],
    [0.5, 0.4769362762044699],
    [0.7, 0.7328690779592167],
    [-0.99, -1.8213863677184494],
    [0.999999, 3.458910737275499],
  ],
  ndtri: [
    [0.01, -2.326347874040841],
    [0.3, -0.5244005127080408],
    [0.5, 0.0],
    [0.8, 0.8416212335729144],
    [0.999, 3.090232306167813],
    [1e-10, -6.361340902404057],
  ],
  logNdtr: [
    [-30, -454.3212439563432],
    [-5, -15.064998393988725],
    [-1, -1.8410216450092636],
    [-0.5, -1.1759117615936185],
    [0, -Math.LN2],
    [1, -0.17275377902344988],
    [3, -0.0013508099647481938],
  ],
  erfcx: [
    [-2, 108.94090438997797],
    [-0.5, 1.952360489182557],
    [0, 1.0],
    [0.5, 0.6156903441929259],
    [3, 0.17900115118138996],
    [4.9, 0.11287909055975874],
    [5.1, 0.1086110263139328],
    [20, 0.02817434874105132],
    [300, 0.0018806214973780646],
  ],
  i0: [
    [0, 1.0],
    [0.5, 1.0634833707413236],
    [3, 4.8807925858650245],
    [-7.5, 268.16131151518937],
    [19.9, 39513376.52006682],
    [20.1, 48017874.1071365],
    [50, 2.9325537838493362e20],
    [300, 4.475847367935052e128],
  ],
  i1: [
    [0, 0.0],
    [0.5, 0.2578943053908963],
    [3, 3.9533702174026093],
    [-7.5, -249.58436542268814],
    [19.9, 38507423.87486228],
    [20.1, 46807739.533029884],
    [50, 2.903078590103557e20],
    [300, 4.468381385036955e128],
  ],
  i0e: [
    [0.5, 0.6450352704491501],
    [-7.5, 0.14831583007739552],
    [20.1, 0.08955376362061344],
    [500, 0.017845706500153168],
  ],
  i1e: [
    [0.5, 0.1564208031848717],
    [-7.5, -0.1380412115485542],
    [20.1, 0.08729685184320159],
    [500, 0.017827851852898056],
  ],
  besselJ0: [
    [0.5, 0.9384698072408129],
    [2, 0.22389077914123567],
    [7.5, 0.2663396578803784],
    [20, 0.16702466434058316],
    [100, 0.019985850304223122],
  ],
  besselJ1: [
    [0.5, 0.2422684576748739],
    [2, 0.5767248077568734],
    [7.5, 0.1352484275797055],
    [20, 0.06683312417585005],
    [100, -0.07714535201411216],
  ],
  besselY0: [
    [0.5, -0.44451873350670656],
    [2, 0.5103756726497451],
    [7.5, 0.11731328614820863],
    [20, 0.06264059680938383],
    [100, -0.07724431336508315],
  ],
  besselY1: [
    [0.5, -1.471472392670243],
    [2, -0.10703243154093754],
    [7.5, -0.25912851048611624],
    [20, -0.1655116143625213],
    [100, -0.020372312002759792],
  ],
  zeta: [
    [2, 1, 1.6449340668482264],
    [1.5, 0.3, 8.237761671459724],
    [3.5, 10, 0.0014322106437178635],
    [8, 2.25, 0.0016145490174162061],
    [1.01, 5, 98.50514757993086],
  ],
  igamma: [
    [0.5, 0.3, 0.5614219739190002],
    [2, 5, 0.9595723180054871],
    [10, 3, 0.0011024881301154798],
    [10, 30, 0.9999928782491372],
    [100, 90, 0.15822098918643016],
    [0.1, 1e-5, 0.3323984050405033],
  ],
  igammac: [
    [0.5, 0.3, 0.4385780260809999],
    [2, 5, 0.040427681994512805],
    [10, 3, 0.9988975118698845],
    [10, 30, 7.121750862815577e-6],
    [100, 90, 0.8417790108135699],
    [0.1, 1e-5, 0.6676015949594967],
  ],
};
const double = (x: number): Tensor => tensor(x, { dtype: 'float64' });
const functions = special as unknown as Readonly<Record<string, (...x: Tensor[]) => Tensor>>;
const named: typeof functions = {
  ...functions,
  lgamma: special.gammaln,
  trigamma: (x: Tensor) => special.polygamma(1, x),
  igamma: special.gammainc,
  igammac: special.gammaincc,
};

describe('special functions in float64', () => {
  test.each(Object.keys(EXACT))('%s', (name) => {
    for (const row of EXACT[name]) {
      const got = named[name](...row.slice(0, -1).map(double)).item() as number;
      const expected = row[row.length - 1];
      // near a zero (of a Bessel function, of ndtri) only the absolute error is small
      const bound = 2e-13 * Math.abs(expected) + (name.startsWith('bessel') || name === 'ndtri' ? 1e-15 : 1e-300);
      expect(Math.abs(got - expected), `${name}(${row.slice(0, -1)}) = ${got}, expected ${expected}`).toBeLessThanOrEqual(bound);
    }
  });
});

/** Units in the last place of float32 between a result and its value in float64. */
function worstError(fn: (x: Tensor) => Tensor, low: number, high: number): number {
  const x = linspace(low, high, 400_001);
  const got = fn(x).toTypedArray() as Float32Array;
  const exact = fn(x.double()).toTypedArray() as Float64Array;
  return exact.reduce((worst, value, i) => {
    const unit = 2 ** (Math.max(Math.floor(Math.log2(Math.abs(value))), -126) - 23);
    return Math.max(worst, value === 0 && got[i] === 0 ? 0 : Math.abs(got[i] - value) / unit);
  }, 0);
}

describe('float32 on vectors', () => {
  test('erf is within 2 units in the last place', () => {
    expect(worstError(erf, -4.5, 4.5)).toBeLessThan(2);
    expect(worstError(erf, -1e-3, 1e-3)).toBeLessThan(2);
  });
  test('erfc and gelu are within 6, far out, too', () => {
    expect(worstError(erfc, -4, 9)).toBeLessThan(6);
    expect(worstError((x) => gelu(x), -12.5, 12.5)).toBeLessThan(6);
    expect(worstError((x) => gelu(x), -1e-3, 1e-3)).toBeLessThan(6);
  });
});

describe('poisson', () => {
  test.each([0.3, 4, 60, 3e6])('rate %d: mean and variance are the rate', (rate) => {
    const n = 100_000;
    const x = poisson(full([n], rate, { dtype: 'float64' }), { generator: new Generator(5) });
    expect(Math.abs((x.mean().item() as number) - rate)).toBeLessThan(5 * Math.sqrt(rate / n));
    // the variance of the variance: (2 rate² + rate) / n
    expect(Math.abs((x.var().item() as number) - rate)).toBeLessThan(5 * Math.sqrt((2 * rate * rate + rate) / n));
    expect(allclose(x, x.round())).toBe(true);
  });
  test('rate 0 gives 0; a negative rate is refused', () => {
    expect(poisson(tensor([0, 0])).toArray()).toEqual([0, 0]);
    expect(() => poisson(tensor([-1]))).toThrow(/poisson.*negative/);
  });
});
