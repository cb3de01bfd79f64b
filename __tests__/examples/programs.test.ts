import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ensureBuilt, PROJECT } from '../helpers/built-package.js';
import { aTemporaryDirectory } from '../helpers/temporary-directory.js';
import { describeServers, type SharedServer } from '../servers/index.js';
import { runExample } from './run-example.js';

jest.setTimeout(180_000);

beforeAll(ensureBuilt);

/** What the programs print that need no server, without the text of reasons, which may change. */
const PRINTED: readonly (readonly [name: string, lines: readonly (string | RegExp)[]])[] = [
  [
    'sqlite',
    [
      '5 of 20 responses are left',
      '/items/1  stored: true',
      '/items/2  stored: false',
      '/items/20  stored: true',
    ],
  ],
  [
    'opentelemetry',
    [
      'cache GET /users  has a parent  cache.hit=false  cache.rule=nothing-stored  cache.stored=true',
      'cache GET /users  has a parent  cache.hit=true  cache.rule=fresh  cache.stored=false',
      'cache GET /missing  has a parent  cache.hit=false  cache.rule=nothing-stored  cache.stored=false  failed',
      'a page  no parent',
      'hits: 1, misses: 2',
    ],
  ],
  [
    'rfc9111',
    [
      /^\/fresh {6}fwd=uri-miss; fwd-status=200; stored /,
      /^\/fresh {6}hit /,
      /^\/validated {2}fwd=uri-miss; fwd-status=200; stored /,
      /^\/validated {2}fwd=stale; fwd-status=304; stored /,
      /^\/not-kept {3}fwd=uri-miss; fwd-status=200 {2}/,
      /^\/not-kept {3}fwd=uri-miss; fwd-status=200 {2}/,
      /^\/languages {2}fwd=uri-miss; fwd-status=200; stored /,
      /^\/languages {2}fwd=vary-miss; fwd-status=200; stored /,
      /^\/languages {2}hit /,
      /^\/fresh {6}fwd=request; fwd-status=304; stored /,
    ],
  ],
  [
    'url-patterns',
    [
      '/static/logo.svg  for ever',
      '/users            for 60 minutes',
      '/users/7/session  not stored',
      '/search?page=2    for 1440 minutes',
      '/search?q=axios   for 5 minutes',
      '/users/8          for 60 seconds',
    ],
  ],
  [
    'stale-if-error',
    [
      'the origin works            answer 1  fromCache: false  stale: false',
      'it answers 503              answer 1  fromCache: true  stale: true',
      'it hangs up                 answer 1  fromCache: true  stale: true',
      /^it answers 404, no failure {2}.*404/,
      'it works again              answer 2  fromCache: false  stale: false',
      /^503, and two days later {5}.*503/,
      'it works again              answer 3  fromCache: false  stale: false',
      'staleWhileRevalidate        answer 3  fromCache: true  stale: true',
    ],
  ],
  [
    'github-api',
    [
      'first           origin: 200     100 stars  body from cache: false  requests left: 59',
      'within max-age  nobody asked  100 stars  body from cache: true  requests left: 59',
      'validated       origin: 304     100 stars  body from cache: true  requests left: 59',
      'validated       origin: 304     100 stars  body from cache: true  requests left: 59',
      'changed         origin: 200     101 stars  body from cache: false  requests left: 58',
      'validated       origin: 304     101 stars  body from cache: true  requests left: 58',
    ],
  ],
  ['nestjs', ['Ada 7, asked: 1', 'Ada 7, asked: 1', 'Ada 7, asked: 2']],
  [
    'migrate-from-axios-cache-interceptor',
    [
      'first: version 1, fromCache: false',
      'again: version 1, fromCache: true',
      'other: version 2, fromCache: false',
      'forced: version 3, fromCache: false',
      'by a key: version 4, fromCache: false',
      'deleted: 1',
      'after a change: version 6, fromCache: false',
      'Ada gets what is for Ada, fromCache: false',
      'Grace gets what is for Grace, fromCache: false',
      'Ada gets what is for Ada, fromCache: true',
    ],
  ],
  [
    'migrate-from-requests-cache',
    [
      /^3 taken along, 1 left/,
      'https://api.example.com/cities  17 characters  fromCache: true  expires: 2099-01-01',
      'https://api.example.com/logo  8 characters  fromCache: true  expires: 2099-01-01',
      'https://api.example.com/terms  8 characters  fromCache: true  expires: never',
    ],
  ],
];

describe('an example that needs no server', () => {
  it.each(PRINTED)('examples/%s.ts prints what it promises, and leaves no file', async (name, lines) => {
    const directory = aTemporaryDirectory();
    try {
      const printed = await runExample(name, { ...process.env, TMPDIR: directory.path() });
      expect(printed.stderr).toBe('');
      expect(printed.lines).toEqual(
        lines.map((line) => (typeof line === 'string' ? line : (expect.stringMatching(line) as string))),
      );
      // What is compiled is kept beside.
      expect(
        directory.list().filter((file) => !/^(?:v8-compile|node-compile|tsx|ts-node)/.test(file)),
      ).toEqual([]);
    } finally {
      directory.remove();
    }
  });

  it('examples/crawler.ts goes on where it was stopped', async () => {
    const { lines } = await runExample('crawler', process.env);
    const [first, second, third] = lines.map((line) =>
      /^(?:first|second|third) run: (\d+) pages seen, (\d+) requests to the site$/
        .exec(line)
        ?.slice(1)
        .map(Number),
    );
    const [seen = 0, asked = 0] = first ?? [];
    expect(seen).toBeGreaterThanOrEqual(50);
    // What was under way when it was stopped is asked for again.
    expect(asked).toBeGreaterThanOrEqual(seen);
    expect(second).toEqual([127, 127 - seen]);
    expect(third).toEqual([127, 0]);
  });
});

describeServers('redis', (server: () => SharedServer) => {
  it('examples/express.ts serves its clients from Redis', async () => {
    const { lines, stderr } = await runExample('express', { ...process.env, REDIS_URL: server().url });
    expect(stderr).toBe('');
    // How fast it was is left to those who read it.
    expect(lines.map((line) => line.replace(/slowly |at once/, 'in time'))).toEqual([
      'first client    in time  21 °C  MISS',
      'second client   in time  21 °C  HIT',
      'somebody        in time  22 °C  MISS',
      'somebody else   in time  23 °C  MISS',
      'somebody again  in time  22 °C  HIT',
      '3 deleted',
      '20 clients at the same time: 1 request(s) to the API',
    ]);
  });
});

describe('all examples', () => {
  const names = readdirSync(path.join(PROJECT, 'examples')).filter((name) => name.endsWith('.ts'));

  it.each(names)('%s says in its first lines what it shows, and how to run it', (file) => {
    const text = readFileSync(path.join(PROJECT, 'examples', file), 'utf8');
    const comment = /^\/\*\*\n([^]*?)\*\//.exec(text)?.[1] ?? '';
    expect(comment.trim().length).toBeGreaterThan(60);
    const name = path.basename(file, '.ts');
    expect(comment).toMatch(
      new RegExp(`(?:npm run (?:example -- )?|npx ts-node examples/|npx jest .*)${name}\\b`),
    );
  });
});
