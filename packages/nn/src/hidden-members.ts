import { isModule } from './is-module.js';
import type { Member } from './module.js';
import { isParameter } from './parameter.js';

/**
 * Modules and parameters in arrays, maps, sets and plain objects would silently not be trained, saved or converted. Looks at the first
 * element only: lists of numbers may be long.
 */
export function refuseHidden(type: string, property: string, value: object, members: readonly Member[]): void {
  const first = firstElement(value);
  const kind = isModule(first) ? 'Module' : isParameter(first) ? 'Parameter' : null;
  if (kind === null || members.some((member) => member.value === first)) return;
  const container = Array.isArray(value) || value instanceof Set ? `${kind}List` : `${kind}Dict`;
  throw new TypeError(
    `${type}: the field ${property} holds ${kind.toLowerCase()}s in a plain ${value.constructor?.name ?? 'object'}, where they are not found; use a ${container} (or a #private field for those that are not part of this module)`,
  );
}

function firstElement(value: object): unknown {
  if (Array.isArray(value)) return value[0];
  if (value instanceof Map || value instanceof Set) return value.values().next().value;
  if (Object.getPrototypeOf(value) !== Object.prototype) return undefined;
  for (const key in value) return (value as Record<string, unknown>)[key];
  return undefined;
}
