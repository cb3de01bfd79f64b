import { type Readable } from 'node:stream';
import axios, { type AxiosRequestConfig } from 'axios';
import {
  type BackendError,
  DO_NOT_CACHE,
  InvalidOptionError,
  isHttpCacheError,
  ReplayMissError,
  rfc9111,
} from '../../lib/index.js';
import { useRecordingBench } from './bench.js';

const bench = useRecordingBench();

/** Records requests, and gives an instance that replays, without an origin. */
async function recorded(...requests: readonly AxiosRequestConfig[]) {
  const http = bench().run('record', {}, { validateStatus: null });
  for (const request of requests) await http.request(request);
  await http.cache.close();
  bench().origin.handle(() => {
    throw new Error('The network was touched.');
  });
  const before = bench().origin.count();
  const replaying = bench().run('replay', {}, { validateStatus: null });
  return { http: replaying, asked: () => bench().origin.count() - before };
}

describe('replay', () => {
  it('answers as the origin did, and does not ask it', async () => {
    bench().origin.handle(({ url }) => ({
      status: 201,
      statusText: 'Made',
      headers: { 'content-type': 'application/json', 'X-Own': 'yes' },
      body: JSON.stringify({ url, list: [1, 2, 3] }),
    }));
    const { http, asked } = await recorded({ url: '/a?b=1' });
    bench().clock.advanceSeconds(86_400 * 365);
    const response = await http.get('/a', { params: { b: 1 } });
    expect(response).toMatchObject({
      status: 201,
      statusText: 'Made',
      data: { url: '/a?b=1', list: [1, 2, 3] },
    });
    expect(response.headers['x-own']).toBe('yes');
    expect(response.cache).toMatchObject({ fromCache: true, hit: true, stale: false, reason: 'replayed' });
    expect(asked()).toBe(0);
  });

  it.each(['post', 'put', 'patch', 'delete', 'head', 'options'])('answers %s', async (method) => {
    bench().origin.handle(({ body }) => ({ body: `got ${body.toString()}` }));
    const request = { method, url: '/a', ...(method.startsWith('p') ? { data: { b: 1, a: 2 } } : {}) };
    const { http, asked } = await recorded(request);
    const { status, data } = await http.request({
      ...request,
      ...(request.data && { data: { a: 2, b: 1 } }),
    });
    expect([status, data]).toEqual([
      200,
      method === 'head' ? '' : request.data ? 'got {"b":1,"a":2}' : 'got ',
    ]);
    expect(asked()).toBe(0);
  });

  it.each([204, 301, 404, 429, 500])('answers %d', async (status) => {
    bench().origin.handle(() => ({ status, headers: { 'cache-control': 'no-store' } }));
    const { http } = await recorded({ url: '/a', maxRedirects: 0 });
    expect((await http.get('/a', { maxRedirects: 0 })).status).toBe(status);
    const strict = bench().run('replay');
    if (status > 299)
      await expect(strict.get('/a', { maxRedirects: 0 })).rejects.toMatchObject({ response: { status } });
  });

  it('gives binary and odd bodies back byte for byte', async () => {
    const bodies: Readonly<Record<string, Buffer>> = {
      '/binary': Buffer.from(Array.from({ length: 256 }, (_, index) => index)),
      '/spaced': Buffer.from('{ "b": 1.0, "a": [ ] }\n'),
      '/compact': Buffer.from('{"b":1,"__proto__":{"a":1},"2":"x"}'),
      '/big-number': Buffer.from('{"id":12345678901234567890}'),
      '/lines': Buffer.from('one\r\ntwo\n\n  three \ttab\u2028'),
      '/bom': Buffer.from('\ufefftext'),
      '/yaml-like': Buffer.from('yes: no\n- *alias\n'),
      '/empty': Buffer.alloc(0),
      '/digits': Buffer.from('123'),
      '/quoted': Buffer.from('"text"'),
      '/long': Buffer.from('x'.repeat(300_000)),
    };
    bench().origin.handle(({ url }) => ({ body: bodies[url] as Buffer }));
    const urls = Object.keys(bodies);
    const { http } = await recorded(...urls.map((url) => ({ url, responseType: 'arraybuffer' as const })));
    for (const url of urls) {
      const { data } = await http.get<Buffer>(url, { responseType: 'arraybuffer' });
      expect({ url, hex: data.toString('hex') }).toEqual({ url, hex: bodies[url]?.toString('hex') });
    }
  });

  it('gives streams', async () => {
    bench().origin.handle(() => ({ body: 'streamed' }));
    const recording = bench().run('record');
    const { data } = await recording.get<Readable>('/a', { responseType: 'stream' });
    const textOf = async (stream: Readable): Promise<string> =>
      Buffer.concat(await stream.toArray()).toString();
    expect(await textOf(data)).toBe('streamed');
    const replayed = await bench().run('replay').get<Readable>('/a', { responseType: 'stream' });
    expect(await textOf(replayed.data)).toBe('streamed');
    expect(bench().origin.count()).toBe(1);
  });

  it('tells the redirects', async () => {
    bench().origin.handle(({ url }) =>
      url === '/old' ? { status: 302, headers: { location: '/new' } } : { body: 'there' },
    );
    const { http } = await recorded({ url: '/old' });
    const { data, cache, request } = await http.get('/old');
    expect(data).toBe('there');
    expect(cache.history.map(({ status, url }) => [status, new URL(url).pathname])).toEqual([[302, '/old']]);
    expect((request as { res: { responseUrl: string } }).res.responseUrl).toMatch(/\/new$/);
  });

  it('does not let the options of a request count, nor those of the session', async () => {
    const { http, asked } = await recorded(
      { url: '/a', cache: false },
      { url: '/b', cache: { expireAfter: DO_NOT_CACHE } },
    );
    const strict = bench().run('replay', { ...rfc9111, expireAfter: 1, readOnly: true, disabled: true });
    for (const cache of [
      false,
      { forceRefresh: true },
      { disabled: true },
      { mode: 'network-first' },
    ] as const) {
      expect((await http.get('/a', { cache })).data).toBe('hello');
      const { data, headers } = await strict.get('/a', { cache, headers: { 'cache-control': 'no-store' } });
      expect([data, headers['age']]).toEqual(['hello', undefined]);
    }
    expect((await http.get('/b')).data).toBe('hello');
    expect(asked()).toBe(0);
  });

  it('lets only http.cache.disabled pass', async () => {
    const { http } = await recorded({ url: '/a' });
    bench().origin.handle(() => ({ body: 'new' }));
    expect(await http.cache.disabled(async () => (await http.get('/a')).data as string)).toBe('new');
  });

  it('asks nobody after close() either', async () => {
    const { http, asked } = await recorded({ url: '/a' });
    await http.cache.close();
    await expect(http.get('/a')).rejects.toMatchObject({ code: 'ERR_CACHE_CLOSED' });
    expect(asked()).toBe(0);
  });

  it('answers several of the same in their order, and with the last of them when there are no more', async () => {
    bench().origin.handle((_request, count) => ({ status: count < 3 ? 202 : 200, body: `state ${count}` }));
    const { http } = await recorded({ url: '/job' }, { url: '/job' }, { url: '/job' });
    const answers: unknown[] = [];
    for (let turn = 0; turn < 5; turn += 1) {
      const { status, data } = await http.get('/job');
      answers.push(`${status} ${data as string}`);
    }
    expect(answers).toEqual(['202 state 1', '202 state 2', '200 state 3', '200 state 3', '200 state 3']);
    expect(bench().names).toEqual([
      'GET_127.0.0.1_PORT_job_KEY.2.yaml',
      'GET_127.0.0.1_PORT_job_KEY.3.yaml',
      'GET_127.0.0.1_PORT_job_KEY.yaml',
    ]);
  });

  it('tells ranges and conditions apart', async () => {
    bench().origin.handle(({ headers }) =>
      headers.range !== undefined
        ? { status: 206, headers: { 'content-range': 'bytes 0-1/5' }, body: 'he' }
        : headers['if-none-match'] !== undefined
          ? { status: 304 }
          : { body: 'hello' },
    );
    const range = { headers: { range: 'bytes=0-1' } };
    const condition = { headers: { 'if-none-match': '"1"' } };
    const { http } = await recorded({ url: '/a', ...range }, { url: '/a', ...condition }, { url: '/a' });
    expect([(await http.get('/a', range)).data, (await http.get('/a')).data]).toEqual(['he', 'hello']);
    expect((await http.get('/a', condition)).status).toBe(304);
  });

  it('matches header fields where matchHeaders names them', async () => {
    const options = { matchHeaders: ['Accept-Language'] };
    bench().origin.handle(({ headers }) => ({ body: headers['accept-language'] ?? '' }));
    const recording = bench().run('record', options);
    await recording.get('/a', { headers: { 'accept-language': 'de' } });
    await recording.get('/a', { headers: { 'accept-language': 'fr' } });
    const http = bench().run('replay', options);
    expect((await http.get('/a', { headers: { 'accept-language': 'fr' } })).data).toBe('fr');
    await expect(http.get('/a', { headers: { 'accept-language': 'it' } })).rejects.toThrow(
      'header accept-language: recorded de, asked it',
    );
  });

  it('matches what the request names as its key', async () => {
    const random = (): AxiosRequestConfig => ({
      url: '/a',
      method: 'post',
      data: { nonce: Math.random() },
      cache: { key: 'the one' },
    });
    const { http, asked } = await recorded(random());
    expect((await http.request(random())).data).toBe('hello');
    expect(asked()).toBe(0);
  });

  it('can be looked into as any store', async () => {
    const { http } = await recorded({ url: '/a' }, { url: '/b' });
    expect(await http.cache.count()).toBe(2);
    const urls: string[] = [];
    for await (const url of http.cache.urls()) urls.push(new URL(url).pathname);
    expect(urls.sort()).toEqual(['/a', '/b']);
    const recording = bench().run('record');
    await recording.cache.clear();
    expect(bench().files).toEqual([]);
  });

  it('deletes nothing, whatever the program under test does to its cache', async () => {
    const { http } = await recorded({ url: '/a' });
    await http.cache.clear();
    await http.cache.deleteUrl('/a');
    await http.cache.delete({ olderThan: 0 });
    expect(bench().files).toHaveLength(1);
    expect((await http.get('/a')).status).toBe(200);
  });
});

