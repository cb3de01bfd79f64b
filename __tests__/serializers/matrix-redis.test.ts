import { initBackend } from '../../lib/index.js';
import { describeServers } from '../servers/index.js';
import { describeMatrix } from './matrix.js';

jest.setTimeout(120_000);

describeServers('redis', (server) => {
  describeMatrix((name, serializer) => initBackend(name, 'redis', { serializer, url: server().url }));
});
