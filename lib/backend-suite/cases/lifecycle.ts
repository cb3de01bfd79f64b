import assert from 'node:assert/strict';
import { isHttpCacheError } from '../../errors.js';
import type { Backend } from '../../storage/backend.js';
import type { ConformanceTopic } from '../harness.js';
import { aRecord, errorOf, listAll, metaOf, putAll } from '../records.js';

const CALLS: Readonly<Record<string, (backend: Backend) => unknown>> = {
  get: (backend) => backend.get('key'),
  body: (backend) => backend.body({ key: 'key', variant: '' }),
  put: (backend) => backend.put(aRecord()),
  replaceHead: (backend) => backend.replaceHead(metaOf(aRecord())),
  delete: (backend) => backend.delete('key'),
  deleteResource: (backend) => backend.deleteResource('resource'),
  scan: (backend) => listAll(backend.scan()),
  count: (backend) => backend.count(),
  size: (backend) => backend.size(),
  prune: (backend) => backend.prune(0, 1),
  clear: (backend) => backend.clear(),
};

export const lifecycle: ConformanceTopic = {
  topic: 'lifecycle',
  cases: [
    {
      title: 'has a name and the traits that it was announced with',
      check: ({ backend, harness }) => {
        assert.ok(typeof backend.name === 'string' && backend.name.length > 0);
        assert.deepEqual({ ...backend.traits }, { ...harness.traits });
      },
    },
    {
      title: 'can be closed twice',
      check: async ({ backend }) => {
        await putAll(backend, [aRecord()]);
        await backend.close();
        await backend.close();
      },
    },
    {
      title: 'can be closed without having been used, and twice at a time',
      check: async ({ backend }) => {
        await Promise.all([backend.close(), backend.close()]);
      },
    },
    ...Object.entries(CALLS).map(([method, call]) => ({
      title: `${method}() fails with ERR_CACHE_CLOSED after close()`,
      check: async ({ backend }: { backend: Backend }) => {
        await putAll(backend, [aRecord()]);
        await backend.close();
        const error = await errorOf(() => call(backend));
        assert.ok(isHttpCacheError(error), String(error));
        assert.equal(error.code, 'ERR_CACHE_CLOSED');
      },
    })),
    {
      title: 'a write that was asked for before close() is done',
      appliesTo: ({ traits }) => traits.persistent,
      check: async ({ backend, store }) => {
        const putting = backend.put(aRecord());
        await backend.close();
        assert.equal(await putting, true);
        assert.equal(await (await store.open()).count(), 1);
      },
    },
  ],
};
