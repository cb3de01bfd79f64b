import fc from 'fast-check';
import { DEFAULT_IGNORED_PARAMETERS } from '../../lib/key/ignored-parameters';
import {
  protectFieldValue,
  redactBody,
  redactHeaders,
  redactResponseHeaders,
  redactUrl,
} from '../../lib/key/redaction';
import { type KeySettings, type RequestBody } from '../../lib/key/request';

const settings: KeySettings = {
  ignoredParameters: ['nonce', 'X-Session'],
  matchHeaders: false,
  contentRootKey: 'data',
  keyFn: undefined,
};
const defaults: KeySettings = { ...settings, ignoredParameters: undefined, contentRootKey: undefined };
const text = (value: string): RequestBody => ({ kind: 'text', text: value });
const bytes = (value: string): RequestBody => ({ kind: 'bytes', bytes: Buffer.from(value) });
const redacted = (body: RequestBody, type?: string): RequestBody => redactBody(body, type, settings);
const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';

describe('redactHeaders', () => {
  it('D14: hides credentials and listed names in any case, and nothing else', () => {
    const headers = {
      AUTHORIZATION: 'a',
      'proxy-authorization': 'b',
      Cookie: ['c', 'd'],
      'X-Api-Key': 'e',
      'x-session': 'f',
      Nonce: 'g',
      accept: 'h',
      'set-cookie': ['i', 'j'],
    };
    expect(redactHeaders(headers, settings)).toEqual({
      AUTHORIZATION: 'REDACTED',
      'proxy-authorization': 'REDACTED',
      Cookie: 'REDACTED',
      'X-Api-Key': 'REDACTED',
      'x-session': 'REDACTED',
      Nonce: 'REDACTED',
      accept: 'h',
      'set-cookie': ['i', 'j'],
    });
    expect(headers.AUTHORIZATION).toBe('a');
  });

  it('hides Set-Cookie where it is listed', () => {
    const listed = { ...settings, ignoredParameters: ['Set-Cookie'] };
    expect(redactHeaders({ 'set-cookie': ['a'] }, listed)).toEqual({ 'set-cookie': 'REDACTED' });
  });

  it('keeps a field that is called __proto__', () => {
    const headers = JSON.parse('{"__proto__":"x"}') as Record<string, string>;
    expect(Object.entries(redactHeaders(headers, settings))).toEqual([['__proto__', 'x']]);
  });
});

describe('redactHeaders, of names that tell what they hold', () => {
  it.each(['X-Amz-Security-Token', 'api-key', 'Private-Token', 'X-Session-Id', 'X-CSRF-Token', 'Signature'])(
    'hides %s',
    (name) => {
      expect(redactHeaders({ [name]: 's3cret' }, defaults)).toEqual({ [name]: 'REDACTED' });
    },
  );

  it.each(['Host', 'Origin', 'Idempotency-Key', 'Sec-WebSocket-Key', 'If-Modified-Since'])(
    'keeps %s',
    (name) => {
      expect(redactHeaders({ [name]: 'v' }, defaults)).toEqual({ [name]: 'v' });
    },
  );

  it('takes out of Referer what its URL holds', () => {
    const url = 'https://u:s3cret@a.test/b?x=1&client_secret=s3cret&nonce=s3cret#token=s3cret';
    const expected = 'https://a.test/b?x=1&client_secret=REDACTED&nonce=REDACTED#token=REDACTED';
    expect(redactHeaders({ Referer: url }, settings)).toEqual({ Referer: expected });
    expect(redactHeaders({ referer: [url, '/plain'] }, settings)).toEqual({ referer: [expected, '/plain'] });
    expect(redactHeaders({ referer: url }, { ...settings, ignoredParameters: ['REFERER'] })).toEqual({
      referer: 'REDACTED',
    });
  });
});