describe('record', () => {
  it('asks the origin every time, and replaces what was recorded', async () => {
    bench().origin.handle((_request, count) => ({ body: `answer ${count}` }));
    const first = bench().run('record');
    await first.get('/a');
    await first.get('/a');
    await bench().run('record').get('/a');
    expect(bench().names).toEqual(['GET_127.0.0.1_PORT_a_KEY.yaml']);
    expect((await bench().run('replay').get('/a')).data).toBe('answer 3');
  });

  it('leaves a file as it is where only the date is another', async () => {
    bench().origin.handle((_request, count) => ({
      headers: { date: `day ${count}`, etag: '"1"' },
      body: 'same',
    }));
    await bench().run('record').get('/a');
    const before = bench().read();
    bench().clock.advanceSeconds(3600);
    await bench().run('record').get('/a');
    expect(bench().origin.count()).toBe(2);
    expect(bench().read()).toBe(before);
  });

  it('tells what it did', async () => {
    const { cache } = await bench().run('record').get('/a');
    expect(cache).toMatchObject({
      fromCache: false,
      stored: true,
      fwd: 'miss',
      fwdStatus: 200,
      reason: 'recorded',
    });
  });

  it('writes files that people can read', async () => {
    bench().origin.handle(() => ({
      headers: { 'content-type': 'application/json', 'X-Page': '2' },
      body: '{"name":"Ada","tags":["a","b"]}',
    }));
    await bench().run('record').post('/users?page=2', { name: 'Ada', password: 'hidden-secret' });
    const text = bench().read().replaceAll(bench().origin.url, 'https://api.test');
    expect(text.replace(/key: [0-9a-f]{64}/, 'key: KEY')).toMatchInlineSnapshot(`
      "request:
        method: POST
        url: https://api.test/users?page=2
        headers:
          accept: application/json, text/plain, */*
          content-type: application/json
        body:
          name: Ada
          password: REDACTED
      response:
        status: 200
        statusText: OK
        headers:
          content-type: application/json
          x-page: "2"
        json:
          name: Ada
          tags:
            - a
            - b
      key: KEY
      "
    `);
  });

  it('writes JSON, where that is wanted', async () => {
    await bench().run('record', { serializer: 'json' }).get('/a');
    expect(bench().names).toEqual(['GET_127.0.0.1_PORT_a_KEY.json']);
    expect(JSON.parse(bench().read())).toMatchObject({
      request: { method: 'GET' },
      response: { status: 200, text: 'hello' },
    });
    expect((await bench().run('replay', { serializer: 'json' }).get('/a')).data).toBe('hello');
  });

  it('records into another backend, where one is named', async () => {
    const options = { backend: 'sqlite', cacheName: `${bench().directory}/recordings.sqlite` } as const;
    await bench().run('record', options).post('/a', { b: 1 });
    expect((await bench().run('replay', options).post('/a', { b: 1 })).data).toBe('hello');
    expect(bench().origin.count()).toBe(1);
    await expect(bench().run('replay', options).post('/a', { b: 2 })).rejects.toThrow(
      'body.b: recorded 1, asked 2',
    );
  });

  it('does not record what has failed', async () => {
    const http = bench().run('record');
    bench().origin.handle(() => (_request, response) => void response.destroy());
    await expect(http.get('/a')).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(bench().files).toEqual([]);
  });

  it('answers all the same where nothing can be written, and tells', async () => {
    const file = `${bench().directory}/a-file`;
    bench().write('a-file', '');
    const http = bench().run('record', { cacheName: file });
    const errors: BackendError[] = [];
    http.cache.on('backendError', ({ error }) => errors.push(error as BackendError));
    const { data, cache } = await http.get('/a');
    expect([data, cache.stored]).toEqual(['hello', false]);
    expect(errors.map(({ code }) => code)).toEqual(['ERR_CACHE_BACKEND']);
  });
});

