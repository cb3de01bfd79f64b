import { callExport } from './call-export.js';

interface Verdict {
  id: string;
  kind: 'required' | 'optimal' | 'check';
  verdict: string;
  detail: string;
}

interface Finding {
  id: string;
  isExpected: boolean;
  text: string;
}

const verdict = (id: string, kind: Verdict['kind'], said: string): Verdict => ({
  id,
  kind,
  verdict: said,
  detail: `detail of ${id}`,
});

function compare(verdicts: Verdict[], expected: Record<string, string>, isWholeSuite = true): Finding[] {
  return callExport('verdicts.mjs', 'compareWithExpected', verdicts, expected, { isWholeSuite }) as Finding[];
}

describe('the comparison with the expected failures', () => {
  const cases: [string, Verdict[], Record<string, string>, Pick<Finding, 'id' | 'isExpected'>[]][] = [
    ['nothing listed, all passes', [verdict('a', 'required', 'pass')], {}, []],
    [
      'a failure that is listed is expected',
      [verdict('a', 'required', 'fail')],
      { a: 'why' },
      [{ id: 'a', isExpected: true }],
    ],
    [
      'a required failure that is not listed',
      [verdict('a', 'required', 'fail')],
      {},
      [{ id: 'a', isExpected: false }],
    ],
    [
      'an optimal failure that is not listed',
      [verdict('a', 'optimal', 'fail')],
      {},
      [{ id: 'a', isExpected: false }],
    ],
    [
      'a pass that is listed as a failure',
      [verdict('a', 'optimal', 'pass')],
      { a: 'why' },
      [{ id: 'a', isExpected: false }],
    ],
    [
      'a listed name that no test has',
      [verdict('a', 'required', 'pass')],
      { gone: 'why' },
      [{ id: 'gone', isExpected: false }],
    ],
    [
      'a listed name of a neutral question, which cannot fail',
      [verdict('a', 'check', 'no')],
      { a: 'why' },
      [{ id: 'a', isExpected: false }],
    ],
    ['a neutral question answered by no', [verdict('a', 'check', 'no')], {}, []],
    [
      'whatever is not a pass is a failure',
      ['setup failed', 'not run', 'retried', 'a test that it depends on failed'].map((said, index) =>
        verdict(`t${index}`, 'required', said),
      ),
      {},
      [0, 1, 2, 3].map((index) => ({ id: `t${index}`, isExpected: false })),
    ],
    [
      'a test that has the name of a property of every object is not listed by that',
      [verdict('constructor', 'required', 'pass'), verdict('toString', 'required', 'fail')],
      {},
      [{ id: 'toString', isExpected: false }],
    ],
  ];

  it.each(cases)('%s', (_title, verdicts, expected, findings) => {
    expect(compare(verdicts, expected).map(({ id, isExpected }) => ({ id, isExpected }))).toEqual(findings);
  });

  it('misses no listed name where a single test was run, but still sees it pass', () => {
    const listed = { a: 'why', other: 'why' };
    expect(compare([verdict('a', 'required', 'fail')], listed, false).map(({ id }) => id)).toEqual(['a']);
    expect(compare([verdict('a', 'required', 'pass')], listed, false)).toEqual([
      { id: 'a', isExpected: false, text: expect.stringContaining('UNEXPECTED pass: a') as string },
    ]);
  });

  it('says what a failure was, and why it is expected', () => {
    const [unexpected, expected] = compare(
      [verdict('a', 'required', 'setup failed'), verdict('b', 'optimal', 'fail')],
      { b: 'The reason.' },
    );
    expect(unexpected?.text).toBe('UNEXPECTED required failure: a: setup failed: detail of a');
    expect(expected?.text).toContain('The reason.');
  });
});

it('counts passes by kind, and of the neutral questions those answered by yes', () => {
  const verdicts = [
    verdict('a', 'required', 'pass'),
    verdict('b', 'required', 'a test that it depends on failed'),
    verdict('c', 'optimal', 'fail'),
    verdict('d', 'check', 'yes'),
    verdict('e', 'check', 'no'),
    verdict('f', 'check', 'setup failed'),
  ];
  expect(callExport('verdicts.mjs', 'countScores', verdicts)).toEqual({
    required: '1/2',
    optimal: '0/1',
    neutral: '1/3',
  });
});
