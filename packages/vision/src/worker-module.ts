/** The module that worker threads import: the built package, because Node 20 runs no TypeScript. */
export const VISION: string = new URL(import.meta.url.endsWith('.ts') ? '../dist/index.js' : './index.js', import.meta.url).href;