describe('record-missing', () => {
  it('replays what is there, and records what is missing', async () => {
    bench().origin.handle(({ url }, count) => ({ body: `${url} ${count}` }));
    await bench().run('record').get('/a');
    const http = bench().run('record-missing');
    expect([(await http.get('/a')).data, (await http.get('/b')).data, (await http.get('/b')).data]).toEqual([
      '/a 1',
      '/b 1',
      '/b 2',
    ]);
    const replaying = bench().run('replay');
    expect([
      (await replaying.get('/a')).data,
      (await replaying.get('/b')).data,
      (await replaying.get('/b')).data,
    ]).toEqual(['/a 1', '/b 1', '/b 2']);
    expect(bench().origin.count()).toBe(3);
  });
});

describe('secrets', () => {
  const secret = 'ghp_0123456789abcdef';

  it.each<[string, AxiosRequestConfig]>([
    ['Authorization', { headers: { authorization: `Bearer ${secret}` } }],
    ['Cookie', { headers: { cookie: `session=${secret}; theme=dark` } }],
    ['X-API-Key', { headers: { 'x-api-key': secret } }],
    ['the query', { params: { api_key: secret } }],
    ['a JSON body', { method: 'post', data: { password: secret } }],
    ['a form', { method: 'post', data: new URLSearchParams({ client_secret: secret }) }],
    ['auth', { auth: { username: 'ada', password: secret } }],
  ])('of %s are in no file, also where the origin sends them back', async (_title, request) => {
    bench().origin.handle(({ headers, url, body }) => ({
      headers: { 'x-echo': String(headers.authorization ?? headers.cookie ?? headers['x-api-key'] ?? url) },
      body: JSON.stringify({
        headers,
        url,
        sent: body.toString(),
        access_token: 'eyJhbGciOi',
      }),
    }));
    await bench()
      .run('record')
      .request({ url: '/a', ...request });
    const text = bench()
      .files.map((file) => file + bench().read(file))
      .join('\n');
    expect(text).not.toContain(secret);
    expect(text).not.toContain(Buffer.from(`ada:${secret}`).toString('base64'));
    expect(text).not.toContain('eyJhbGciOi');
    expect(text).toContain('REDACTED');
  });

  it('do not part those who ask: what was recorded with a token is replayed without', async () => {
    await bench()
      .run('record')
      .get('/a', {
        headers: { authorization: `Bearer ${secret}` },
        params: { access_token: secret, page: 1 },
      });
    const http = bench().run('replay');
    expect((await http.get('/a', { params: { page: 1 } })).data).toBe('hello');
    expect(
      (await http.get('/a', { params: { page: 1 }, headers: { authorization: 'Bearer another' } })).data,
    ).toBe('hello');
  });

  it('are not those of responses by their names alone where the names mean something else', async () => {
    bench().origin.handle(() => ({
      headers: { 'content-type': 'application/json' },
      body: '{"token_count":5,"license":{"key":"mit"}}',
    }));
    await bench().run('record').get('/a');
    expect((await bench().run('replay').get('/a')).data).toEqual({ token_count: 5, license: { key: 'mit' } });
  });

  it('are no cookies that are set, unless these are to be replayed', async () => {
    bench().origin.handle(() => ({ headers: { 'set-cookie': `session=${secret}` } }));
    await bench().run('record').get('/a');
    expect(bench().read()).not.toContain(secret);
  });
});

