/** The devices that there are. */
import { DeviceError } from '../errors.js';
import type { Backend } from './backend.js';
import { cpu } from './cpu/cpu.js';
import { meta } from './meta.js';

/** @internal By the name of their device. */
export const backends: Readonly<Record<string, Backend>> = { cpu, meta };

/** @internal Throws unless there is such a device. */
export function backendFor(op: string, device: string): Backend {
  const backend = Object.hasOwn(backends, device) ? backends[device] : undefined;
  if (backend === undefined)
    throw new DeviceError(`${op}: there is no device '${device}'; available: ${Object.keys(backends).join(', ')}`);
  return backend;
}
