// A training loop that never yields to the event loop. Arguments: model, 'plain' or 'scope', steps, MB of other live objects.
// Prints the resident set in the middle of the run and at its end, both the median over a fifth of the steps because it goes up
// and down with the collections, its peak, and the time of a step. The first half does not count: V8 touches its young generation,
// and malloc the room for gradients that wait for a collection, page by page over some 170 steps of the CNN.
import { scope } from '@flambeau/core';
import { cnn, mlp } from './models.mjs';

const MB = 1024 ** 2;
const [name, mode] = process.argv.slice(2);
const [steps, ballastMB] = process.argv.slice(4).map(Number);

const ballast = [];
while (ballast.length < ballastMB * 10_000) ballast.push({ id: ballast.length, text: `${ballast.length}`, list: [1.5] }); // about 100 bytes each

const { step } = { cnn, mlp }[name]();
const run = mode === 'scope' ? () => scope(() => step().item()) : () => step().item();
const resident = [];
const start = performance.now();
let loss = 0;
for (let i = 0; i < steps; i++) {
  loss = run();
  resident.push(process.memoryUsage.rss() / MB);
}
const msPerStep = (performance.now() - start) / steps;
const median = (from, to) => {
  const values = resident.slice(Math.floor(from * steps), Math.floor(to * steps)).sort((a, b) => a - b);
  return values[values.length >> 1];
};
console.log(
  JSON.stringify({
    loss,
    early: median(0.5, 0.7),
    late: median(0.8, 1),
    peak: process.resourceUsage().maxRSS / 1024,
    msPerStep,
    ballast: ballast.length,
  }),
);