describe('what was recorded may be edited', () => {
  it('and answers as edited', async () => {
    bench().origin.handle(() => ({
      headers: { 'content-type': 'application/json' },
      body: '{"name":"Ada"}',
    }));
    const { http } = await recorded({ url: '/a' });
    bench().write(
      bench().files[0] as string,
      bench().read().replace('status: 200', 'status: 418').replace('Ada', 'Grace'),
    );
    expect(await http.get('/a')).toMatchObject({ status: 418, data: { name: 'Grace' } });
  });

  it('and is told of, with its name, where it cannot be read', async () => {
    const { http } = await recorded({ url: '/a' });
    bench().write('broken.yaml', 'response: {');
    const error: unknown = await http.get('/a').catch((thrown: unknown) => thrown);
    expect(isHttpCacheError(error) && error.code).toBe('ERR_CACHE_BACKEND');
    expect((error as Error).message).toContain('the recording broken.yaml cannot be read');
  });

  it.each([
    ['status: 200', 'status: 99999', 'no status'],
    ['statusText: OK', 'bodyShape: sideways', 'lacks fields'],
    ['statusText: OK', 'redirects: elsewhere', 'lacks fields'],
    ['headers: {}', 'headers: text', 'no object'],
    ['headers: {}', 'headers: { x-a: { b: 1 } }', 'x-a is no text'],
    ['key: ', 'order: second\nkey: ', 'no number from 1'],
  ])('and is told of, with its name, where it says what cannot be: %s, %s', async (before, after, why) => {
    const { http } = await recorded({ url: '/a' });
    const [file] = bench().files as [string];
    const [request, response] = bench().read(file).split('response:') as [string, string];
    bench().write(file, `${request}response:${response.replace(before, after)}`);
    expect(bench().read(file)).toContain(after);
    const message = await http.get('/a').then(String, String);
    expect(message).toContain(`the recording ${file} cannot be read`);
    expect(message).toContain(why);
  });

  it('but not copied under the same key: which of the two is meant?', async () => {
    const { http } = await recorded({ url: '/a' });
    const [file] = bench().files as [string];
    bench().write('copy.yaml', bench().read(file).replace('hello', 'another'));
    await expect(http.get('/a')).rejects.toMatchObject({
      code: 'ERR_CACHE_BACKEND',
      message: expect.stringMatching(/copy\.yaml .*the same key/) as string,
    });
  });
});