describe('redactResponseHeaders', () => {
  const headers = {
    'X-Auth-Token': 'a',
    authorization: 'b',
    cookie: 'c',
    'x-session': 'd',
    Nonce: ['e'],
    'x-csrf-token': 'f',
    signature: 'g',
    'Signature-Input': 'h',
    'www-authenticate': 'i',
    etag: 'j',
    'set-cookie': ['k', 'l'],
    referer: 'http://a.test/?token=m',
    'access-control-allow-credentials': 'true',
  };
  const hidden = 'REDACTED';

  it('hides default names and listed ones, and leaves what only sounds like them', () => {
    const referer = 'http://a.test/?token=REDACTED';
    const expected = { ...headers, 'X-Auth-Token': hidden, authorization: hidden, cookie: hidden, referer };
    expect(redactResponseHeaders(headers, defaults)).toEqual(expected);
    expect(redactResponseHeaders(headers, settings)).toEqual({
      ...expected,
      'x-session': hidden,
      Nonce: hidden,
    });
  });

  it('hides whatever is listed', () => {
    const ignoredParameters = ['Set-Cookie', 'X-CSRF-Token', 'Signature'];
    expect(redactResponseHeaders(headers, { ...defaults, ignoredParameters })).toMatchObject({
      'set-cookie': hidden,
      'x-csrf-token': hidden,
      signature: hidden,
      'Signature-Input': 'h',
    });
  });
});

describe('redactUrl', () => {
  it.each([
    ['http://a.test/%7e?b=2&a=1#f', 'http://a.test/%7e?b=2&a=1#f'],
    ['/a?nonce=1&x&api_key=2', '/a?nonce=REDACTED&x&api_key=REDACTED'],
    ['http://a.test/?', 'http://a.test/?'],
    ['http://a.test/#', 'http://a.test/#'],
    ['http://a.test/?a%70i_key=1', 'http://a.test/?a%70i_key=REDACTED'],
    [
      '/?X-Amz-Signature=1&X-Amz-Date=2&Password=3',
      '/?X-Amz-Signature=REDACTED&X-Amz-Date=2&Password=REDACTED',
    ],
    ['http://a.test/?api_\nkey=1', 'http://a.test/?api_key=REDACTED'],
    ['http://a.test/#access_token=1&state=2', 'http://a.test/#access_token=REDACTED&state=2'],
    ['http://u:p@a.test/b/../c?x=1#y', 'http://a.test/c?x=1#y'],
    ['http://a.test/u@b?c=d@e', 'http://a.test/u@b?c=d@e'],
    ['mailto:u@b', 'mailto:u@b'],
    ['//u:p@a.test/b?x@', '//a.test/b?x@'],
    ['http://u:p@bad host/b?nonce=1', 'http://bad host/b?nonce=REDACTED'],
    ['ht\ttp://u:p@a.test/', 'http://a.test/'],
    ['', ''],
  ])('%j → %j', (url, expected) => {
    expect(redactUrl(url, settings)).toBe(expected);
  });
});

