/** The two computations of `init` that no tensor operation does: quantiles of the normal distribution and orthonormal rows. */

/** Horner's rule; the constant term comes first. */
const polynomial = (x: number, coefficients: readonly number[]): number => coefficients.reduceRight((sum, c) => sum * x + c, 0);

// Coefficients of Wichura 1988, "Algorithm AS 241: The Percentage Points of the Normal Distribution", PPND16.
const CENTRE = [
  [
    3.387132872796366608, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125, 45921.953931549871457,
    67265.770927008700853, 33430.575583588128105, 2509.0809287301226727,
  ],
  [
    1, 42.313330701600911252, 687.1870074920579083, 5394.1960214247511077, 21213.794301586595867, 39307.89580009271061,
    28729.085735721942674, 5226.495278852854561,
  ],
];
const MIDDLE = [
  [
    1.42343711074968357734, 4.6303378461565452959, 5.7694972214606914055, 3.64784832476320460504, 1.27045825245236838258,
    0.24178072517745061177, 0.0227238449892691845833, 7.7454501427834140764e-4,
  ],
  [
    1, 2.05319162663775882187, 1.6763848301838038494, 0.68976733498510000455, 0.14810397642748007459, 0.0151986665636164571966,
    5.475938084995344946e-4, 1.05075007164441684324e-9,
  ],
];
const TAIL = [
  [
    6.6579046435011037772, 5.4637849111641143699, 1.7848265399172913358, 0.29656057182850489123, 0.026532189526576123093,
    0.0012426609473880784386, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
  ],
  [
    1, 0.59983220655588793769, 0.13692988092273580531, 0.0148753612908506148525, 7.868691311456132591e-4,
    1.8463183175100546818e-5, 1.4215117583164458887e-7, 2.04426310338993978564e-15,
  ],
];
const ratio = (x: number, [numerator, denominator]: readonly (readonly number[])[]): number =>
  polynomial(x, numerator) / polynomial(x, denominator);

/** The x at which the normal distribution's cumulative probability is `p`. */
export function inverseNormalCdf(p: number): number {
  if (p <= 0 || p >= 1) return p <= 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) return q * ratio(0.180625 - q * q, CENTRE);
  const r = Math.sqrt(-Math.log(q < 0 ? p : 1 - p));
  const x = r <= 5 ? ratio(r - 1.6, MIDDLE) : ratio(r - 5, TAIL);
  return q < 0 ? -x : x;
}

/** The cumulative probability of the normal distribution, by inverting `inverseNormalCdf` with bisection. */
export function normalCdf(x: number): number {
  let low = 0;
  let high = 1;
  for (;;) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) return middle;
    if (inverseNormalCdf(middle) < x) low = middle;
    else high = middle;
  }
}

/** From a uniform number in [0, 1) to a standard normal one in [low, high]. */
export function normalQuantile(low: number, high: number): (u: number) => number {
  // in the upper tail probabilities are close to 1 and lose their digits: there the distribution is mirrored
  const mirrored = low > 0;
  const [from, to] = mirrored ? [-high, -low] : [low, high];
  const p0 = normalCdf(from);
  const p1 = normalCdf(to);
  const quantile = (u: number): number => Math.min(Math.max(inverseNormalCdf(p0 + u * (p1 - p0)), from), to);
  return mirrored ? (u) => -quantile(1 - u) : quantile;
}

/** Makes the rows of a matrix orthonormal in place (Gram-Schmidt, each row twice, which is enough for full precision). */
export function orthonormalRows(matrix: Float64Array, rows: number, columns: number): void {
  const row = (i: number): Float64Array => matrix.subarray(i * columns, (i + 1) * columns);
  for (let i = 0; i < rows; i++) {
    const v = row(i);
    for (let pass = 0; pass < 2; pass++)
      for (let j = 0; j < i; j++) {
        const u = row(j);
        const projection = dot(u, v);
        for (let k = 0; k < columns; k++) v[k] -= projection * u[k];
      }
    const length = Math.sqrt(dot(v, v));
    for (let k = 0; k < columns; k++) v[k] /= length;
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
