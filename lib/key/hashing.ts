import * as crypto from 'node:crypto';

/**
 * Key of the credential hashes. A constant and therefore no secret; it separates these hashes from any other use of
 * SHA-256 over the same values, so that no ready-made table of hashed tokens fits them.
 */
const CREDENTIAL_DOMAIN = 'axios-persistent-cache/credentials/1';
/** Key of the hashes of bodies. */
const BODY_DOMAIN = 'axios-persistent-cache/body/1';

type OneShotHash = (algorithm: string, content: string | Uint8Array, encoding: 'hex') => string;

// `crypto.hash` came with Node 20.12 and takes half the time of `createHash` for short input.
const oneShotHash = (crypto as { hash?: OneShotHash }).hash;

/** SHA-256 by way of a hash object: the one that every Node 20 has. */
export function incrementalSha256Hex(content: string | Uint8Array): string {
  return crypto.createHash('sha256').update(content).digest('hex');
}

/** SHA-256 of bytes, or of the UTF-8 of a text: 64 lower-case hex digits. */
export const sha256Hex: (content: string | Uint8Array) => string =
  typeof oneShotHash === 'function'
    ? (content) => oneShotHash('sha256', content, 'hex')
    : /* istanbul ignore next: depends on the Node release */ incrementalSha256Hex;

/**
 * Keyed hash (HMAC-SHA-256) that stands for credentials in keys and records: 64 lower-case hex digits.
 *
 * Protects a token or cookie of high entropy against whoever reads the store, and keeps equal values equal. Does not
 * protect a value that can be guessed (a short password): whoever has the store can test guesses, since the key of the
 * hash is in this source.
 */
export function hashCredentials(material: string): string {
  return crypto.createHmac('sha256', CREDENTIAL_DOMAIN).update(material).digest('hex');
}

/**
 * Keyed hash that stands for a body in keys and records: 64 lower-case hex digits. Keyed for the same reason: a body may be
 * nothing but a token (`text/plain`), and of what has no structure that is known (XML) nothing is redacted.
 */
export function hashBody(content: string | Uint8Array): string {
  return crypto.createHmac('sha256', BODY_DOMAIN).update(content).digest('hex');
}

/**
 * A text with its length before it. A sequence of them can be read back in one way only, so that no two different
 * sequences are the same string (requests-cache's keys had no separators: `…/a` + `b` was `…/` + `ab`).
 */
export function lengthPrefixed(text: string): string {
  return `${text.length}:${text}`;
}

/** As {@link lengthPrefixed}; undefined differs from every text. */
export function optionalPrefixed(text: string | undefined): string {
  return text === undefined ? '-' : `${text.length}:${text}`;
}
