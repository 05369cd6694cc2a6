/** Whether smaller or larger is better. */
export type Mode = 'min' | 'max';
export const isBetter = (mode: Mode, a: number, b: number): boolean => (mode === 'min' ? a < b : a > b);
