/**
 * Names that hold credentials wherever they occur: in header fields, in the query, and in form, JSON and multipart bodies.
 * These are requests-cache's defaults. More names are known to hold credentials, see `isCredentialHeader` and
 * `isCredentialField`.
 *
 * Unlike there, the values keep users apart unless the user lists the names as `ignoredParameters`.
 */
export const DEFAULT_IGNORED_PARAMETERS: readonly string[] = Object.freeze([
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

const DEFAULT_HEADERS: ReadonlySet<string> = new Set([
  ...DEFAULT_IGNORED_PARAMETERS.map((name) => name.toLowerCase()),
  'cookie',
]);

/** Words between dashes that tell what a header field holds: `X-Amz-Security-Token`, `Private-Token`, `X-RapidAPI-Key`. */
const CREDENTIAL_WORDS =
  /(?:^|-)(?:token|(?:rapid)?api-?key|access-?key|subscription-?key|secret|session(?:-?id)?|password|passwd|passphrase|otp|signature|credentials?|jwt|dpop|auth|authorization|authentication)(?:$|-)/;

/** Without `_` and `-`, in lower case. */
const CREDENTIAL_FIELDS: ReadonlySet<string> = new Set([
  ...DEFAULT_IGNORED_PARAMETERS.map(compact),
  ...[
    'token',
    'refreshtoken',
    'idtoken',
    'authtoken',
    'apitoken',
    'sessiontoken',
    'bearertoken',
    'csrftoken',
    'jwt',
  ],
  ...['oauthtoken', 'oauthtokensecret', 'oauthsignature', 'codeverifier', 'clientassertion'],
  ...[
    'privatetoken',
    'securitytoken',
    'accesskey',
    'subscriptionkey',
    'secretkey',
    'privatekey',
    'clientsecret',
    'apisecret',
    'secret',
  ],
  ...['password', 'passwd', 'passphrase', 'pwd', 'signature', 'sig', 'sessionid', 'sid'],
  ...['jsessionid', 'phpsessid'],
  ...['xamzsecuritytoken', 'xamzsignature', 'xamzcredential', 'xgoogsignature', 'xgoogcredential'],
]);

/**
 * Whether a request's header field holds a credential, to judge by its name (in lower case): a default name, `Cookie`, a name
 * with a word like `token`, `session`, `secret`, `signature` or `auth` between dashes or underscores (`X-CSRF-Token`, but not
 * `Authority` or `Idempotency-Key`), or one that {@link isCredentialField} knows (`AccessToken`).
 */
export function isCredentialHeader(name: string): boolean {
  return DEFAULT_HEADERS.has(name) || remembered(headerVerdicts, name, looksLikeCredentialHeader);
}

/**
 * Whether a header field (name in lower case) is one of {@link DEFAULT_IGNORED_PARAMETERS}, or `Cookie`. Only these are
 * hidden in responses: to hide more there changes what a hit shows.
 */
export function isDefaultCredentialHeader(name: string): boolean {
  return DEFAULT_HEADERS.has(name);
}

/**
 * Whether a query parameter, form field, JSON member or multipart field holds a credential, to judge by its name: the default
 * names, and `token`, `client_secret`, `password`, `X-Amz-Signature` and the like. Case, `_` and `-` do not count.
 */
export function isCredentialField(name: string): boolean {
  return remembered(fieldVerdicts, name, isKnownField);
}

function isKnownField(name: string): boolean {
  return CREDENTIAL_FIELDS.has(compact(name));
}

function looksLikeCredentialHeader(name: string): boolean {
  return CREDENTIAL_WORDS.test(name.replaceAll('_', '-')) || isKnownField(name);
}

function compact(name: string): string {
  return name.toLowerCase().replace(/[_-]/g, '');
}

const headerVerdicts = new Map<string, boolean>();
const fieldVerdicts = new Map<string, boolean>();
const MAX_VERDICTS = 1000;
const MAX_REMEMBERED_LENGTH = 64;

/** Programs use few names many times. Both bounds together bound the memory, whatever names a body is full of. */
function remembered(verdicts: Map<string, boolean>, name: string, judge: (name: string) => boolean): boolean {
  const known = verdicts.get(name);
  if (known !== undefined) return known;
  const verdict = judge(name);
  if (name.length > MAX_REMEMBERED_LENGTH) return verdict;
  if (verdicts.size >= MAX_VERDICTS) verdicts.clear();
  verdicts.set(name, verdict);
  return verdict;
}
