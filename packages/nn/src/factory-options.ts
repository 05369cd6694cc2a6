import type { DType } from '@flambeau/core';

/** What a module's parameters and buffers are made as, and where. PyTorch: `factory_kwargs`. */
export interface FactoryOptions {
  /** Dtype of parameters and statistics. Default: the default dtype. */
  readonly dtype?: DType;
  /** Device of parameters and buffers. Default: `getDefaultDevice()`. */
  readonly device?: string;
}
