/** Modules as text and as JSON. */
import type { Callable } from './callable.js';
import type { Module } from './module.js';

/** The printed form of PyTorch: one line per submodule, indented. Equal neighbours in a list are printed once. */
export function describe(module: Module): string {
  const extra = module.extraRepr();
  const children = module.members().flatMap((m) => (m.kind === 'module' ? [[m.name, indented(describe(m.value))] as const] : []));
  if (children.length === 0) return `${module.constructor.name}(${extra})`;
  const lines = (isList(module) ? merged(children) : children.map(([name, text]) => `(${name}): ${text}`)).map(
    (line) => `  ${line}\n`,
  );
  return `${module.constructor.name}(\n${extra === '' ? '' : `  ${extra}\n`}${lines.join('')})`;
}

const isList = (module: Module): boolean => !(module.constructor as typeof Callable).callable;
const indented = (text: string): string => text.replaceAll('\n', '\n  ');

/** `(0-11): 12 x Block(…)` for runs of equal numbered children. */
function merged(children: readonly (readonly [name: string, text: string])[]): string[] {
  const lines: string[] = [];
  for (let from = 0; from < children.length; ) {
    const [name, text] = children[from];
    let to = from + 1;
    while (/^\d+$/.test(name) && to < children.length && children[to][1] === text) to++;
    lines.push(to - from === 1 ? `(${name}): ${text}` : `(${name}-${children[to - 1][0]}): ${to - from} x ${text}`);
    from = to;
  }
  return lines;
}

/** What a module is made of, without the values. */
export interface ModuleJSON {
  readonly type: string;
  readonly settings?: string;
  readonly training: boolean;
  readonly parameters?: Record<string, TensorJSON>;
  readonly buffers?: Record<string, TensorJSON>;
  readonly modules?: Record<string, ModuleJSON>;
}
interface TensorJSON {
  readonly dtype: string;
  readonly shape: readonly number[];
}

export function moduleToJSON(module: Module): ModuleJSON {
  const parts = { parameter: {}, buffer: {}, module: {} } as {
    parameter: Record<string, TensorJSON>;
    buffer: Record<string, TensorJSON>;
    module: Record<string, ModuleJSON>;
  };
  for (const member of module.members()) {
    if (member.kind === 'module') parts.module[member.name] = moduleToJSON(member.value);
    else parts[member.kind][member.name] = { dtype: member.value.dtype, shape: member.value.shape };
  }
  const settings = module.extraRepr();
  return {
    type: module.constructor.name,
    ...(settings === '' ? {} : { settings }),
    training: module.training,
    ...(isEmpty(parts.parameter) ? {} : { parameters: parts.parameter }),
    ...(isEmpty(parts.buffer) ? {} : { buffers: parts.buffer }),
    ...(isEmpty(parts.module) ? {} : { modules: parts.module }),
  };
}

const isEmpty = (object: object): boolean => Object.keys(object).length === 0;
