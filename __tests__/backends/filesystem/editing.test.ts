import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import axios from 'axios';
import { FilesystemBackend } from '../../../lib/backends/filesystem/index.js';
import { TextFormat } from '../../../lib/backends/filesystem/text-format.js';
import { loadYamlNotation } from '../../../lib/backends/filesystem/yaml-notation.js';
import { aRecord, assertStored, bytesOf, listAll, noise } from '../../../lib/backend-suite/records.js';
import { type CachedAxiosInstance, withCache } from '../../../lib/index.js';
import { type StoredRecord } from '../../../lib/storage/backend.js';
import { type FilesystemOptions } from '../../../lib/storage/options/filesystem.js';
import { encodeHead } from '../../../lib/storage/record-codec.js';
import { ManualClock } from '../../helpers/manual-clock.js';
import { OriginServer } from '../../helpers/origin-server.js';
import { aTemporaryDirectory, type TemporaryDirectory } from '../../helpers/temporary-directory.js';

let directory: TemporaryDirectory;
let backends: FilesystemBackend[];

beforeEach(() => {
  directory = aTemporaryDirectory();
  backends = [];
});
afterEach(async () => {
  for (const backend of backends) await backend.close();
  directory.remove();
});

function open(options: FilesystemOptions): FilesystemBackend {
  const backend = new FilesystemBackend(directory.path('cache'), { fastSave: true, ...options });
  backends.push(backend);
  return backend;
}

async function onlyPath(backend: FilesystemBackend): Promise<string> {
  const paths: string[] = [];
  for await (const one of backend.paths()) paths.push(one);
  expect(paths).toHaveLength(1);
  return paths[0] as string;
}

const readable = (body: Uint8Array): StoredRecord =>
  aRecord({
    key: 'GET https://example.org/',
    head: encodeHead(
      {
        status: 200,
        headers: [
          ['Content-Type', 'text/plain'],
          ['X-A', 'ä "b"'],
        ],
      },
      body,
    ),
    body,
    expiresAt: undefined,
    retainUntil: 4_133_000_000_000.5,
  });

it('json can be read', async () => {
  const backend = open({ serializer: 'json' });
  await backend.put(readable(bytesOf('first line\n"second" line\n')));
  expect(readFileSync(await onlyPath(backend), 'utf8')).toBe(`{
  "key": "GET https://example.org/",
  "variant": "",
  "resource": "resource",
  "createdAt": "2100-11-20T12:00:00.000Z",
  "expiresAt": null,
  "retainUntil": 4133000000000.5,
  "head": {
    "status": 200,
    "headers": [
      [
        "Content-Type",
        "text/plain"
      ],
      [
        "X-A",
        "ä \\"b\\""
      ]
    ]
  },
  "body": "first line\\n\\"second\\" line\\n"
}
`);
});

it('yaml can be read', async () => {
  const backend = open({ serializer: 'yaml' });
  await backend.put(readable(bytesOf('first line\n"second" line\n')));
  expect(readFileSync(await onlyPath(backend), 'utf8')).toBe(`key: GET https://example.org/
variant: ""
resource: resource
createdAt: 2100-11-20T12:00:00.000Z
expiresAt: null
retainUntil: 4133000000000.5
head:
  status: 200
  headers:
    - - Content-Type
      - text/plain
    - - X-A
      - ä "b"
body: |
  first line
  "second" line
`);
});

const LONE_SURROGATE = '\ud800';
const TEXTS: readonly string[] = [
  '',
  ' ',
  '\n',
  '\n\n  indented\n\n',
  '  leading\nspaces  ',
  '\ttab\t',
  'a\r\nb\rc\n',
  '---\n...\n--- a\n',
  '%YAML 1.2\n---\nx',
  '# no comment\n- no list\nno: map\n',
  '&a *a !!str x',
  'null',
  '2100-01-01',
  '0x10',
  'no',
  '<<: x',
  '\u2028\u2029\u0085\u00a0',
  '\ufeffwith a mark',
  'in \ufeff between',
  '\0',
  'a\0b\x07\x1b[0m\x7f',
  '\ufffd',
  '😀 ä 日本',
  '"\'`\\\\n',
  'x'.repeat(30_000),
  `${'word '.repeat(5000)}end`,
  '{"a": [1, "\\ud800"]}',
  '{{ }} ${x} `',
];

describe.each(['json', 'yaml', 'binary'] as const)('the serializer %s', (serializer) => {
  it('keeps every body byte for byte, and reads it from its file', async () => {
    const backend = open({ serializer });
    const bodies = [
      ...TEXTS.map(bytesOf),
      noise(1000),
      Uint8Array.of(0xff),
      Uint8Array.of(0xef, 0xbb, 0xbf),
      Uint8Array.of(0xed, 0xa0, 0x80),
      Uint8Array.of(0xc3),
    ];
    for (const [index, body] of bodies.entries()) {
      const head = encodeHead({ index }, body);
      const record = aRecord({ key: `key ${index}`, head, body });
      await backend.put(record);
      await assertStored(backend, record);
    }
  });

  it('keeps every name, head and time', async () => {
    const backend = open({ serializer });
    const body = bytesOf('body');
    const times = [0, -1, 1.5, 8.64e15, 8.64e15 + 2, -8.64e15, 1e300, Infinity];
    for (const [index, text] of [...TEXTS, LONE_SURROGATE, `a${LONE_SURROGATE}b`, '__proto__'].entries()) {
      const payload = JSON.parse(
        `{"index": ${index}, "__proto__": 1, "10": 2, "2": ${JSON.stringify([text])}}`,
      ) as object;
      const record = aRecord({
        key: text,
        variant: index % 2 === 0 ? text : '',
        resource: text,
        head: index % 5 === 0 ? noise(index) : encodeHead(payload, body),
        body,
        createdAt: times[index % times.length] as number,
        expiresAt: index % 3 === 0 ? undefined : times[(index + 1) % times.length],
        retainUntil: index % 4 === 0 ? undefined : times[(index + 2) % times.length],
      });
      await backend.put(record);
      await assertStored(backend, record);
      expect(await listAll(backend.scan({ resource: text }))).toHaveLength(1);
      expect(await backend.delete(text)).toBe(1);
    }
    expect(readdirSync(directory.path('cache', 'v1')).length).toBe(1);
  });
});

