import { gzipSync } from 'node:zlib';
import { type HeaderFields } from '../../lib/http/header-fields.js';
import { type KeyRequest, type KeySettings } from '../../lib/key/request.js';
import { scrubbed } from '../../lib/recordings/scrubbing.js';

const SETTINGS: KeySettings = {
  ignoredParameters: undefined,
  matchHeaders: false,
  contentRootKey: undefined,
  keyFn: undefined,
};
const PLAIN: KeyRequest = { method: 'GET', url: 'https://a.test/', headers: {} };

function bodyAfter(
  body: string | Buffer,
  contentType: string,
  request: Partial<KeyRequest> = {},
  encoding: BufferEncoding = 'utf8',
): string {
  const headers: HeaderFields = { 'content-type': contentType };
  const content = { headers, body: Buffer.from(body as string) };
  return Buffer.from(scrubbed(content, { ...PLAIN, ...request }, SETTINGS).body).toString(encoding);
}

const bearer = { headers: { authorization: 'Bearer 0123456789abcdef' } };

describe('secrets that come back', () => {
  it('are found in text that is no UTF-8, and nothing else of it changes', () => {
    const body = Buffer.concat([
      Buffer.from([0xe9, 0x20]),
      Buffer.from('Bearer 0123456789abcdef'),
      Buffer.from([0xff]),
    ]);
    expect(bodyAfter(body, 'text/plain; charset=latin1', bearer, 'latin1')).toBe('\u00e9 REDACTED\u00ff');
  });

  it('are found beside characters that nobody sees', () => {
    expect(bodyAfter('\u001b[31m0123456789abcdef\0', 'text/html', bearer)).toBe('\u001b[31mREDACTED\0');
  });

  it('leave other bytes as they are', () => {
    const body = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    expect(bodyAfter(body, 'image/png', bearer, 'hex')).toBe(body.toString('hex'));
    const compressed = gzipSync('text');
    expect(bodyAfter(compressed, 'text/plain', bearer, 'hex')).toBe(compressed.toString('hex'));
  });

  const odd = 'p"ss w\\rd+/\u00e9';

  it.each([
    ['as they are', odd],
    ['in JSON', JSON.stringify({ echo: odd })],
    ['in JSON within JSON', JSON.stringify({ echo: JSON.stringify({ echo: odd }) })],
    ['in a URL', `/?p=${encodeURIComponent(odd)}&b=1`],
    ['in a form', String(new URLSearchParams({ p: odd, b: '1' }))],
  ])('are found %s', (_where, body) => {
    const request = { headers: { 'x-api-key': odd } };
    const after = bodyAfter(body, 'text/plain', request);
    expect(after).toContain('REDACTED');
    expect(after).not.toMatch(/p(\\*"|%22)ss/);
  });

  it('are found where a header field has had them in Base64', () => {
    const headers = { authorization: `Basic ${Buffer.from('ada:lovelace1815').toString('base64')}` };
    expect(bodyAfter('hello lovelace1815', 'text/plain', { headers })).toBe('hello REDACTED');
  });
});

describe('what a response names as a credential', () => {
  it('is redacted in a form, as some token endpoints answer', () => {
    expect(
      bodyAfter('access_token=abc%20def&scope=repo', 'application/x-www-form-urlencoded; charset=utf-8'),
    ).toBe('access_token=REDACTED&scope=repo');
  });

  it('is redacted within objects and arrays, and what is beside them stays to the byte', () => {
    const body =
      '{"n": 1.0, "access_token" : {"value": "abc", "parts":["d]","e"], "n":2}, "api_key":["k}1",""], "name":"token","x":["token", {"y":"z"}]}';
    expect(bodyAfter(body, 'application/json')).toBe(
      '{"n": 1.0, "access_token" : {"value": "REDACTED", "parts":["REDACTED","REDACTED"], "n":2}, "api_key":["REDACTED",""], "name":"token","x":["token", {"y":"z"}]}',
    );
  });

  it('does not break what ends early', () => {
    expect(bodyAfter('{"token":{"a":"b","c', 'application/json')).toBe('{"token":{"a":"REDACTED","c');
  });
});
