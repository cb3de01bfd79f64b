import { initBackend } from '../../lib/index.js';
import { describeServers } from '../servers/index.js';
import { describeMatrix } from './matrix.js';

jest.setTimeout(180_000);

describeServers(
  'dynamodb',
  (server) => {
    describeMatrix((name, serializer) =>
      initBackend(name, 'dynamodb', {
        serializer,
        endpoint: server().url,
        tableName: `matrix_${process.pid}`,
      }),
    );
  },
  'dynoxide',
);