it.each(['json', 'yaml'] as const)('%s keeps a body that is no text as base64', async (serializer) => {
  const backend = open({ serializer });
  await backend.put(readable(Uint8Array.of(0, 1, 2, 255)));
  const text = readFileSync(await onlyPath(backend), 'utf8');
  expect(text).toMatch(/bodyBase64"?: "?AAEC\/w==/);
  expect(text).not.toMatch(/headBase64|\bbody"?:/);
});

it('yaml that is long is written as JSON, which is YAML, too, since it takes less time', async () => {
  const backend = open({ serializer: 'yaml' });
  const record = readable(bytesOf('a line\n'.repeat(20_000)));
  await backend.put(record);
  const file = await onlyPath(backend);
  const text = readFileSync(file, 'utf8');
  expect(text).toContain('{\n  "key": "GET');
  await assertStored(backend, record);
  writeFileSync(file, text.slice(0, -5));
  expect(await backend.get(record.key)).toEqual([]);
  writeFileSync(
    file,
    '{key: GET https://example.org/, variant: "", resource: r, createdAt: 1, head: {}, body: a}',
  );
  expect(await backend.get(record.key)).toMatchObject([{ resource: 'r' }]);
});

it('a file with a byte order mark and other line ends is read, as some editors write it', async () => {
  for (const serializer of ['json', 'yaml'] as const) {
    const backend = open({ serializer });
    const record = readable(bytesOf('the body'));
    await backend.put(record);
    const file = await onlyPath(backend);
    writeFileSync(file, `\ufeff${readFileSync(file, 'utf8').replaceAll('\n', '\r\n')}`);
    await assertStored(backend, record);
  }
});

it.each([
  'no object',
  '[]',
  'null',
  '{"key": 1}',
  '{"key":"k","variant":"","resource":"r","createdAt":"noon","head":{},"body":""}',
  '{"key":"k","variant":"","resource":"r","createdAt":1,"head":[],"body":""}',
  '{"key":"k","variant":"","resource":"r","createdAt":1,"head":null,"body":""}',
  '{"key":"k","variant":"","resource":"r","createdAt":1,"head":{},"body":7}',
  '{"key":"k","variant":"","resource":"r","createdAt":1,"head":{}}',
  '{"key":"k","variant":"","resource":"r","createdAt":1,"body":""}',
  'a: &a [x]\nb: [*a, *a]',
  'key: !!binary x',
])('is no record: %s', async (text) => {
  const format = new TextFormat(await loadYamlNotation());
  expect(format.decode(Buffer.from(text))).toBeUndefined();
});

describe.each(['json', 'yaml'] as const)('what is edited in a file of %s', (serializer) => {
  let origin: OriginServer;
  let http: CachedAxiosInstance;
  const clock = new ManualClock();

  beforeEach(async () => {
    const headers = { 'cache-control': 'max-age=60', 'content-type': 'text/plain', 'x-version': 'stored' };
    origin = await OriginServer.start(() => ({ headers, body: 'from the origin' }));
    const backend = open({ serializer });
    http = withCache(axios.create({ baseURL: origin.url }), { backend, clock, cacheControl: true });
    await http.get('/a');
  });
  afterEach(async () => {
    await http.cache.close();
    await origin.close();
  });

  async function edit(from: string | RegExp, to: string): Promise<void> {
    const file = await onlyPath(backends[0] as FilesystemBackend);
    const text = readFileSync(file, 'utf8');
    const edited = text.replace(from, to);
    expect(edited).not.toBe(text);
    writeFileSync(file, edited);
  }

  it('is answered next: the body', async () => {
    await edit('from the origin', 'from my editor, longer');
    const { data, cache } = await http.get<string>('/a');
    expect([data, cache.fromCache]).toEqual(['from my editor, longer', true]);
  });

  it('is answered next: a header', async () => {
    await edit('stored', 'edited');
    const { headers, cache } = await http.get<string>('/a');
    expect([headers['x-version'], cache.fromCache]).toEqual(['edited', true]);
  });

  it('counts from then on: when the response expires', async () => {
    const expiry = new Date(clock.now() + 60_000).toISOString();
    expect((await http.get('/a')).cache.fromCache).toBe(true);
    await edit(expiry, new Date(clock.now() - 1000).toISOString());
    expect(await listAll((backends[0] as FilesystemBackend).scan({ expiredBy: clock.now() }))).toHaveLength(
      1,
    );
    expect((await http.get('/a')).cache.fromCache).toBe(false);
    expect(origin.requests).toHaveLength(2);
  });

  it('is gone when the file is deleted or is no record any more', async () => {
    await edit(/[^]*/, 'oops');
    expect((await http.get('/a')).cache.fromCache).toBe(false);
    expect((await http.get('/a')).cache.fromCache).toBe(true);
  });
});
