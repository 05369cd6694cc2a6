/** The device on which tensors are made when none is named. */
import { backendFor } from './backend/backends.js';

let current = 'cpu';
/** The device of new tensors when none is named. PyTorch: `torch.get_default_device`. */
export const getDefaultDevice = (): string => current;
/**
 * Changes it: `'cpu'`, or `'meta'` for tensors without elements. PyTorch: `torch.set_default_device`.
 *
 * @throws {DeviceError} If there is no such device.
 */
export function setDefaultDevice(device: string): void {
  current = backendFor('setDefaultDevice', device).name;
}
