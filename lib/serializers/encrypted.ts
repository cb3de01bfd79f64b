import { Buffer } from 'node:buffer';
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { boundTo } from './binding.js';
import { contentOf, expectBytes, valueOf } from './bytes.js';
import { told } from './pipeline.js';
import { type Secret, type Secrets, secretsOf } from './secrets.js';
import type { SerializerContext, SerializerStage } from '../storage/serializer-stage.js';

/** As the first byte: written by this stage, and what it holds is bytes or text. */
const ENCRYPTED_BYTES = 0x20;
const ENCRYPTED_TEXT = 0x21;
const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const TAG_AT = 1 + NONCE_BYTES;
const CONTENT_AT = TAG_AT + TAG_BYTES;

/**
 * Encrypts what is stored with AES-256-GCM (NIST SP 800-38D) and a random nonce, so that nobody without the key can read or
 * change it, put it under another cache key, another part, or into another cache, or give it another time of expiry. Lengths and
 * times stay visible; and it can be deleted, and replaced by what was stored there before.
 * Put it last, and compress before it.
 *
 * One key is good for some 2^32 writes, since nonces are random.
 * @param keys at least 32 bytes each, from which the cipher's keys are derived (HKDF, RFC 5869); the first encrypts, all decrypt
 * @throws InvalidOptionError (ERR_CACHE_INVALID_OPTION) for a key that is too short
 */
export function encrypted(keys: Secrets): SerializerStage {
  const [first, ...others] = secretsOf(keys, 'key').map(cipherKeyOf) as [Buffer, ...Buffer[]];
  return told({
    dumps(value: unknown, context?: SerializerContext): Buffer {
      const { bytes, isText } = contentOf(value);
      const kind = Buffer.of(isText ? ENCRYPTED_TEXT : ENCRYPTED_BYTES);
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, first, nonce, { authTagLength: TAG_BYTES });
      cipher.setAAD(Buffer.concat([kind, boundTo('encrypted', context)]));
      const content = [cipher.update(bytes), cipher.final()];
      return Buffer.concat([kind, nonce, cipher.getAuthTag(), ...content]);
    },
    loads(value: unknown, context?: SerializerContext): string | Buffer {
      const stored = expectBytes(value);
      const kind = stored.subarray(0, 1);
      const isText = kind[0] === ENCRYPTED_TEXT;
      if (stored.length < CONTENT_AT || (!isText && kind[0] !== ENCRYPTED_BYTES)) {
        throw new TypeError('not encrypted');
      }
      const bound = Buffer.concat([kind, boundTo('encrypted', context)]);
      for (const key of [first, ...others]) {
        const bytes = decrypted(key, stored, bound);
        if (bytes !== undefined) return valueOf({ bytes, isText });
      }
      throw new TypeError('encrypted with another key, changed, or of another record');
    },
  });
}

/** @returns undefined where the key does not fit, or anything was changed */
function decrypted(key: Buffer, stored: Buffer, bound: Buffer): Buffer | undefined {
  const decipher = createDecipheriv(CIPHER, key, stored.subarray(1, TAG_AT), { authTagLength: TAG_BYTES });
  decipher.setAAD(bound);
  decipher.setAuthTag(stored.subarray(TAG_AT, CONTENT_AT));
  const bytes = decipher.update(stored.subarray(CONTENT_AT));
  try {
    return Buffer.concat([bytes, decipher.final()]);
  } catch {
    return undefined;
  }
}

function cipherKeyOf(secret: Secret): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', 'axios-persistent-cache encrypted 1', KEY_BYTES));
}
