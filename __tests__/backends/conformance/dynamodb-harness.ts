import { randomUUID } from 'node:crypto';
import { DynamodbBackend } from '../../../lib/backends/dynamodb/index.js';
import { type BackendHarness } from '../../../lib/backend-suite/harness.js';
import { type DynamodbOptions } from '../../../lib/storage/options/dynamodb.js';

/** All cases of a run use one table and have namespaces of their own, as users do. */
const TABLE = `conformance_${randomUUID()}`;

/** DynamoDB, or an emulator. */
export function dynamodbHarness(endpoint: () => string, options: DynamodbOptions = {}): BackendHarness {
  return {
    traits: { persistent: true, shared: true },
    limitsRecords: false,
    damagesStores: false,
    createStore: ({ name }) => {
      const namespace = `${name}/${randomUUID()}`;
      const open = (): DynamodbBackend =>
        new DynamodbBackend(namespace, { endpoint: endpoint(), tableName: TABLE, ...options });
      const opened: DynamodbBackend[] = [];
      return {
        open: () => {
          const backend = open();
          opened.push(backend);
          return backend;
        },
        dispose: async () => {
          for (const backend of opened) await backend.close();
          const last = open();
          await last.clear();
          await last.close();
        },
      };
    },
  };
}
