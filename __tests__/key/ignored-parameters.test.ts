import { isCredentialHeader } from '../../lib/key/credential-names';
import { DEFAULT_IGNORED_PARAMETERS, NameRules, rulesFor } from '../../lib/key/ignored-parameters';

describe('DEFAULT_IGNORED_PARAMETERS', () => {
  it("are requests-cache's nine names, and cannot be changed", () => {
    expect(DEFAULT_IGNORED_PARAMETERS).toEqual([
      'Authorization',
      'Proxy-Authorization',
      'X-API-Key',
      'X-Auth-Token',
      'X-API-Token',
      'X-Access-Token',
      'access_token',
      'api_key',
      'apikey',
    ]);
    expect(() => (DEFAULT_IGNORED_PARAMETERS as string[]).push('x')).toThrow(TypeError);
  });
});

describe('NameRules', () => {
  const rules = new NameRules(['X-Nonce', 'token', 'api_key', 'X-Session-Id']);

  it.each([
    ['x-nonce', 'omit'],
    ['token', 'omit'],
    ['api_key', 'omit'],
    ['authorization', 'partition'],
    ['proxy-authorization', 'partition'],
    ['cookie', 'partition'],
    ['x-api-key', 'partition'],
    ['x-auth-token', 'partition'],
    ['x-api-token', 'partition'],
    ['x-access-token', 'partition'],
    ['access_token', 'partition'],
    ['apikey', 'partition'],
    ['x-session-id', 'omit'],
    ['x-csrf-token', 'partition'],
    ['private-token', 'partition'],
    ['idempotency-key', 'keep'],
    ['accept', 'keep'],
    ['set-cookie', 'keep'],
  ] as const)('header field %s: %s', (name, treatment) => {
    expect(rules.forHeader(name)).toBe(treatment);
  });

  it.each([
    ['X-Nonce', 'omit'],
    ['x-nonce', 'keep'],
    ['token', 'omit'],
    ['Token', 'partition'],
    ['api_key', 'omit'],
    ['apikey', 'partition'],
    ['API_KEY', 'partition'],
    ['Authorization', 'partition'],
    ['authorization', 'partition'],
    ['clientSecret', 'partition'],
    ['session', 'keep'],
    ['cookie', 'keep'],
    ['page', 'keep'],
    ['user[apikey]', 'partition'],
    ['user[token]', 'partition'],
    ['user[clientSecret]', 'partition'],
    ['apikey[]', 'partition'],
    ['a[b][access_token][0]', 'partition'],
    ['user[name]', 'keep'],
    ['a[', 'keep'],
    ['a[token', 'partition'],
  ] as const)('parameter %s: %s', (name, treatment) => {
    expect(rules.forField(name)).toBe(treatment);
  });

  it.each([
    ['x-nonce', true],
    ['token', true],
    ['x-session-id', true],
    ['authorization', true],
    ['x-auth-token', true],
    ['cookie', true],
    ['x-csrf-token', false],
    ['signature', false],
    ['set-cookie', false],
    ['etag', false],
  ] as const)('field %s of a response is hidden: %s', (name, isHidden) => {
    expect(rules.hidesInResponse(name)).toBe(isHidden);
  });

  it('has no trouble with names of object members', () => {
    expect(rules.forField('__proto__')).toBe('keep');
    expect(rules.forField('constructor')).toBe('keep');
    expect(rules.forHeader('tostring')).toBe('keep');
  });
});

describe('rulesFor', () => {
  it('an empty list and no list partition by the default names alike', () => {
    for (const rules of [rulesFor(undefined), rulesFor([])]) {
      expect(rules.forField('api_key')).toBe('partition');
      expect(rules.forHeader('cookie')).toBe('partition');
      expect(rules.forField('token')).toBe('partition');
      expect(rules.forField('page')).toBe('keep');
    }
  });

  it('is remembered for one list', () => {
    const list = ['a'];
    expect(rulesFor(list)).toBe(rulesFor(list));
    expect(rulesFor(['a'])).not.toBe(rulesFor(list));
  });
});

it('a credential header stays one when the user lists it', () => {
  expect(new NameRules(['authorization']).forHeader('authorization')).toBe('omit');
  expect(isCredentialHeader('authorization')).toBe(true);
  expect(isCredentialHeader('x-nonce')).toBe(false);
});
