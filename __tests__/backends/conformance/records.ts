export * from '../../../lib/backend-suite/records.js';
