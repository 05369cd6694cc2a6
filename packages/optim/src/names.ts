/** Between the names of options and state here and PyTorch's in state dicts. */
const SPECIAL: Record<string, string> = { hDiag: 'H_diag' };
const SPECIAL_BACK = Object.fromEntries(Object.entries(SPECIAL).map(([here, there]) => [there, here]));

export const toSnakeCase = (name: string): string =>
  SPECIAL[name] ?? name.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);
export const toCamelCase = (name: string): string =>
  SPECIAL_BACK[name] ?? name.replace(/(?<=.)_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
