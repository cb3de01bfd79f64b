// What the verdicts of a run amount to. Pure.

/**
 * @typedef {{ id: string, kind: 'required' | 'optimal' | 'check', verdict: string, detail: string }} Verdict
 *   A `check` is a neutral question, answered by `yes` or `no`; the others are passed by `pass`.
 * @typedef {{ id: string, isExpected: boolean, text: string }} Finding
 */

/** @param {readonly Verdict[]} verdicts */
export function countScores(verdicts) {
  const count = (kind, wanted) => {
    const all = verdicts.filter((verdict) => verdict.kind === kind);
    return `${all.filter(({ verdict }) => verdict === wanted).length}/${all.length}`;
  };
  return {
    required: count('required', 'pass'),
    optimal: count('optimal', 'pass'),
    neutral: count('check', 'yes'),
  };
}

/**
 * Every failure, and whatever else is not as the list says: a listed test that passes, and, where the whole suite was
 * run, a listed name that is no test that can fail.
 * @param {readonly Verdict[]} verdicts
 * @param {Readonly<Record<string, string>>} expectedFailures reason by id
 * @param {{ isWholeSuite: boolean }} run
 * @returns {Finding[]}
 */
export function compareWithExpected(verdicts, expectedFailures, { isWholeSuite }) {
  const judged = verdicts.filter(({ kind }) => kind !== 'check');
  const findings = [];
  for (const { id, kind, verdict, detail } of judged) {
    const isListed = Object.hasOwn(expectedFailures, id);
    const hasFailed = verdict !== 'pass';
    if (hasFailed && isListed) {
      const text = `expected ${kind} failure: ${id}\n    ${expectedFailures[id]}`;
      findings.push({ id, isExpected: true, text });
    } else if (hasFailed) {
      findings.push({
        id,
        isExpected: false,
        text: `UNEXPECTED ${kind} failure: ${id}: ${verdict}: ${detail}`,
      });
    } else if (isListed) {
      const text = `UNEXPECTED pass: ${id} is listed among the expected failures`;
      findings.push({ id, isExpected: false, text });
    }
  }
  if (!isWholeSuite) return findings;
  const known = new Set(judged.map(({ id }) => id));
  for (const id of Object.keys(expectedFailures)) {
    if (known.has(id)) continue;
    const text = `UNKNOWN: ${id} is listed among the expected failures, but is no required or optimal test`;
    findings.push({ id, isExpected: false, text });
  }
  return findings;
}
