/** The device on which tensors are made when none is named. */
import { DeviceError } from './errors.js';

let current = 'cpu';
/** The device of new tensors when none is named. PyTorch: `torch.get_default_device`. */
export const getDefaultDevice = (): string => current;
/** Changes it. PyTorch: `torch.set_default_device`. */
export function setDefaultDevice(device: string): void {
  if (device !== 'cpu') throw new DeviceError(`setDefaultDevice: there is no device '${device}'; available: cpu`);
  current = device;
}
