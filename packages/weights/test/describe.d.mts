export function describe(value: unknown): unknown;
export function sorted(description: unknown): unknown;
