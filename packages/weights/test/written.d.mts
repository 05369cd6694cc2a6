export const files: Record<string, { readonly value: unknown; readonly write: (path: string) => void }>;
export function writeAll(folder: string): void;
