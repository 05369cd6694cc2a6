export { default } from '@flambeau/vitest';
