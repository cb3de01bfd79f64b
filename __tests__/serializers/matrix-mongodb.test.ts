import { initBackend } from '../../lib/index.js';
import { describeServers } from '../servers/index.js';
import { describeMatrix } from './matrix.js';

jest.setTimeout(180_000);

describeServers(
  'mongodb',
  (server) => {
    describe.each(['mongodb', 'gridfs'] as const)('%s', (backend) => {
      describeMatrix((name, serializer) => initBackend(name, backend, { serializer, url: server().url }));
    });
  },
  'mongo-java-server',
);
