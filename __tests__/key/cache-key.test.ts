import fc from 'fast-check';
import { InvalidOptionError } from '../../lib/errors';
import { createKey, recreateKey, resourceOf } from '../../lib/key/cache-key';
import { DEFAULT_IGNORED_PARAMETERS } from '../../lib/key/ignored-parameters';
import { redactHeaders } from '../../lib/key/redaction';
import {
  type KeyFunction,
  type KeyFunctionRequest,
  type KeyRequest,
  type KeySettings,
  type RequestBody,
} from '../../lib/key/request';

const settings: KeySettings = {
  ignoredParameters: undefined,
  matchHeaders: false,
  contentRootKey: undefined,
  keyFn: undefined,
};
const plain: KeyRequest = { method: 'GET', url: 'https://a.test/x?b=2&a=1', headers: {} };
const JSON_HEADERS = { 'content-type': 'application/json' };
const text = (value: string): RequestBody => ({ kind: 'text', text: value });
const key = (request: Partial<KeyRequest>, changes: Partial<KeySettings> = {}): string =>
  createKey({ ...plain, ...request }, { ...settings, ...changes }).key;

describe('createKey', () => {
  it('tells all about a plain request', () => {
    const identity = createKey(plain, settings);
    expect(identity).toEqual({
      key: expect.stringMatching(/^[0-9a-f]{64}$/),
      isCustomKey: false,
      resource: expect.stringMatching(/^[0-9a-f]{64}$/),
      method: 'GET',
      url: 'https://a.test/x?a=1&b=2',
      partition: '',
      bodyDigest: undefined,
      bodyKey: '-',
    });
    expect(identity.resource).not.toBe(identity.key);
  });

  it('gives keys that do not change between releases of one key format', () => {
    expect(createKey(plain, settings)).toMatchObject({
      key: '67fde776b050bafbbea21d51ad818b8f782d365ac644b260dbaecec449374450',
      resource: 'f891dee067d35fc3f91b16e6eac12f19fea93fabf3e4ad8dc8076f90899cbead',
    });
    expect(key({ method: 'POST', headers: { ...JSON_HEADERS, cookie: 'c' }, body: text('{}') })).toBe(
      '351062473260908a2783e71bc9b0961b5448c5df43269efccc30fa258560dda8',
    );
  });

  it.each<[string, Partial<KeyRequest>, Partial<KeyRequest>]>([
    ['order of names', { url: '/x?a=1&b=2' }, { url: '/x?b=2&a=1' }],
    ['fragment', { url: '/x#a' }, { url: '/x' }],
    ['case of the method', { method: 'get' }, { method: 'GET' }],
    ['header fields that are not matched', { headers: { accept: 'a' } }, { headers: {} }],
    [
      'D16: control directives',
      { headers: { 'cache-control': 'no-cache', pragma: 'no-cache' } },
      { headers: {} },
    ],
    [
      'D13: order of members',
      { headers: JSON_HEADERS, body: text('{"b":1,"a":1}') },
      { headers: JSON_HEADERS, body: text('{"a":1,"b":1}') },
    ],
    ['the content type without a body', { headers: JSON_HEADERS }, { headers: {} }],
    ['defaults of options', { decompress: true, insecure: false }, {}],
    ['a Host that the URL names, too', { headers: { host: 'A.test:443' } }, {}],
    ['the case of a Host', { headers: { host: 'B.test' } }, { headers: { host: 'b.test' } }],
    ['a Referer that is not matched', { headers: { referer: 'http://u:p@a.test/?sig=1' } }, {}],
    [
      'auth and the field it sends',
      { auth: { username: 'u', password: 'p' } },
      { headers: { authorization: 'Basic dTpw' } },
    ],
    [
      'userinfo and the field it sends',
      { url: 'http://u:p@a.test/' },
      { url: 'http://a.test/', headers: { authorization: 'Basic dTpw' } },
    ],
    [
      'auth over userinfo',
      { url: 'http://x:y@a.test/', auth: { username: 'u', password: 'p' } },
      { url: 'http://a.test/', auth: { username: 'u', password: 'p' } },
    ],
  ])('equal: %s', (_title, one, other) => {
    expect(key(one)).toBe(key(other));
    expect(key(one, { matchHeaders: ['x-unused'] })).toBe(key(other, { matchHeaders: ['x-unused'] }));
  });

  it.each<[string, Partial<KeyRequest>, Partial<KeyRequest>]>([
    ['methods', { method: 'HEAD' }, {}],
    [
      'a method and its override',
      { method: 'POST', headers: { 'x-http-method-override': 'GET' } },
      { method: 'POST' },
    ],
    ['an override and the real method', { method: 'POST', headers: { 'x-http-method-override': 'GET' } }, {}],
    ['URLs', { url: '/a' }, { url: '/b' }],
    ['D12: escaped slashes', { url: '/a%2Fb' }, { url: '/a/b' }],
    ['D12: blank values', { url: '/a?b=' }, { url: '/a' }],
    ['D12: order of values', { url: '/a?b=1&b=2' }, { url: '/a?b=2&b=1' }],
    ['D12: parts with moved boundaries', { url: '/a', body: text('b') }, { url: '/', body: text('ab') }],
    [
      'D12: arrays',
      { headers: JSON_HEADERS, body: text('[1,2]') },
      { headers: JSON_HEADERS, body: text('[2,1]') },
    ],
    ['D11: content types', { headers: JSON_HEADERS, body: text('1') }, { headers: {}, body: text('1') }],
    ['D11: redirects', { maxRedirects: 0 }, {}],
    ['redirects', { maxRedirects: 0 }, { maxRedirects: 5 }],
    ['an empty body and none', { body: text('') }, {}],
    ['bodies', { body: text('a') }, { body: text('b') }],
    ['decompression', { decompress: false }, {}],
    ['sockets', { socketPath: '/a' }, {}],
    ['sockets among each other', { socketPath: '/a' }, { socketPath: '/b' }],
    ['a socket and redirects', { socketPath: '5' }, { maxRedirects: 5 }],
    ['verification', { insecure: true }, {}],
    ['insecure and compressed', { insecure: true }, { decompress: false }],
    ['hosts of one URL', { headers: { host: 'b.test' } }, {}],
    ['hosts among each other', { headers: { host: 'b.test' } }, { headers: { host: 'c.test' } }],
    ['ports of hosts', { headers: { host: 'a.test:80' } }, {}],
    ['a host and a socket', { headers: { host: '/a' } }, { socketPath: '/a' }],
    ['client certificates', { clientIdentity: 'a' }, { clientIdentity: 'b' }],
    ['a client certificate and none', { clientIdentity: '' }, {}],
    ['a client certificate and a cookie', { clientIdentity: 'a' }, { headers: { cookie: 'a' } }],
    ['users by X-Session-Id', { headers: { 'x-session-id': 'a' } }, { headers: { 'x-session-id': 'b' } }],
    ['users by Private-Token', { headers: { 'private-token': 'a' } }, {}],
    ['users by a signed URL', { url: '/?X-Amz-Signature=a' }, { url: '/?X-Amz-Signature=b' }],
    [
      'users by a password in a form',
      { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: text('Password=a') },
      { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: text('Password=b') },
    ],
    ['users by Authorization', { headers: { authorization: 'a' } }, { headers: { authorization: 'b' } }],
    ['a user and nobody', { headers: { authorization: 'a' } }, {}],
    ['D4: users by Cookie', { headers: { cookie: 'a' } }, { headers: { cookie: 'b' } }],
    ['users by auth', { auth: { username: 'u', password: 'p' } }, { auth: { username: 'u', password: 'q' } }],
    ['users by userinfo', { url: 'http://u:p@a.test/' }, { url: 'http://u:q@a.test/' }],
    ['users by query', { url: '/?api_key=a' }, { url: '/?api_key=b' }],
    ['users by query and nobody', { url: '/?api_key=REDACTED' }, { url: '/' }],
    ['where a credential is', { url: '/?api_key=a' }, { url: '/', headers: { api_key: 'a' } }],
    [
      'users by JSON',
      { headers: JSON_HEADERS, body: text('{"x":{"api_key":1}}') },
      { headers: JSON_HEADERS, body: text('{"x":{"api_key":2}}') },
    ],
  ])('different: %s', (_title, one, other) => {
    expect(key(one)).not.toBe(key(other));
  });

  it('matches header fields as told', () => {
    const en = { headers: { 'accept-language': 'en', 'user-agent': 'a' } };
    const de = { headers: { 'accept-language': 'de', 'user-agent': 'a' } };
    const other = { headers: { 'accept-language': 'en', 'user-agent': 'b' } };
    expect(key(en, { matchHeaders: true })).not.toBe(key(other, { matchHeaders: true }));
    expect(key(en, { matchHeaders: ['Accept-Language'] })).toBe(
      key(other, { matchHeaders: ['Accept-Language'] }),
    );
    expect(key(en, { matchHeaders: ['Accept-Language'] })).not.toBe(
      key(de, { matchHeaders: ['Accept-Language'] }),
    );
    const controlled = { headers: { ...en.headers, 'cache-control': 'max-age=0' } };
    expect(key(controlled, { matchHeaders: true })).toBe(key(en, { matchHeaders: true }));
  });

  it('credentials in a Referer keep users apart where it is matched', () => {
    const all = { matchHeaders: true };
    const referer = (value: string): Partial<KeyRequest> => ({ headers: { referer: value } });
    const values = ['http://a.test/', 'http://a.test/?sig=1', 'http://a.test/?sig=2', 'http://u:p@a.test/'];
    expect(new Set(values.map((value) => key(referer(value), all))).size).toBe(values.length);
    expect(new Set(values.map((value) => key(referer(value)))).size).toBe(1);
  });

  it('a Host that the user listed counts by its presence', () => {
    const listed = { ignoredParameters: ['host'] };
    const host = (value: string): Partial<KeyRequest> => ({ headers: { host: value } });
    expect(key(host('b.test'), listed)).toBe(key(host('c.test'), listed));
    expect(key(host('b.test'), listed)).not.toBe(key({}, listed));
  });

  it('auth equals its field with all header fields matched, too', () => {
    const all = { matchHeaders: true };
    const field = key({ headers: { authorization: 'Basic dTpw' } }, all);
    expect(key({ auth: { username: 'u', password: 'p' } }, all)).toBe(field);
    expect(key({ auth: { username: 'u', password: 'p' }, headers: { authorization: 'Bearer x' } }, all)).toBe(
      field,
    );
  });

  it('D14: has nothing secret in it', () => {
    const body = text('{"access_token":"s3cret"}');
    const headers = { ...JSON_HEADERS, cookie: 's3cret' };
    const url = 'http://me:s3cret@a.test/?api_key=s3cret';
    const identity = createKey({ ...plain, url, headers, body }, settings);
    const certified = createKey({ ...plain, url, headers, body, clientIdentity: 's3cret' }, settings);
    expect(JSON.stringify([identity, certified])).not.toContain('s3cret');
    expect(identity.url).toBe('http://a.test/?api_key=REDACTED');
    expect(identity.partition).toMatch(/^[0-9a-f]{64}$/);
    expect(certified.partition).toMatch(/^[0-9a-f]{64}\*$/);
  });

  it('one user is in one partition, whatever is requested', () => {
    const headers = { authorization: 'Bearer x' };
    const one = createKey({ ...plain, headers }, settings);
    const other = createKey({ ...plain, url: '/y', method: 'POST', headers, body: text('b') }, settings);
    expect(other.partition).toBe(one.partition);
    expect(other.key).not.toBe(one.key);
  });

  describe('ignored parameters', () => {
    const listed = { ignoredParameters: ['Authorization', 'x-api-key', 'nonce', 'Accept'] };

    it('are left out wherever they are', () => {
      const requests = ['1', '22'].map((value) => ({
        url: `/?nonce=${value}`,
        headers: { ...JSON_HEADERS, AUTHORIZATION: value, 'X-API-Key': value, accept: value },
        body: text(`{"a":[{"nonce":${value}}]}`),
      }));
      const [one, other] = requests.map((request) =>
        createKey({ ...plain, ...request }, { ...settings, ...listed }),
      );
      expect(one).toEqual(other);
      expect(one?.partition).toBe('');
    });

    it('still count by their presence', () => {
      const names = [
        {},
        { url: '/?nonce=1' },
        { headers: { authorization: 'a' } },
        { headers: { 'x-api-key': 'a' } },
        { headers: { authorization: 'a', 'x-api-key': 'a' } },
      ];
      expect(new Set(names.map((request) => key({ url: '/', ...request }, listed))).size).toBe(names.length);
      expect(key({ auth: { username: 'a', password: 'b' } }, listed)).toBe(
        key({ headers: { authorization: 'c' } }, listed),
      );
    });

    it('header fields that hold no credential count by presence only where header fields are matched', () => {
      expect(key({ headers: { accept: 'a' } }, listed)).toBe(key({}, listed));
      const all = { ...listed, matchHeaders: true };
      expect(key({ headers: { accept: 'a' } }, all)).toBe(key({ headers: { accept: 'b' } }, all));
      expect(key({ headers: { accept: 'a' } }, all)).not.toBe(key({}, all));
    });

    it('an empty list leaves nothing out, and keeps users apart', () => {
      const empty = { ignoredParameters: [] };
      expect(key({ url: '/?nonce=1' }, empty)).not.toBe(key({ url: '/?nonce=2' }, empty));
      expect(key({ headers: { authorization: 'a' } }, empty)).not.toBe(
        key({ headers: { authorization: 'b' } }, empty),
      );
      expect(key({ headers: { authorization: 'a' } }, empty)).toBe(key({ headers: { authorization: 'a' } }));
    });

    it('the default list, given explicitly, is left out as in requests-cache', () => {
      const explicit = { ignoredParameters: DEFAULT_IGNORED_PARAMETERS };
      expect(key({ headers: { authorization: 'a' } }, explicit)).toBe(
        key({ headers: { authorization: 'b' } }, explicit),
      );
      expect(key({ headers: { cookie: 'a' } }, explicit)).not.toBe(
        key({ headers: { cookie: 'b' } }, explicit),
      );
    });

    it('never change the key, whatever their values are', () => {
      fc.assert(
        fc.property(fc.string(), fc.string(), fc.jsonValue({ maxDepth: 2 }), (one, other, json) => {
          const request = (value: string, inner: unknown): Partial<KeyRequest> => ({
            url: `/?x=1&nonce=${encodeURIComponent(value)}`,
            headers: { ...JSON_HEADERS, authorization: value },
            body: text(JSON.stringify({ a: [{ nonce: inner }] })),
          });
          expect(key(request(one, json), listed)).toBe(key(request(other, one), listed));
        }),
        { seed: 20261120, numRuns: 300 },
      );
    });
  });

  it('contentRootKey says where they are left out of a JSON body', () => {
    const root = { ignoredParameters: ['nonce'], contentRootKey: 'data' };
    const post = (json: string): string => key({ headers: JSON_HEADERS, body: text(json) }, root);
    expect(post('{"nonce":1,"data":{"nonce":1}}')).toBe(post('{"nonce":1,"data":{"nonce":2}}'));
    expect(post('{"nonce":1,"data":{"nonce":1}}')).not.toBe(post('{"nonce":2,"data":{"nonce":1}}'));
    expect(post('{"nonce":1}')).toBe(post('{"nonce":2}'));
  });

  it('two users never share a key', () => {
    const user = fc.string({ unit: fc.constantFrom('a', 'b', ':', '1', '=', '&', '"') });
    const place = fc.constantFrom<(value: string) => Partial<KeyRequest>>(
      (value) => ({ headers: { authorization: `Bearer ${value}x` } }),
      (value) => ({ headers: { cookie: `s=${value}x` } }),
      (value) => ({ auth: { username: value, password: 'x' } }),
      (value) => ({ auth: { username: 'x', password: value } }),
      (value) => ({ url: `http://a.test/?access_token=${encodeURIComponent(value)}` }),
      (value) => ({ url: `http://${encodeURIComponent(value)}:x@a.test/` }),
      (value) => ({ headers: JSON_HEADERS, body: text(JSON.stringify({ a: [{ apikey: value }] })) }),
      (value) => ({ body: { kind: 'multipart', parts: [{ name: 'api_key', value }] } }),
      (value) => ({ clientIdentity: value }),
      (value) => ({ headers: { 'x-csrf-token': `${value}x` } }),
      (value) => ({ headers: JSON_HEADERS, body: text(JSON.stringify({ user: { passWord: value } })) }),
    );
    fc.assert(
      fc.property(user, user, place, fc.boolean(), (one, other, where, matchHeaders) => {
        const keys = [one, other].map((value) => key(where(value), { matchHeaders }));
        expect(keys[0] === keys[1]).toBe(one === other);
      }),
      { seed: 20261120, numRuns: 1000 },
    );
  });

  it('two credentials in two places do not change places', () => {
    const post = (one: string, other: string): string =>
      key({ headers: JSON_HEADERS, body: text(`{"${one}":{"api_key":1},"${other}":{"api_key":2}}`) });
    expect(post('a', 'b')).not.toBe(post('b', 'a'));
    expect(key({ url: '/?api_key=1&apikey=2' })).not.toBe(key({ url: '/?api_key=2&apikey=1' }));
    expect(key({ headers: { cookie: '1', authorization: '2' } })).not.toBe(
      key({ headers: { cookie: '2', authorization: '1' } }),
    );
  });

  it('D12: requests that differ never collide', () => {
    const word = fc.constantFrom('', 'a', 'b', 'ab', '1:a', '-');
    const requests = fc.record({
      method: fc.constantFrom('GET', 'POST', 'GETP'),
      url: word.map((path) => `/${path}`),
      headers: fc.constantFrom(
        {},
        { 'x-http-method': 'GET' },
        { 'x-http-method': 'PUT' },
        { x: 'a' },
        { x: '' },
        { 'content-type': 'a' },
        { host: 'a' },
        { host: '1:a' },
      ),
      body: fc.option(
        fc.oneof(
          word.map(text),
          fc
            .array(
              word.map((value) => ({ name: value, value })),
              { maxLength: 2 },
            )
            .map((parts): RequestBody => ({ kind: 'multipart', parts })),
        ),
        { nil: undefined },
      ),
      maxRedirects: fc.constantFrom(0, 1, 11),
      socketPath: fc.option(word, { nil: undefined }),
      insecure: fc.boolean(),
      decompress: fc.boolean(),
    });
    const keys = new Map<string, string>();
    fc.assert(
      fc.property(requests, ({ body, socketPath, ...rest }) => {
        const request: KeyRequest = {
          ...rest,
          ...(body === undefined ? {} : { body }),
          ...(socketPath === undefined ? {} : { socketPath }),
        };
        const description = JSON.stringify(request);
        const result = key(request, { matchHeaders: true });
        expect(keys.get(result) ?? description).toBe(description);
        keys.set(result, description);
      }),
      { seed: 20261120, numRuns: 3000 },
    );
    expect(new Set(keys.values()).size).toBe(keys.size);
    expect(keys.size).toBeGreaterThan(500);
  });

  it('never throws, whatever the request is', () => {
    const anyText = fc.string({ unit: 'binary' });
    const anyBody = fc.oneof(
      anyText.map(text),
      fc.uint8Array().map((bytes): RequestBody => ({ kind: 'bytes', bytes })),
      fc
        .array(fc.record({ name: anyText, filename: anyText, contentType: anyText, value: anyText }))
        .map((parts): RequestBody => ({ kind: 'multipart', parts })),
    );
    const type = fc.oneof(
      anyText,
      fc.constantFrom(
        'application/json',
        'application/x-www-form-urlencoded',
        'multipart/form-data; boundary=a',
      ),
    );
    fc.assert(
      fc.property(
        anyText,
        anyText,
        anyBody,
        type,
        fc.dictionary(anyText, anyText),
        (method, url, body, contentType, headers) => {
          const request = { method, url, body, headers: { ...headers, 'content-type': contentType } };
          const identity = createKey(request, { ...settings, matchHeaders: true, contentRootKey: 'a' });
          expect(identity.key).toMatch(/^[0-9a-f]{64}$/);
        },
      ),
      { seed: 20261120, numRuns: 2000 },
    );
  });

  describe('resource', () => {
    it('is one for all methods, users and variants of a URL', () => {
      const expected = resourceOf('https://a.test/x?a=1&b=2', settings);
      const requests: Partial<KeyRequest>[] = [
        {},
        { method: 'POST', body: text('x') },
        { headers: { authorization: 'a', accept: 'b', host: 'b.test' }, clientIdentity: 'c' },
        { url: 'https://u:p@A.test:443/x?b=2&a=1#f' },
      ];
      for (const request of requests)
        expect(createKey({ ...plain, ...request }, settings).resource).toBe(expected);
      expect(resourceOf('https://a.test/x?a=1', settings)).not.toBe(expected);
    });

    it('is one for all users that the query tells apart', () => {
      expect(resourceOf('/?api_key=1', settings)).toBe(resourceOf('/?api_key=2', settings));
      expect(resourceOf('/?nonce=1', { ...settings, ignoredParameters: ['nonce'] })).not.toBe(
        resourceOf('/', settings),
      );
    });
  });

  describe('a key of the user', () => {
    const withFunction = (keyFn: KeyFunction): KeySettings => ({ ...settings, keyFn });

    it('of the request is used as it is, and leaves the rest alone', () => {
      const request = { ...plain, headers: { cookie: 'a' } };
      const own = createKey(
        request,
        withFunction(() => 'from the function'),
        'My key / ü',
      );
      expect(own).toEqual({ ...createKey(request, settings), key: 'My key / ü', isCustomKey: true });
    });

    it('of the function is used as it is', () => {
      expect(
        createKey(
          plain,
          withFunction(() => 'fn'),
        ),
      ).toMatchObject({ key: 'fn', isCustomKey: true });
    });

    it('is told what the request is, redacted where it may be stored', () => {
      let seen: KeyFunctionRequest | undefined;
      const body = text('b');
      const headers = { 'x-http-method-override': 'get', accept: 'x' };
      createKey(
        { method: 'post', url: 'http://u:p@a.test/?b=1&api_key=s#f', headers, body },
        withFunction((request) => {
          seen = request;
          return 'k';
        }),
      );
      expect(seen).toEqual({ method: 'GET', url: 'http://a.test/?api_key=REDACTED&b=1', headers, body });
      expect(Object.isFrozen(seen) && Object.isFrozen(seen?.headers)).toBe(true);
      expect(Object.isFrozen(headers)).toBe(false);
    });

    it('may be built upon the default', () => {
      const identity = createKey(
        plain,
        withFunction((request, defaultKey) => `${request.method} ${defaultKey()}`),
      );
      expect(identity.key).toBe(`GET ${createKey(plain, settings).key}`);
    });

    it.each([[undefined], [null], [''], [5], [Promise.resolve('x')], [{}]])(
      'must be a non-empty string: %p',
      (result) => {
        const keyFn = (() => result) as unknown as KeyFunction;
        expect(() => createKey(plain, withFunction(keyFn))).toThrow(InvalidOptionError);
        expect(() => createKey(plain, withFunction(keyFn))).toThrow(/^Option "keyFn" is /);
      },
    );

    it('that is empty is refused', () => {
      expect(() => createKey(plain, settings, '')).toThrow(/^Option "key" is ""/);
    });
  });
});

