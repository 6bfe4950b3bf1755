/*
 * node count-results.cjs RESULTS.json TESTS_EXIT CHECK_EXIT
 *
 * Prints the line that ends a run of CI, and fails when anything did. The checks count as one.
 */
'use strict';

const { readFileSync } = require('fs');

const [file, testsExit, checkExit] = process.argv.slice(2);
const results = readResults();

// A file that does not even load has no test that could fail.
const unloaded = results.testResults.filter(
  (each) => each.status === 'failed' && each.assertionResults.length === 0,
);
let failed = results.numFailedTests + unloaded.length;
// Vitest may also fail for what is no test's fault: an error between tests, a time limit, an empty run.
if (failed === 0 && testsExit !== '0') failed = 1;
let passed = results.numPassedTests;
if (checkExit === '0') passed += 1;
else failed += 1;
const skipped = results.numPendingTests + results.numTodoTests;

console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed === 0 ? 0 : 1;

function readResults() {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { testResults: [], numFailedTests: 0, numPassedTests: 0, numPendingTests: 0, numTodoTests: 0 };
  }
}
