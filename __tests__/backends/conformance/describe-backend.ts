export * from '../../../lib/backend-suite/describe-backend.js';
