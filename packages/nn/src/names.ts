/** From the names of properties to PyTorch's names. */

/** Starts small, letters and digits only, no two capitals in a row. */
const PLAIN_CAMEL_CASE = /^[a-z][a-z0-9]*([A-Z][a-z0-9]+)*([A-Z][a-z0-9]*)?$/;

/**
 * The state-dict key of a property: `runningMean` → `running_mean`, `weightIhL0` → `weight_ih_l0`. Whatever is not plain
 * camelCase (`LayerNorm`, `A_log`, `ln_1`, `useQKV`) stays as it is.
 */
export function toStateKey(property: string): string {
  return PLAIN_CAMEL_CASE.test(property) ? property.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`) : property;
}
