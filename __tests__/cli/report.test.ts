import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import axios from 'axios';
import { type CachedAxiosInstance, withCache } from '../../lib/index.js';
import { ensureBuilt, PROJECT } from '../helpers/built-package.js';
import { aTemporaryDirectory, type TemporaryDirectory } from '../helpers/temporary-directory.js';
import { cli } from './run-cli.js';

jest.setTimeout(180_000);

const run = promisify(execFile);
/** What somebody could have made a server store, to be run by whoever looks at the report. */
const ATTACK = '</script><script>window.injected=1</script><img src=x onerror="alert(1)">';
/** Not part of the project: for people to look at after a run. */
const SCREENSHOTS = path.join(PROJECT, '.coverage', 'screenshots');

interface Seen {
  readonly complaints: readonly string[];
  readonly requests: readonly string[];
  readonly title: string;
  readonly text: string;
  readonly background: string;
  readonly scripts: number;
  readonly images: number;
  readonly ran: boolean;
  readonly unlabelled: number;
  readonly charts: readonly { readonly id: string; readonly painted: number; readonly colours: number }[];
  readonly overflows: boolean;
}

let place: TemporaryDirectory;
let page: string;
beforeAll(async () => {
  ensureBuilt();
  mkdirSync(SCREENSHOTS, { recursive: true });
  place = aTemporaryDirectory();
  const store = place.path(`a <b>"store"</b> & ${'more'}.sqlite`);
  await fillWithHosts(store);
  page = place.path('report.html');
  const ran = await cli([store, 'report', '-o', page]);
  expect(ran).toMatchObject({ code: 0, stdout: '', stderr: `${page} is written\n` });
});
afterAll(() => place.remove());

async function fillWithHosts(cacheName: string): Promise<void> {
  const http = withCache(axios.create(), { cacheName, backend: { name: 'sqlite', fastSave: true } });
  for (let index = 0; index < 120; index++) {
    await save(http, `https://host-${(index * index) % 19}.example/items/${index}`, index);
  }
  await save(http, `https://evil.example/?q=${encodeURIComponent(ATTACK)}`, 3, `key ${ATTACK}`);
  await http.cache.close();
}

function save(http: CachedAxiosInstance, url: string, index: number, key?: string): Promise<string> {
  return http.cache.saveResponse(
    {
      data: 'x'.repeat(key === undefined ? (index * 7919) % 150_000 : 200_000),
      status: index % 7 === 0 ? 404 : index % 11 === 0 ? 301 : 200,
      statusText: '',
      headers: {},
      config: { url },
    },
    { key, expireAfter: index % 3 === 0 ? -1 : index % 5 === 0 ? 0 : '1h' },
  );
}

async function open(scheme: 'light' | 'dark'): Promise<Seen> {
  const screenshot = path.join(SCREENSHOTS, `report-${scheme}.png`);
  const program = path.join(__dirname, 'programs', 'open-page.mjs');
  const { stdout } = await run(process.execPath, [program, page, screenshot, scheme], { timeout: 120_000 });
  return JSON.parse(stdout) as Seen;
}

describe('the report', () => {
  it('is one page that asks nobody for anything, in the light and in the dark', async () => {
    const light = await open('light');
    expect(light.complaints).toEqual([]);
    expect(light.requests.filter((url) => !url.startsWith('data:'))).toEqual([
      expect.stringMatching(/^file:.*report\.html$/),
    ]);
    expect(light.charts.map(({ id }) => id)).toEqual([
      'hosts',
      'hosts-by-size',
      'freshness',
      'ages',
      'sizes',
      'statuses',
    ]);
    for (const { painted, colours } of light.charts) {
      expect(painted).toBeGreaterThan(2000);
      expect(colours).toBeGreaterThan(1);
    }
    expect(light).toMatchObject({ unlabelled: 0, images: 0, scripts: 2, overflows: false });
    expect(light.text).toMatch(/Responses\s+121/);
    expect(light.text).toMatch(/GET https:\/\/host-\d+\.example\/items\/\d+/);

    const dark = await open('dark');
    expect(dark).toMatchObject({ complaints: [], overflows: false });
    expect(dark.background).not.toBe(light.background);
    expect(dark.charts.every(({ painted }) => painted > 2000)).toBe(true);
  });

  it('shows what others have made it store, and runs none of it', async () => {
    const html = readFileSync(page, 'utf8');
    expect(html.includes('<script>window.injected')).toBe(false);
    expect(html.includes('<img')).toBe(false);
    // The data and the script, and no element that content has opened or closed.
    expect(html.match(/<script/g)).toHaveLength(2);
    expect(html.match(/<\/script/g)).toHaveLength(2);
    const seen = await open('dark');
    expect(seen.ran).toBe(false);
    expect(seen.title).toContain('a <b>"store"</b> & more.sqlite');
    expect(seen.text).toMatch(/GET https:\/\/evil\.example\/\?q=\S*script/);
    expect(seen.text).toContain('key </script');
  });

  it('forbids all but its own script and style, by their hashes', () => {
    const [, policy = ''] =
      /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(readFileSync(page, 'utf8')) ?? [];
    const plain = policy.replaceAll('&#39;', "'");
    expect(plain).toMatch(/^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; /);
    expect(plain).not.toMatch(/unsafe|https?:|\*/);
  });

  it('goes to standard output as well', async () => {
    const ran = await cli([place.path('a <b>"store"</b> & more.sqlite'), 'report', '-o', '-', '--top', '3']);
    expect(ran.code).toBe(0);
    expect(ran.stdout.startsWith('<!doctype html>')).toBe(true);
    expect(ran.stdout).toContain('charts by Chart.js');
  });
});
