/** Bad input is refused with the right class of error and a message that helps. */
import { type ErrorSample, formatArguments, snakeCase } from '@flambeau/op-database';
import { makeInputs, withInputs } from './build.js';
import type { Subject } from './subject.js';

export function checkErrors(subject: Subject): void {
  const wrong = (subject.entry.errors ?? []).flatMap((sample) => problem(subject, sample) ?? []);
  if (wrong.length > 0) throw new Error(wrong.join('\n  '));
}

function problem({ name, call }: Subject, sample: ErrorSample): string | null {
  const at = `${name}${formatArguments(sample.args)}`;
  const args = withInputs(sample, makeInputs(name, 0, sample, sample.dtype ?? 'float32'));
  try {
    call(...args);
  } catch (error) {
    const { name: kind, message } = error as Error;
    if (kind !== sample.throws) return `${at}: threw ${kind}: ${message}; expected a ${sample.throws}`;
    if (!(sample.op === undefined ? [name, snakeCase(name)] : [sample.op]).some((n) => message.includes(n)))
      return `${at}: the message does not name the op: ${message}`;
    const missing = sample.says.filter((part) => !message.includes(part));
    return missing.length === 0 ? null : `${at}: the message lacks ${missing.map((m) => `'${m}'`).join(' and ')}: ${message}`;
  }
  return `${at}: did not throw; expected a ${sample.throws}`;
}
