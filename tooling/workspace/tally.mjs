// Sums up what vitest wrote for each package (also when turbo replayed it from its cache) and what turbo says of the other tasks.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** @param {string} file */
const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));

/**
 * @typedef {{ name: string, results: string }} TestPackage `results` is the file the vitest preset writes.
 * @typedef {{ passed: number, failed: number, skipped: number, failures: string[] }} Tally
 * @typedef {{ taskId: string, task: string, execution?: { exitCode: number } }} Task as in turbo's run summary.
 */

/**
 * The packages of the workspace that have a `test` script.
 *
 * @param {string} root
 * @returns {TestPackage[]}
 */
export function testPackages(root) {
  return ['packages', 'apps', 'tooling']
    .flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(root, folder, name)))
    .filter((folder) => existsSync(join(folder, 'package.json')))
    .map((folder) => ({ ...readJson(join(folder, 'package.json')), results: join(folder, 'build', 'test-results.json') }))
    .filter(({ scripts }) => scripts?.test)
    .map(({ name, results }) => ({ name, results }));
}

/**
 * The tasks of the last `turbo run --summarize`; none if turbo did not get that far.
 *
 * @param {string} folder turbo's folder of summaries.
 * @returns {Task[]}
 */
export function newestSummary(folder) {
  const [newest] = existsSync(folder) ? readdirSync(folder).sort().reverse() : [];
  return newest ? readJson(join(folder, newest)).tasks : [];
}

/**
 * Counts tests. A suite that could not be loaded, a package without results and a failed build, type check or lint count as one failure each.
 *
 * @param {TestPackage[]} packages
 * @param {Task[]} tasks
 * @returns {Tally}
 */
export function tally(packages, tasks) {
  /** @type {Tally} */
  const total = { passed: 0, failed: 0, skipped: 0, failures: [] };
  /** @param {string} what */
  const fail = (what) => {
    total.failed += 1;
    total.failures.push(what);
  };
  for (const { taskId, task, execution } of tasks) if (task !== 'test' && execution?.exitCode) fail(taskId);
  for (const { name, results } of packages) {
    const before = total.failed;
    if (existsSync(results)) countTests(name, readJson(results), total, fail);
    else fail(`${name}#test: no results`);
    const exitCode = tasks.find(({ taskId }) => taskId === `${name}#test`)?.execution?.exitCode;
    // An error outside any test, such as an unhandled rejection.
    if (exitCode && total.failed === before) fail(`${name}#test: exit code ${exitCode}`);
  }
  return total;
}

/**
 * @param {string} name
 * @param {{ testResults: { name: string, status: string, assertionResults: { fullName: string, status: string }[] }[] }} report vitest's JSON.
 * @param {Tally} total
 * @param {(what: string) => void} fail
 */
function countTests(name, report, total, fail) {
  for (const suite of report.testResults) {
    const failed = suite.assertionResults.filter(({ status }) => status === 'failed');
    for (const test of failed) fail(`${name}: ${test.fullName}`);
    if (suite.status === 'failed' && failed.length === 0) fail(`${name}: ${suite.name}`);
    const passed = suite.assertionResults.filter(({ status }) => status === 'passed').length;
    total.passed += passed;
    total.skipped += suite.assertionResults.length - passed - failed.length;
  }
}
