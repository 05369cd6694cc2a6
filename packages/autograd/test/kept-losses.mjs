// Keeps the loss of every step, with its history, as people do who plot it later. Prints by how many MB memory grew.
import * as models from './models.mjs';

const [count] = process.argv.slice(2).map(Number);
const { step } = models.mlp();
for (let i = 0; i < 200; i++) step();
const start = process.memoryUsage.rss();
const losses = [];
for (let i = 0; i < count; i++) losses.push(step());
const growth = (process.memoryUsage.rss() - start) / 1024 ** 2;
const values = losses.map((loss) => loss.item());
console.log(JSON.stringify({ growth, first: values[0], last: values[count - 1], finite: values.every(Number.isFinite) }));
