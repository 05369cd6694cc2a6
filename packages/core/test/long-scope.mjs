// One scope around a long loop that returns nothing: what is garbage inside must not pile up beyond the budget.
import { ones, scope } from '@flambeau/core';

const MB = 1024 ** 2;
const [size, count, budget] = process.argv.slice(2).map(Number);
const x = ones([size]);
const start = process.memoryUsage.rss();
let peak = start;
const total = scope(
  () => {
    let last = x;
    for (let i = 0; i < count; i++) {
      last = x.add(i);
      if (i % 1000 === 0) peak = Math.max(peak, process.memoryUsage.rss());
    }
    return last.index(0).item();
  },
  { budget: budget * MB },
);
console.log(JSON.stringify({ total, growth: (peak - start) / MB }));
