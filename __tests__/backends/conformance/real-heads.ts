import { type BackendHarness } from '../../../lib/backend-suite/harness.js';
import { type Backend, type RecordMeta } from '../../../lib/storage/backend.js';
import { decodeHead, encodeHead } from '../../../lib/storage/record-codec.js';

/**
 * The same backend for heads that are any bytes, as the suite has them: they are stored in heads such as the cache writes, which
 * databases can keep as values of their own.
 */
export function withRealHeads(harness: BackendHarness): BackendHarness {
  return {
    ...harness,
    // Real heads are longer.
    limitsRecords: false,
    createStore: async (request) => {
      const store = await harness.createStore(request);
      return { ...store, open: async () => wrapped(await store.open()) };
    },
  };
}

const NO_BODY = { bodyBytes: 0, bodyCrc32: 0 };

function toReal(head: Uint8Array): Uint8Array {
  const text = Buffer.from(head).toString('base64');
  return encodeHead(
    { status: text.length, headers: { z: text, a: ['x', 'y'] }, redirects: [{ to: 1 }] },
    NO_BODY,
  );
}

function fromReal<M extends RecordMeta>(meta: M): M {
  const { headers } = decodeHead(meta.head).head as { headers: { z: string } };
  return { ...meta, head: Uint8Array.from(Buffer.from(headers.z, 'base64')) };
}

function wrapped(backend: Backend): Backend {
  return {
    name: backend.name,
    traits: backend.traits,
    get: async (key) => (await backend.get(key)).map(fromReal),
    body: (address) => backend.body(address),
    put: (record) => backend.put({ ...record, head: toReal(record.head) }),
    replaceHead: (meta, expected) =>
      backend.replaceHead(
        { ...meta, head: toReal(meta.head) },
        expected === undefined ? undefined : toReal(expected),
      ),
    delete: (key, variant) => backend.delete(key, variant),
    deleteResource: (resource) => backend.deleteResource(resource),
    ...(backend.deleteTag === undefined ? {} : { deleteTag: (tag: string) => backend.deleteTag?.(tag) ?? 0 }),
    scan: async function* (range) {
      for await (const meta of backend.scan(range)) yield fromReal(meta);
    },
    count: (range) => backend.count(range),
    size: () => backend.size(),
    prune: (now, limit) => backend.prune(now, limit),
    clear: () => backend.clear(),
    close: () => backend.close(),
  };
}
