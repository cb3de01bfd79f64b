import fc from 'fast-check';
import {
  DEFAULT_IGNORED_PARAMETERS,
  isCredentialField,
  isCredentialHeader,
  isDefaultCredentialHeader,
} from '../../lib/key/credential-names';

describe('isCredentialHeader', () => {
  it.each([
    ...DEFAULT_IGNORED_PARAMETERS.map((name) => name.toLowerCase()),
    'cookie',
    'token',
    'x-amz-security-token',
    'private-token',
    'x-csrf-token',
    'x-xsrf-token',
    'x-shopify-access-token',
    'api-key',
    'x-apikey',
    'x_api_key',
    'x-goog-api-key',
    'x-rapidapi-key',
    'x-access-key',
    'ocp-apim-subscription-key',
    'x-client-secret',
    'session',
    'x-session-id',
    'x-sessionid',
    'x-password',
    'x-passwd',
    'signature',
    'signature-input',
    'x-hub-signature',
    'x-credential',
    'x-user-credentials',
    'x-jwt-assertion',
    'x-auth-key',
    'auth',
    'dpop',
    'authentication',
    'x-github-otp',
    'cb-access-passphrase',
    'x-authorization',
    'accesstoken',
    'sid',
  ])('%s: yes', (name) => {
    expect(isCredentialHeader(name)).toBe(true);
  });

  it.each([
    'accept',
    'authority',
    ':authority',
    'x-author',
    'www-authenticate',
    'sec-websocket-key',
    'idempotency-key',
    'x-request-id',
    'x-tokens-left',
    'x-tokenizer',
    'secretary',
    'x-sessions',
    'x-signatures',
    'content-digest',
    'etag',
    'key',
    'host',
    'origin',
    'referer',
    'set-cookie',
    'constructor',
    '__proto__',
    '',
  ])('%j: no', (name) => {
    expect(isCredentialHeader(name)).toBe(false);
  });
});

describe('isDefaultCredentialHeader', () => {
  it('knows the default names and Cookie, and nothing that only sounds like them', () => {
    for (const name of [...DEFAULT_IGNORED_PARAMETERS.map((given) => given.toLowerCase()), 'cookie']) {
      expect(isDefaultCredentialHeader(name)).toBe(true);
    }
    for (const name of [
      'signature',
      'x-csrf-token',
      'set-cookie',
      'etag',
      'access-control-allow-credentials',
    ]) {
      expect(isDefaultCredentialHeader(name)).toBe(false);
    }
  });
});

const FIELDS = [
  ...DEFAULT_IGNORED_PARAMETERS,
  ...[
    'accessToken',
    'refresh_token',
    'id_token',
    'authToken',
    'api_token',
    'token',
    'jwt',
    'sessionId',
    'sid',
  ],
  ...[
    'API-KEY',
    'client_secret',
    'secret',
    'password',
    'passwd',
    'pwd',
    'signature',
    'sig',
    'subscription-key',
  ],
  ...['X-Amz-Security-Token', 'X-Amz-Signature', 'X-Amz-Credential', 'X-Goog-Signature', 'X-Goog-Credential'],
  ...['oauth_token', 'oauth_token_secret', 'oauth_signature', 'session_token', 'bearer_token', 'csrf_token'],
  ...['code_verifier', 'client_assertion', 'secret_key', 'private_key', 'api_secret', 'passphrase'],
  ...['access_key', 'private_token', 'security-token', 'jsessionid', 'PHPSESSID'],
];

describe('isCredentialField', () => {
  it.each(FIELDS)('%s: yes', (name) => {
    expect(isCredentialField(name)).toBe(true);
  });

  it.each([
    'page',
    'page_token',
    'nextToken',
    'continuation_token',
    'cursor',
    'max_tokens',
    'tokens',
    'session',
    'cookie',
    'author',
    'key',
    'design',
    'password hint',
    '__proto__',
    'constructor',
    '_-',
    '',
  ])('%j: no', (name) => {
    expect(isCredentialField(name)).toBe(false);
  });

  it('case, _ and - do not count, wherever they are', () => {
    const glue = fc.array(fc.constantFrom('', '_', '-', '__'), { minLength: 20, maxLength: 20 });
    fc.assert(
      fc.property(fc.constantFrom(...FIELDS), glue, fc.boolean(), (name, between, isUpper) => {
        const letters = [...name.replace(/[_-]/g, '')].map(
          (letter, index) => letter + (between[index] as string),
        );
        const text = letters.join('');
        expect(isCredentialField(isUpper ? text.toUpperCase() : text)).toBe(true);
        expect(isCredentialField(`${text}x`)).toBe(false);
      }),
      { seed: 20261120, numRuns: 500 },
    );
  });
});

describe('what is remembered', () => {
  it('never changes the answer, however many names there are and however long they are', () => {
    const long = `x-${'a'.repeat(200)}`;
    for (let index = 0; index < 2500; index++) {
      expect(isCredentialField(`name${index}`)).toBe(false);
      expect(isCredentialHeader(`x-${index}-token`)).toBe(true);
    }
    for (let round = 0; round < 2; round++) {
      expect([isCredentialField('name7'), isCredentialField('Pass_Word')]).toEqual([false, true]);
      expect([isCredentialHeader('x-7-token'), isCredentialHeader('x-7')]).toEqual([true, false]);
      expect([isCredentialHeader(long), isCredentialHeader(`${long}-token`)]).toEqual([false, true]);
    }
  });
});
