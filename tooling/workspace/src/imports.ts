import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** An `import`, `export … from` or `import()` of a source file. */
export interface Import {
  readonly specifier: string;
  /** Whether it is gone after compilation (`import type`). */
  readonly typeOnly: boolean;
  /** Whether it is an `import()`, which runs after its module is loaded. */
  readonly dynamic: boolean;
}

const statement =
  /^[ \t]*(?:import|export)\s+(?<type>type\s+)?(?:[\w*{}\s,$]+?\s+from\s*)?['"](?<from>[^'"\n]+)['"]|\bimport\s*\(\s*['"](?<dynamic>[^'"\n]+)['"]/gm;

/** The imports of a TypeScript source text, in order. Comments are not looked at. */
export function importsOf(source: string): Import[] {
  const code = source.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  return [...code.matchAll(statement)].map(({ groups = {} }) => ({
    specifier: groups.from ?? groups.dynamic,
    typeOnly: groups.type !== undefined,
    dynamic: groups.dynamic !== undefined,
  }));
}

/** The published sources under `folder`, tests left out, as full paths. */
export function sourcesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.m?ts$/.test(file) && !/\.(test|test-d|bench)\.ts$/.test(file))
    .map((file) => join(folder, file))
    .sort();
}

/** The files that a module loads from its own package before it runs itself. */
function loads(file: string): string[] {
  return importsOf(readFileSync(file, 'utf8'))
    .filter(({ specifier, typeOnly, dynamic }) => specifier.startsWith('.') && !typeOnly && !dynamic)
    .map(({ specifier }) => join(dirname(file), specifier).replace(/\.(m?)js$/, '.$1ts'))
    .filter((target) => existsSync(target));
}

/** The circles of run-time imports among the sources of `folder`, each written `a.ts → b.ts → a.ts`. */
export function circularImports(folder: string): string[] {
  const circles: string[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const path: string[] = [];
  const visit = (file: string): void => {
    if (state.get(file) === 'done') return;
    if (state.get(file) === 'open') {
      const circle = [...path.slice(path.indexOf(file)), file];
      circles.push(circle.map((member) => relative(folder, member)).join(' → '));
      return;
    }
    state.set(file, 'open');
    path.push(file);
    loads(file).forEach(visit);
    path.pop();
    state.set(file, 'done');
  };
  sourcesOf(folder).forEach(visit);
  return circles;
}
