import { setWinograd } from '@flambeau/core';
import type { Target, Workload } from '../workload.js';

/**
 * A workload with two rows: with Winograd's algorithm, which computes fewer products than the definition has and so may exceed the
 * ceiling, and without (`.direct`).
 */
export function withAndWithoutWinograd(workload: Workload, target: Target, direct: Target): Workload {
  return {
    ...workload,
    lines: [
      { suffix: '', target, ours: (v) => !v.startsWith('direct'), mayExceed: true },
      { suffix: '.direct', target: direct, ours: (v) => v.startsWith('direct') },
    ],
    prepare(inputs) {
      const { variants, outputs } = workload.prepare(inputs);
      const names = Object.keys(variants);
      const forms = (['winograd', 'direct'] as const).flatMap((form) =>
        names.map((name) => [name === 'plain' ? form : `${form} ${name}`, { on: form === 'winograd', name }] as const),
      );
      const byName = new Map(forms);
      return {
        variants: Object.fromEntries(
          forms.map(([form, { on, name }]) => [
            form,
            (times: number) => {
              setWinograd(on);
              variants[name](times);
            },
          ]),
        ),
        outputs(form) {
          const { on, name } = byName.get(form) as { on: boolean; name: string };
          setWinograd(on);
          return outputs(name);
        },
      };
    },
  };
}
