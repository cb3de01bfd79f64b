import { Buffer } from 'node:buffer';
import type { SerializerContext } from '../storage/serializer-stage.js';

/** Of what is signed and encrypted: a later format is not taken for this one. */
const FORMAT_VERSION = 1;

/**
 * What a record is bound to, besides its bytes: what for, the format, where it belongs, and of a head its columns, so that
 * nobody makes a stale response a fresh one. Each part is preceded by its
 * length, so that no two records have the same.
 */
export function boundTo(purpose: string, context: SerializerContext | undefined): Buffer {
  const { namespace = '', key = '', variant = '', part = '', columns } = context ?? {};
  const parts = [purpose, String(FORMAT_VERSION), namespace, key, variant, part];
  if (columns !== undefined) {
    const { resource, createdAt, expiresAt, retainUntil } = columns;
    parts.push(resource, String(createdAt), String(expiresAt), String(retainUntil));
  }
  return Buffer.concat(
    parts.flatMap((text) => {
      // Two bytes for each unit, so that unpaired surrogates stay apart.
      const bytes = Buffer.from(text, 'utf16le');
      const length = Buffer.allocUnsafe(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}
