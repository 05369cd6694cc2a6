/** The middle value; of an even number the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The largest difference as a share of the largest value of `reference`; infinite where either has a NaN or lengths differ. */
export function largestError(values: Float32Array, reference: Float32Array): number {
  if (values.length !== reference.length) return Number.POSITIVE_INFINITY;
  let [difference, largest] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    const d = Math.abs(values[i] - reference[i]);
    if (Number.isNaN(d)) return Number.POSITIVE_INFINITY;
    if (d > difference) difference = d;
    const size = Math.abs(reference[i]);
    if (size > largest) largest = size;
  }
  return difference === 0 ? 0 : difference / largest;
}
