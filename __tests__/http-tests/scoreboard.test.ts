import { callExport } from './call-export.js';

const run = { suiteVersion: '0.4.5', nodeVersion: '20.20.2', date: '2026-11-20' };
const rows = [
  {
    name: 'ours (memory)',
    version: '1.0.0',
    scores: { required: '138/147', optimal: '64/68', neutral: '52/79' },
  },
  {
    name: 'other',
    version: '12.0.1',
    options: '{ either: 1 | 2 }',
    scores: { required: '9/147', optimal: '0/68', neutral: '1/79' },
  },
  { name: 'broken', version: '2.0.0' },
];

it('puts every client on a line of its own, under the headings, with the versions and the date', () => {
  expect(callExport('scoreboard.mjs', 'formatPlain', rows, run)).toBe(
    [
      'http-cache-tests 0.4.5, private-cache mode, dependencies honoured; Node 20.20.2; 2026-11-20',
      '',
      'client         version  required    optimal  neutral: yes',
      'ours (memory)  1.0.0    138/147     64/68    52/79',
      'other          12.0.1   9/147       0/68     1/79',
      'broken         2.0.0    broke down',
      '',
      'other: { either: 1 | 2 }',
    ].join('\n'),
  );
});

it('is a table of Markdown, too, which a bar in an option does not break', () => {
  expect(callExport('scoreboard.mjs', 'formatMarkdown', rows, run)).toBe(
    [
      '| client | version | required | optimal | neutral: yes | configuration |',
      '| --- | --- | --- | --- | --- | --- |',
      '| ours (memory) | 1.0.0 | 138/147 | 64/68 | 52/79 |  |',
      '| other | 12.0.1 | 9/147 | 0/68 | 1/79 | `{ either: 1 \\| 2 }` |',
      '| broken | 2.0.0 | broke down |  |  |  |',
      '',
      'http-cache-tests 0.4.5, private-cache mode, dependencies honoured; Node 20.20.2; 2026-11-20',
    ].join('\n'),
  );
});
