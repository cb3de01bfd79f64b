import { invalidatedUrls } from '../../lib/policy/invalidation';
import { type PolicySettings } from '../../lib/policy/messages';
import { get, response, rfcSettings, settings, URL_A } from './fixtures';

describe('D22: invalidation after unsafe methods (RFC 9111 section 4.4)', () => {
  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'M-SEARCH', 'post'])('%s in both modes', (method) => {
    for (const policy of [settings(), rfcSettings()]) {
      expect(invalidatedUrls(get({}, method), response({}, 204), policy)).toEqual([URL_A]);
    }
  });

  it.each(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'QUERY', 'PROPFIND'])('not after %s', (method) => {
    expect(invalidatedUrls(get({}, method), response(), settings())).toEqual([]);
  });

  it.each([
    [200, true],
    [201, true],
    [303, true],
    [399, true],
    [400, false],
    [404, false],
    [500, false],
    [101, false],
  ])('status %d: %p', (status, isInvalidating) => {
    expect(invalidatedUrls(get({}, 'POST'), response({}, status), settings())).toHaveLength(
      isInvalidating ? 1 : 0,
    );
  });

  it.each<[string, Partial<PolicySettings>]>([
    ['disabled', { disabled: true }],
    ['read-only', { readOnly: true }],
    ['a cached method', { allowableMethods: new Set(['GET', 'POST']) }],
  ])('not when %s', (_title, changes) => {
    expect(invalidatedUrls(get({}, 'POST'), response(), settings(changes))).toEqual([]);
  });

  it.each<[string, Record<string, string>, string[]]>([
    [
      'relative',
      { location: '/b', 'content-location': 'c?d=1#e' },
      ['https://api.example.com/b', 'https://api.example.com/c?d=1'],
    ],
    ['absolute', { location: 'https://API.example.com:443/b' }, ['https://api.example.com/b']],
    ['the target itself', { 'content-location': URL_A }, []],
    ['twice the same', { location: '/b', 'content-location': '/b' }, ['https://api.example.com/b']],
    ['another host', { location: 'https://evil.example.com/b' }, []],
    ['another scheme', { location: 'http://api.example.com/b' }, []],
    ['another port', { location: 'https://api.example.com:8443/b' }, []],
    ['no URL', { location: 'https://[' }, []],
    ['an opaque origin', { location: 'data:text/plain,x' }, []],
  ])('Location and Content-Location: %s', (_title, headers, expected) => {
    expect(invalidatedUrls(get({}, 'POST'), response(headers, 201), settings())).toEqual([
      URL_A,
      ...expected,
    ]);
  });

  it('survives a request URL that is none', () => {
    const request = { ...get({}, 'POST'), url: 'not a url' };
    expect(invalidatedUrls(request, response({ location: '/b' }), settings())).toEqual(['not a url']);
    expect(
      invalidatedUrls({ ...request, url: 'data:x' }, response({ location: 'data:y' }), settings()),
    ).toEqual(['data:x']);
  });
});