describe('redactBody', () => {
  it.each<[string, RequestBody, string | undefined, RequestBody]>([
    [
      'JSON, nested',
      text('{"b":[{"nonce":1}],"a":{"api_key":"s"}}'),
      JSON_TYPE,
      text('{"a":{"api_key":"REDACTED"},"b":[{"nonce":"REDACTED"}]}'),
    ],
    [
      'D14: JSON inside and outside of the root key',
      bytes('{"nonce":1,"data":{"nonce":2}}'),
      JSON_TYPE,
      text('{"data":{"nonce":"REDACTED"},"nonce":"REDACTED"}'),
    ],
    ['JSON without secrets', bytes('{"b":1,"a":2}'), JSON_TYPE, text('{"a":2,"b":1}')],
    ['broken JSON', text('{"api_key":"s"'), JSON_TYPE, text('REDACTED')],
    [
      'JSON that is not UTF-8',
      { kind: 'bytes', bytes: Uint8Array.of(0x22, 0xff, 0x22) },
      JSON_TYPE,
      text('REDACTED'),
    ],
    ['form', text('nonce=1&a=2&api_key=3'), FORM_TYPE, text('a=2&api_key=REDACTED&nonce=REDACTED')],
    [
      'form that is not UTF-8',
      { kind: 'bytes', bytes: Uint8Array.of(0x61, 0xff) },
      FORM_TYPE,
      text('REDACTED'),
    ],
    ['JSON labelled as a form', text(' {"api_key":"s"}'), FORM_TYPE, text('{"api_key":"REDACTED"}')],
    ['JSON labelled as a form, without secrets', text('{ "a":1}'), FORM_TYPE, text('{ "a":1}')],
    ['a form that begins like JSON', text('[a]=1&nonce=2'), FORM_TYPE, text('[a]=1&nonce=REDACTED')],
    ['JSON of no type', bytes('\t\r\n [{"api_key":"s"}]'), undefined, text('[{"api_key":"REDACTED"}]')],
    ['JSON of no type, without secrets', bytes('[ 1]'), undefined, bytes('[ 1]')],
    ['text that begins like JSON', text('{x'), 'text/plain', text('{x')],
    [
      'bytes that begin like JSON',
      { kind: 'bytes', bytes: Uint8Array.of(0x7b, 0xff) },
      undefined,
      { kind: 'bytes', bytes: Uint8Array.of(0x7b, 0xff) },
    ],
    ['other text', text('api_key=s'), 'text/plain', text('api_key=s')],
    ['white space', text('  '), undefined, text('  ')],
    ['nothing', text(''), undefined, text('')],
    ['broken multipart', text('--B\r\nsecret'), 'multipart/form-data; boundary=B', text('REDACTED')],
  ])('%s', (_title, body, type, expected) => {
    expect(redacted(body, type)).toEqual(expected);
  });

  it('multipart: listed fields, JSON in parts, and nothing of nested parts', () => {
    const part = { name: 'plain', filename: 'f', contentType: 'text/plain', value: Uint8Array.of(1) };
    const body: RequestBody = {
      kind: 'multipart',
      parts: [
        { name: 'nonce', filename: 'n', value: Uint8Array.of(1) },
        { name: 'api_key', value: 's' },
        { name: 'json', contentType: JSON_TYPE, value: '{"api_key":"s"}' },
        { name: 'nested', contentType: 'multipart/mixed; boundary=x', value: 's' },
        part,
      ],
    };
    expect(redacted(body)).toEqual({
      kind: 'multipart',
      parts: [
        { name: 'nonce', filename: 'n', value: 'REDACTED' },
        { name: 'api_key', value: 'REDACTED' },
        { name: 'json', contentType: JSON_TYPE, value: '{"api_key":"REDACTED"}' },
        { name: 'nested', contentType: 'multipart/mixed; boundary=x', value: 'REDACTED' },
        part,
      ],
    });
  });

  it('D14: multipart that is given as bytes', () => {
    const raw = '--B\r\nContent-Disposition: form-data; name="api_key"\r\n\r\ns3cret\r\n--B--\r\n';
    expect(redacted(bytes(raw), 'multipart/form-data; boundary=B')).toEqual({
      kind: 'multipart',
      parts: [{ name: 'api_key', value: 'REDACTED' }],
    });
  });

  it('D14: has no size from which on it gives up', () => {
    const body = `[${'{"a":1},'.repeat(1_600_000)}{"api_key":"s3cret"}]`;
    const result = redacted(text(body), JSON_TYPE) as { text: string };
    expect(result.text.endsWith('{"api_key":"REDACTED"}]')).toBe(true);
    expect(result.text).toHaveLength(body.length + '"REDACTED"'.length - '"s3cret"'.length);
  });

  it('D14: no secret is left anywhere, however deep and under whatever name', () => {
    const secret = fc.stringMatching(/^S3cret[a-z0-9]{12}$/);
    const more = ['accessToken', 'client_secret', 'PASSWORD', 'X-Amz-Security-Token', 'sig', 'session-id'];
    const name = fc.constantFrom(...DEFAULT_IGNORED_PARAMETERS, ...more);
    const leaf = fc.oneof(fc.integer(), fc.constantFrom('x', '', 'REDACTED', null, true));
    const path = fc.array(fc.constantFrom('a', 'b', '[]'), { maxLength: 6 });
    fc.assert(
      fc.property(secret, name, path, leaf, fc.boolean(), (value, secretName, steps, other, isNested) => {
        let body: unknown = { other, [secretName]: isNested ? { x: [value] } : value };
        for (const step of steps) body = step === '[]' ? [other, body] : { z: other, [step]: body };
        const json = JSON.stringify(body);
        const query = `x=1&user[${secretName}]=${value}&${secretName}=${value}`;
        const outputs = [
          redactBody(text(json), JSON_TYPE, defaults),
          redactBody(text(json), FORM_TYPE, defaults),
          redactBody(text(json), undefined, defaults),
          redactBody(text(json), 'text/plain', defaults),
          redactBody(text(query), FORM_TYPE, defaults),
          redactBody({ kind: 'multipart', parts: [{ name: secretName, value }] }, undefined, defaults),
          redactBody(
            { kind: 'multipart', parts: [{ name: 'x', contentType: JSON_TYPE, value: json }] },
            undefined,
            defaults,
          ),
          redactHeaders({ [secretName]: value, cookie: value }, defaults),
          redactHeaders({ [secretName.toUpperCase()]: [value] }, defaults),
          redactUrl(`https://u:${value}@a.test/?${query}#${query}`, defaults),
          redactUrl(`/?${query}`, defaults),
          redactHeaders({ Referer: `https://u:${value}@a.test/?${query}#${query}` }, defaults),
          protectFieldValue('referer', `/?${query}`, defaults),
          protectFieldValue(secretName, value, defaults),
        ];
        expect(JSON.stringify(outputs)).not.toContain(value);
      }),
      { seed: 20261120, numRuns: 500 },
    );
  });
});

