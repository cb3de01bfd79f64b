import { randomUUID } from 'node:crypto';
import { type BackendSpec } from '../../lib/index.js';
import { type ServerFamily, type SharedServer } from '../servers/index.js';

/** A backend that needs a server, and how it is told which. */
interface OnServer {
  readonly name: string;
  readonly family: ServerFamily;
  readonly spec: (server: SharedServer) => BackendSpec;
}

/** The backends that need servers, each with a place of its own there. */
export const SUBJECTS: readonly OnServer[] = [
  { name: 'redis', family: 'redis', spec: ({ url }) => ({ name: 'redis', url, namespace: aName() }) },
  { name: 'mongodb', family: 'mongodb', spec: ({ url }) => ({ name: 'mongodb', url, database: aName() }) },
  { name: 'gridfs', family: 'mongodb', spec: ({ url }) => ({ name: 'gridfs', url, database: aName() }) },
  {
    name: 'dynamodb',
    family: 'dynamodb',
    spec: ({ url }) => ({ name: 'dynamodb', endpoint: url, tableName: aName() }),
  },
];

/** Their names. */
export const ON_SERVERS = SUBJECTS.map(({ name }) => name);

function aName(): string {
  return `collapsing-${randomUUID()}`;
}