describe('recreateKey', () => {
  const listed: KeySettings = { ...settings, ignoredParameters: DEFAULT_IGNORED_PARAMETERS };

  /** What a request's key becomes when it is made again from what is stored. */
  function recreated(request: Partial<KeyRequest>, then: KeySettings, now: KeySettings) {
    const whole = { ...plain, ...request };
    const { url, partition, bodyKey } = createKey(whole, then);
    const { method, decompress, maxRedirects, socketPath, insecure } = whole;
    const headers = redactHeaders(whole.headers, then);
    const options = { decompress, maxRedirects, socketPath, insecure };
    return recreateKey({ method, url, headers, partition, bodyKey, ...options }, now);
  }

  const requests: [string, Partial<KeyRequest>][] = [
    ['plain', { headers: { accept: 'a' } }],
    ['options', { decompress: false, maxRedirects: 0, socketPath: '/a', insecure: true }],
    ['method override', { method: 'post', headers: { 'x-http-method': 'get' } }],
    ['Authorization', { headers: { authorization: 'a' } }],
    ['Authorization and client certificate', { headers: { authorization: 'a' }, clientIdentity: 'c' }],
    ['Authorization and Referer', { headers: { authorization: 'a', referer: 'http://u:p@a.test/?sig=1' } }],
    ['client certificate', { clientIdentity: 'c' }],
    ['Host', { headers: { host: 'B.test:443' } }],
    ['X-Session-Id', { headers: { 'x-session-id': 'a' } }],
    ['Referer', { headers: { referer: 'http://u:p@a.test/?sig=1' } }],
    ['userinfo', { url: 'http://u:p@a.test/' }],
    ['auth', { auth: { username: 'u', password: 'p' } }],
    ['query', { url: '/?api_key=1' }],
    ['query, within a value', { url: '/?api_key=1&u=%2Fx%3Ftoken%3D1' }],
    ['query, userinfo within a value', { url: '/?u=https%3A%2F%2Fu%3Ap%40a.test%2F' }],
    ['body', { headers: JSON_HEADERS, body: text('{"api_key":1,"x":2}') }],
    ['body and Authorization', { headers: { ...JSON_HEADERS, authorization: 'a' }, body: text('{}') }],
  ];

  it.each(requests)('is the same by the same settings: %s', (_title, request) => {
    for (const same of [settings, { ...settings, matchHeaders: true }]) {
      const { key: expected, resource, url, partition } = createKey({ ...plain, ...request }, same);
      expect(recreated(request, same, same)).toEqual({ key: expected, resource, url, partition });
    }
  });

  it.each<[string, Partial<KeyRequest>]>([
    ['query and header', { url: '/?api_key=1', headers: { authorization: 'a', accept: 'b' } }],
    ['a name that is not listed', { headers: { authorization: 'a', 'x-csrf-token': 'b' } }],
    ['a client certificate', { headers: { authorization: 'a' }, clientIdentity: 'c' }],
    ['a Referer', { headers: { authorization: 'a', referer: 'http://u:p@a.test/' } }],
  ])('is the same by the same settings where names are listed: %s', (_title, request) => {
    for (const same of [listed, { ...listed, matchHeaders: true }]) {
      expect(recreated(request, same, same).key).toBe(createKey({ ...plain, ...request }, same).key);
    }
  });

  it('a client certificate stays part of the partition when everything else is ignored', () => {
    const request = { headers: { authorization: 'a' }, clientIdentity: 'c' };
    const { partition } = createKey({ ...plain, ...request }, settings);
    const result = recreated(request, settings, listed);
    expect(result.partition).toBe(partition);
    expect(result.key).not.toBe(key({ headers: { authorization: 'a' } }, listed));
  });

  it.each([
    ['/?api_key=1&u=%2Fx%3Ftoken%3D1', '/?api_key=2&u=%2Fx%3Ftoken%3DREDACTED'],
    ['/?api_key=1&u=https%3A%2F%2Fu%3Ap%40a.test%2F', '/?api_key=2&u=https%3A%2F%2Fa.test%2F'],
    ['/?api_key=1&%3Ftoken%3D1', '/?api_key=2&%3Ftoken%3DREDACTED'],
  ])('what was hidden within %s still tells users apart when everything else is ignored', (url, other) => {
    const { partition } = createKey({ ...plain, url }, settings);
    const result = recreated({ url }, settings, listed);
    expect(result.url).toBe(createKey({ ...plain, url: other }, listed).url);
    expect(result.partition).toBe(partition);
    expect(result.key).not.toBe(key({ url: other }, listed));
  });

  it('begins to ignore a Host', () => {
    const now = { ...settings, ignoredParameters: ['Host'] };
    const request = { headers: { host: 'b.test' } };
    expect(recreated(request, settings, now).key).toBe(key(request, now));
    expect(recreated(request, now, settings).key).not.toBe(key({}, settings));
  });

  it('a Referer that is matched now shows nothing that was redacted', () => {
    const now = { ...settings, matchHeaders: true };
    const result = recreated({ headers: { referer: 'http://a.test/?sig=1' } }, settings, now);
    for (const sig of ['1', '2', 'REDACTED']) {
      const other = key({ headers: { referer: `http://a.test/?sig=${sig}` } }, now);
      expect(result.key).not.toBe(other);
    }
  });

  it('finds header fields that are matched now', () => {
    const now = { ...settings, matchHeaders: ['accept'] };
    expect(recreated({ headers: { accept: 'a' } }, settings, now).key).toBe(
      key({ headers: { accept: 'a' } }, now),
    );
  });

  it('leaves out credentials that are ignored now', () => {
    for (const request of [{ headers: { authorization: 'a' } }, { url: '/?api_key=1' }]) {
      expect(recreated(request, settings, listed)).toMatchObject({
        key: key(request, listed),
        partition: '',
      });
    }
  });

  it.each(requests.filter(([title]) => /Authorization|userinfo|auth|certificate|Session/.test(title)))(
    'never becomes what nobody asked for without saying who: %s',
    (_title, request) => {
      const { method, url, partition } = createKey({ ...plain, ...request }, settings);
      const headers = request.body === undefined ? {} : JSON_HEADERS;
      const anonymous = {
        method,
        url,
        headers,
        ...(request.body === undefined ? {} : { body: request.body }),
      };
      for (const now of [settings, listed, { ...settings, ignoredParameters: ['nonce'] }]) {
        const result = recreated(request, settings, now);
        expect(result.key).not.toBe(createKey(anonymous, now).key);
        expect([partition, '']).toContain(result.partition);
      }
    },
  );

  it('credentials that were ignored and no longer are belong to nobody', () => {
    const result = recreated({ headers: { authorization: 'a' } }, listed, settings);
    expect(result.partition).toMatch(/^[0-9a-f]{64}$/);
    expect(result.key).not.toBe(key({ headers: { authorization: 'a' } }));
    expect(result.key).not.toBe(key({}));
  });
});
