import { Buffer } from 'node:buffer';
import { types } from 'node:util';
import { InvalidOptionError } from '../errors.js';

/** A text, of which the UTF-8 counts, or bytes. */
export type SecretInput = string | Uint8Array;
/** One, or several of which the first writes and all read. */
export type Secrets = SecretInput | readonly SecretInput[];
export type Secret = Uint8Array;

const LEAST_BYTES = 32;

/**
 * Copies of the secrets as bytes.
 * @param option how the user calls one
 * @throws InvalidOptionError (ERR_CACHE_INVALID_OPTION); its message does not show the secret
 */
export function secretsOf(secrets: Secrets, option: string): readonly [Secret, ...Secret[]] {
  const given: readonly unknown[] = Array.isArray(secrets) ? secrets : [secrets];
  const [first, ...others] = given.map((secret, index) =>
    secretOf(secret, Array.isArray(secrets) ? `${option}[${index}]` : option),
  );
  if (first === undefined) throw refusal(`${option}s`, 'an empty array', 'at least one');
  return [first, ...others];
}

function secretOf(secret: unknown, option: string): Secret {
  const isText = typeof secret === 'string';
  if (!isText && !types.isUint8Array(secret)) throw refusal(option, typeof secret, 'a text or bytes');
  const bytes = isText ? Buffer.from(secret, 'utf8') : Buffer.from(secret);
  if (bytes.length < LEAST_BYTES) {
    throw refusal(
      option,
      `${bytes.length} bytes`,
      `at least ${LEAST_BYTES} bytes, as of crypto.randomBytes(${LEAST_BYTES})`,
    );
  }
  return bytes;
}

function refusal(option: string, given: string, accepted: string): InvalidOptionError {
  return new InvalidOptionError(option, given, accepted);
}