describe('a replay miss', () => {
  const missOf = async (request: AxiosRequestConfig): Promise<ReplayMissError> => {
    const error: unknown = await bench()
      .run('replay')
      .request(request)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ReplayMissError);
    return error as ReplayMissError;
  };
  const shown = (error: Error): string =>
    error.message
      .replaceAll(bench().origin.url, 'https://api.test')
      .replaceAll(bench().directory, '__recordings__');

  it('is an error with a code and the config, and is no AxiosError', async () => {
    const error = await missOf({ url: '/a', method: 'post', data: { a: 1 } });
    expect(error).toMatchObject({
      name: 'ReplayMissError',
      code: 'ERR_CACHE_REPLAY_MISS',
      nearest: undefined,
    });
    expect(error.asked).toMatchObject({ method: 'POST', url: `${bench().origin.url}/a`, body: { a: 1 } });
    expect((error.config as AxiosRequestConfig).url).toBe('/a');
    expect(Object.keys(error)).not.toContain('config');
    expect(axios.isAxiosError(error)).toBe(false);
    expect(shown(error)).toBe(
      "No recording of POST https://api.test/a in __recordings__.\nNothing is recorded there.\nRecord it with mode: 'record' or 'record-missing'.",
    );
  });

  it('shows the nearest of what is recorded, and the difference', async () => {
    const http = bench().run('record');
    await http.get('/users');
    await http.post('/users?page=1', { name: 'Ada', tags: ['a', 'b'], nested: { deep: true } });
    await http.post('/orders', { name: 'Ada' });
    const error = await missOf({
      url: '/users?page=2',
      method: 'post',
      data: { name: 'Grace', tags: ['a', 'c'], nested: { deep: true } },
    });
    expect(shown(error)).toMatchInlineSnapshot(`
      "No recording of POST https://api.test/users?page=2 in __recordings__.
      Recorded is POST https://api.test/users?page=1 (the nearest of 3). The difference:
        query page: recorded 1, asked 2
        body.name: recorded Ada, asked Grace
        body.tags[1]: recorded b, asked c
      Record it with mode: 'record' or 'record-missing'."
    `);
    expect(error.nearest).toMatchObject({ method: 'POST', url: `${bench().origin.url}/users?page=1` });
  });

  it.each<[string, AxiosRequestConfig, string]>([
    [
      'another path',
      { url: '/users/2' },
      'URL: recorded https://api.test/users/1, asked https://api.test/users/2',
    ],
    ['another method', { url: '/users/1', method: 'delete' }, 'method: recorded GET, asked DELETE'],
    ['a parameter more', { url: '/users/1?x=1' }, 'query x: recorded without, asked 1'],
    ['a body', { url: '/users/1', data: 'text' }, 'body: recorded without, asked text'],
  ])('says what is different: %s', async (_title, request, expected) => {
    await bench().run('record').get('/users/1');
    expect(shown(await missOf(request))).toContain(`\n  ${expected}\n`);
  });

  it('stays short, whatever is different', async () => {
    const http = bench().run('record');
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`name${index}`, index]));
    await http.post('/a', many);
    const error = await missOf({ url: '/a', method: 'post', data: { text: 'long '.repeat(1000) } });
    expect(error.message.split('\n').length).toBeLessThan(12);
    expect(error.message.length).toBeLessThan(1500);
  });

  it('is no secret', async () => {
    const error = await missOf({
      url: '/a?api_key=ghp_secret',
      method: 'post',
      data: { password: 'ghp_secret' },
    });
    expect(JSON.stringify(error) + error.message + JSON.stringify(error.asked)).not.toContain('ghp_secret');
  });
});

describe('options', () => {
  it.each<[object, string]>([
    [{ mode: 'rec' }, 'mode'],
    [{ mode: 'record', serializer: 'bson' }, 'serializer'],
    [{ mode: 'replay', cacheName: '' }, 'cacheName'],
  ])('%j is refused', (options, option) => {
    const wrap = (): unknown => bench().run('record', options);
    expect(wrap).toThrow(InvalidOptionError);
    expect(wrap).toThrow(`"${option}"`);
  });

  it('keyFn is checked as ever: what is no key would be one for all requests', async () => {
    const keyFn = (() => Promise.resolve('a')) as unknown as () => string;
    const http = bench().run('record', { keyFn });
    await expect(http.get('/a')).rejects.toMatchObject({ code: 'ERR_CACHE_INVALID_OPTION', option: 'keyFn' });
    expect(bench().files).toEqual([]);
  });

  it('of a request are checked as ever', async () => {
    const http = bench().run('replay');
    await expect(http.get('/a', { cache: { refesh: true } as object })).rejects.toMatchObject({
      code: 'ERR_CACHE_INVALID_OPTION',
    });
  });
});
