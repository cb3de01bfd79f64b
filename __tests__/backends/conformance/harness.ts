export * from '../../../lib/backend-suite/harness.js';
