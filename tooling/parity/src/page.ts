/** The page of what is there, and its totals. */
import { behaviours } from './behaviours.js';
import { opCount, sampleCount, samplesOf, testOf } from './evidence.js';
import { excluded } from './excluded.js';
import { find } from './names.js';
import { AREAS, type Area, type Item, readSurface } from './surface.js';

/** An op counts as present from this many comparisons with PyTorch on. */
const SAMPLES_WANTED = 3;

export interface Row {
  readonly item: Item;
  /** Our name, or the sentence that a test proves. */
  readonly ours: string | undefined;
  readonly present: boolean;
  readonly dtypes: string;
  readonly gradient: string;
  readonly inplace: string;
  /** What proves it. */
  readonly proof: string;
}

function describe(item: Item): Row {
  const behaviour = behaviours[item.name];
  const ours = behaviour?.ours ?? find(item.name);
  const known = behaviour === undefined && ours !== undefined ? samplesOf(ours) : undefined;
  const test = behaviour?.test ?? (ours && testOf(ours));
  const compared = known !== undefined && known.count >= SAMPLES_WANTED;
  const inplace = item.inplace === undefined ? '' : find(`torch.Tensor.${item.inplace}`) ? 'yes' : 'missing';
  return {
    item,
    ours,
    present: ours !== undefined && (compared || Boolean(test)) && inplace !== 'missing',
    dtypes: known?.dtypes.join(' ') ?? '',
    gradient: known === undefined ? '' : known.doubleGradient ? 'twice' : known.gradient ? 'once' : 'none',
    inplace,
    proof: compared ? `${known.count} samples` : test ? `[test](../${test})` : '',
  };
}

export interface Totals {
  readonly area: Area;
  readonly tier: number;
  readonly present: number;
  readonly counted: number;
  readonly excluded: number;
  readonly missing: readonly string[];
}

export const rowsOf = (area: Area): Row[] =>
  readSurface(area)
    .filter(({ name }) => excluded[name] === undefined)
    .map(describe);

export function totalsOf(area: Area): Totals[] {
  const rows = rowsOf(area);
  const all = readSurface(area);
  return [1, 2, 3].map((tier) => {
    const ofTier = rows.filter(({ item }) => item.tier === tier);
    return {
      area,
      tier,
      present: ofTier.filter(({ present }) => present).length,
      counted: ofTier.length,
      excluded: all.filter((item) => item.tier === tier && excluded[item.name] !== undefined).length,
      missing: ofTier.filter(({ present }) => !present).map(({ item }) => item.name),
    };
  });
}

const percent = (part: number, whole: number): string => (whole === 0 ? '' : `${((100 * part) / whole).toFixed(1)} %`);

export function totalsTable(): string {
  const lines = ['| area | tier | present | of | share | cannot apply |', '| --- | --- | --- | --- | --- | --- |'];
  for (const area of AREAS)
    for (const { tier, present, counted, excluded } of totalsOf(area))
      lines.push(`| ${area} | ${tier} | ${present} | ${counted} | ${percent(present, counted)} | ${excluded} |`);
  return lines.join('\n');
}

/** The whole page. */
export function page(): string {
  const out = [
    '# What of PyTorch is here',
    '',
    'Written by `npm run parity` from the packages, the op database and the checklist of PyTorch 2.13; not by hand. Tier 1 is what common',
    'models and training code use, tier 2 regular use, tier 3 rare. An item is present if we export it and it is compared with PyTorch in',
    `the op database (${opCount()} functions, ${sampleCount()} samples × dtypes) or used by a test.`,
    '',
    totalsTable(),
  ];
  for (const area of AREAS) {
    out.push(
      '',
      `## ${area}`,
      '',
      '| PyTorch | tier | here | dtypes | derivative | in place | proof |',
      '| --- | --- | --- | --- | --- | --- | --- |',
    );
    for (const { item, ours, present, dtypes, gradient, inplace, proof } of rowsOf(area))
      out.push(
        `| \`${item.name}\` | ${item.tier} | ${present ? `\`${ours}\`` : '—'} | ${present ? dtypes : ''} | ${present ? gradient : ''} | ${inplace} | ${present ? proof : ''} |`,
      );
  }
  out.push('', '## Cannot apply', '');
  for (const [name, reason] of Object.entries(excluded)) out.push(`- \`${name}\`: ${reason}`);
  return `${out.join('\n')}\n`;
}