describe('protectFieldValue', () => {
  it('leaves ordinary values alone', () => {
    expect(protectFieldValue('Accept', ' a, b ', settings)).toBe(' a, b ');
  });

  it('a Referer with credentials in it is hashed as a whole, and still tells users apart', () => {
    const referer = (value: string): string => protectFieldValue('Referer', value, settings);
    expect(referer('http://a.test/?x=1')).toBe('http://a.test/?x=1');
    expect(referer('http://a.test/?token=1')).toMatch(/^hmac-sha256:[0-9a-f]{64}$/);
    expect(referer('http://a.test/?token=1')).not.toBe(referer('http://a.test/?token=2'));
    expect(referer('http://u:p@a.test/')).not.toBe(referer('http://u:q@a.test/'));
    expect(referer(referer('http://u:p@a.test/'))).toBe(referer('http://u:p@a.test/'));
    expect(protectFieldValue('x', 'http://a.test/?token=1', settings)).toMatch(/^hmac-sha256:/);
    expect(protectFieldValue('x', 'http://a.test/?page=1', settings)).toBe('http://a.test/?page=1');
  });

  it.each(['Cookie', 'authorization', 'X-SESSION', 'nonce', 'apikey', 'X-CSRF-Token'])(
    'hashes the value of %s',
    (name) => {
      const value = protectFieldValue(name, 's3cret', settings);
      expect(value).toMatch(/^hmac-sha256:[0-9a-f]{64}$/);
      expect(protectFieldValue(name.toLowerCase(), ' s3cret', settings)).toBe(value);
    },
  );

  it('D4: an explicit Cookie field compares by its value', () => {
    const one = protectFieldValue('cookie', 'user=1', settings);
    expect(protectFieldValue('Cookie', 'user=1', settings)).toBe(one);
    expect(protectFieldValue('cookie', 'user=2', settings)).not.toBe(one);
    expect(protectFieldValue('authorization', 'user=1', settings)).not.toBe(one);
  });
});
