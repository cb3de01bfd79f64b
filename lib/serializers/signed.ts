import { Buffer } from 'node:buffer';
import { createHmac, timingSafeEqual } from 'node:crypto';
import { boundTo } from './binding.js';
import { contentOf, expectBytes, valueOf } from './bytes.js';
import { told } from './pipeline.js';
import { type Secret, type Secrets, secretsOf } from './secrets.js';
import type { SerializerContext, SerializerStage } from '../storage/serializer-stage.js';

/** As the first byte: written by this stage, and what it holds is bytes or text. */
const SIGNED_BYTES = 0x10;
const SIGNED_TEXT = 0x11;
const MAC_BYTES = 32;
const CONTENT_AT = 1 + MAC_BYTES;

/**
 * Signs what is stored with HMAC-SHA-256 (RFC 2104), so that nobody without the secret can change it, or put it under another
 * key, another part, or into another cache, or give it another time of expiry. It can still be read, deleted, and replaced by
 * what was stored there before: for that use {@link encrypted}. Put it last.
 * @param secrets at least 32 bytes each; the first signs, all are accepted, so that secrets can be replaced little by little
 * @throws InvalidOptionError (ERR_CACHE_INVALID_OPTION) for a secret that is too short
 */
export function signed(secrets: Secrets): SerializerStage {
  const known = secretsOf(secrets, 'secret');
  const [first] = known;
  return told({
    dumps(value: unknown, context?: SerializerContext): Buffer {
      const { bytes, isText } = contentOf(value);
      const kind = Buffer.of(isText ? SIGNED_TEXT : SIGNED_BYTES);
      return Buffer.concat([kind, macOf(first, kind, bytes, context), bytes]);
    },
    loads(value: unknown, context?: SerializerContext): string | Buffer {
      const stored = expectBytes(value);
      const kind = stored.subarray(0, 1);
      const isText = kind[0] === SIGNED_TEXT;
      if (stored.length < CONTENT_AT || (!isText && kind[0] !== SIGNED_BYTES)) {
        throw new TypeError('not signed');
      }
      const mac = stored.subarray(1, CONTENT_AT);
      const bytes = stored.subarray(CONTENT_AT);
      // All of them are tried, so that the time does not tell which fits.
      const fits = known.map((secret) => timingSafeEqual(macOf(secret, kind, bytes, context), mac));
      if (!fits.includes(true))
        throw new TypeError('the signature is of another secret, or of another record');
      return valueOf({ bytes, isText });
    },
  });
}

function macOf(secret: Secret, kind: Buffer, bytes: Buffer, context: SerializerContext | undefined): Buffer {
  return createHmac('sha256', secret).update(boundTo('signed', context)).update(kind).update(bytes).digest();
}
