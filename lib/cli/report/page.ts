import { createHash } from 'node:crypto';
import type { Sample, Summary, Tally } from '../summary.js';
import { counted, isoTime, plain, roughBytes, roughDuration } from '../text.js';
import { type ChartData, DATA_ID } from './chart-data.js';
import { type Cell, escaped, scriptJson, table } from './markup.js';
import { PAGE_STYLE } from './page-style.js';

/** What a page is made of. */
export interface ReportParts {
  readonly summary: Summary;
  /** Of the store, without secrets. */
  readonly store: string;
  readonly storedBytes: number;
  readonly version: string;
  /** What draws the charts. */
  readonly script: string;
}

/** More bars cannot be told apart. */
const HOSTS_IN_CHART = 12;

/** The report: one page that needs nothing else, and may ask nobody for anything. */
export function reportPage(parts: ReportParts): string {
  const { summary, store, version, script } = parts;
  const charts = chartsOf(summary);
  const at = isoTime(summary.at);
  // By their hashes, so that nothing that comes from what is stored could ever run.
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(script)}`,
    `style-src ${hashOf(PAGE_STYLE)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escaped(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="axios-persistent-cache ${escaped(version)}">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>${escaped(`Stored responses: ${plain(store)}`)}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<header>
<h1>${escaped(plain(store))}</h1>
<p class="faint">Stored responses as of <time datetime="${at}">${at.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')}</time></p>
</header>
<main>
${tilesOf(parts)}
<h2>What is stored</h2>
<div class="charts">
${charts.map(figureOf).join('\n')}
</div>
<h2>The largest</h2>
${samples('The largest responses', summary.largest, summary.at)}
<h2>The oldest</h2>
${samples('The oldest responses', summary.oldest, summary.at)}
</main>
<footer>Made by axios-persistent-cache ${escaped(version)}; charts by Chart.js (MIT licence).</footer>
<script type="application/json" id="${DATA_ID}">${scriptJson(charts)}</script>
<script>${script}</script>
</body>
</html>
`;
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

function tilesOf({ summary, storedBytes }: ReportParts): string {
  const { responses, bytes, fresh, stale, neverStale, forOneUser, unreadable, hosts } = summary;
  const tiles: readonly (readonly [string, string])[] = [
    ['Responses', responses.toLocaleString('en-US')],
    ['Bodies', roughBytes(bytes)],
    ['The store takes', roughBytes(storedBytes)],
    ['Hosts', hosts.length.toLocaleString('en-US')],
    ['Fresh', fresh.responses.toLocaleString('en-US')],
    ['Stale', stale.responses.toLocaleString('en-US')],
    ['Never stale', neverStale.responses.toLocaleString('en-US')],
    ['For one user only', forOneUser.toLocaleString('en-US')],
    ...(unreadable === 0 ? [] : [['Unreadable', unreadable.toLocaleString('en-US')] as const]),
  ];
  return `<dl class="tiles">${tiles.map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`).join('\n')}</dl>`;
}

function chartsOf(summary: Summary): readonly ChartData[] {
  const { hosts, fresh, stale, neverStale, ages, sizes, statuses } = summary;
  const freshness = [
    { ...fresh, name: 'fresh' },
    { ...stale, name: 'stale' },
    { ...neverStale, name: 'never stale' },
  ];
  return [
    chart('hosts', 'By host', 'bars', withRest(hosts)),
    chart('hosts-by-size', 'Size by host', 'bars', withRest(largestFirst(hosts)), 'bytes'),
    chart('freshness', 'By freshness', 'ring', freshness),
    chart('ages', 'By time since it was first stored', 'columns', ages),
    chart('sizes', 'By size of the body', 'columns', sizes),
    chart('statuses', 'By status', 'columns', statuses),
  ];
}

function largestFirst(tallies: readonly Tally[]): readonly Tally[] {
  return [...tallies].sort((left, right) => right.bytes - left.bytes);
}

function chart(
  id: string,
  title: string,
  kind: ChartData['kind'],
  tallies: readonly Tally[],
  shows: ChartData['shows'] = 'responses',
): ChartData {
  return {
    id,
    title,
    kind,
    shows,
    labels: tallies.map(({ name }) => plain(name)),
    responses: tallies.map(({ responses }) => responses),
    bytes: tallies.map(({ bytes }) => bytes),
  };
}

function withRest(hosts: readonly Tally[]): readonly Tally[] {
  if (hosts.length <= HOSTS_IN_CHART) return hosts;
  const rest = hosts.slice(HOSTS_IN_CHART - 1);
  const sum = (of: (tally: Tally) => number): number => rest.reduce((total, tally) => total + of(tally), 0);
  return [
    ...hosts.slice(0, HOSTS_IN_CHART - 1),
    {
      name: `${rest.length} others`,
      responses: sum(({ responses }) => responses),
      bytes: sum(({ bytes }) => bytes),
    },
  ];
}

/** Whoever cannot see the chart reads the table. */
function figureOf({ id, title, shows, labels, responses, bytes }: ChartData): string {
  const shown = (index: number): string =>
    shows === 'bytes' ? roughBytes(bytes[index] ?? 0) : String(responses[index] ?? 0);
  const said = labels.map((label, index) => `${label}: ${shown(index)}`).join(', ');
  const rows = labels.map((label, index) => [
    { text: label },
    { text: (responses[index] ?? 0).toLocaleString('en-US'), kind: 'number' as const },
    { text: roughBytes(bytes[index] ?? 0), kind: 'number' as const },
  ]);
  const heads: readonly Cell[] = [
    { text: title.replace(/^(By|Size by) /, '') },
    { text: 'Responses', kind: 'number' },
    { text: 'Bodies', kind: 'number' },
  ];
  return `<figure>
<figcaption id="${id}-title">${escaped(title)}</figcaption>
<div class="canvas"><canvas id="${id}" role="img" aria-label="${escaped(`${title}. ${said}`)}"></canvas></div>
<details><summary>As a table</summary>${table(title, heads, rows)}</details>
</figure>`;
}

function samples(caption: string, all: readonly Sample[], now: number): string {
  if (all.length === 0) return '<p class="faint">None.</p>';
  const heads: readonly Cell[] = [
    { text: 'Size', kind: 'number' },
    { text: 'Stored', kind: 'number' },
    { text: 'Freshness' },
    { text: 'Status', kind: 'number' },
    { text: 'Key' },
    { text: 'Request' },
  ];
  const rows = all.map(({ bytes, createdAt, expiresAt, status, key, method, url }): readonly Cell[] => [
    { text: roughBytes(bytes), kind: 'number' },
    { text: `${roughDuration((now - createdAt) / 1000)} ago`, kind: 'number' },
    freshnessCell(expiresAt, now),
    { text: String(status), kind: 'number', tone: status >= 400 ? 'error' : undefined },
    { text: plain(key).slice(0, 12), kind: 'key' },
    { text: plain(`${method} ${url}`), kind: 'url' },
  ]);
  return `${table(caption, heads, rows)}
<p class="faint">${counted(all.length, 'response')}.</p>`;
}

function freshnessCell(expiresAt: number | undefined, now: number): Cell {
  if (expiresAt === undefined) return { text: 'never stale' };
  const span = roughDuration((expiresAt - now) / 1000);
  return expiresAt > now
    ? { text: `fresh for ${span}`, tone: 'fresh' }
    : { text: `stale for ${span}`, tone: 'stale' };
}
