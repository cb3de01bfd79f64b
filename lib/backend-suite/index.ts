/**
 * The contract of backends as tests: whoever writes a backend of their own proves by them that the cache can rely on it.
 *
 * With jest, vitest or node:test:
 *
 * ```ts
 * import { describe, it } from 'node:test';
 * import { describeBackend } from 'axios-persistent-cache/backend-suite';
 *
 * describeBackend('mine', {
 *   traits: { persistent: false, shared: false },
 *   limitsRecords: false,
 *   damagesStores: false,
 *   createStore: () => ({ open: () => new MyBackend(), dispose: () => undefined }),
 * }, { describe, it });
 * ```
 *
 * Without a test runner: `await findViolations(harness)`. Nothing is loaded but `node:assert`.
 */
export { describeBackend, findViolations, type TestRunner, type Violation } from './describe-backend.js';
export type { BackendHarness, StoreRequest, TestStore } from './harness.js';
