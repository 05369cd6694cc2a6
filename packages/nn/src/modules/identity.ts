import { Module } from '../module.js';

/** Returns its input. Stands where a layer is left out. PyTorch: `torch.nn.Identity`. */
export class Identity extends Module {
  forward<T>(input: T): T {
    return input;
  }
}
