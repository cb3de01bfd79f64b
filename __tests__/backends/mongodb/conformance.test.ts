import { describeBackend } from '../../../lib/backend-suite/describe-backend.js';
import { describeServers } from '../../servers/index.js';
import { gridfsHarness, mongodbHarness } from '../conformance/mongodb-harness.js';

jest.setTimeout(60_000);

describeServers('mongodb', (server, { name }) => {
  const url = (): string => server().url;
  describeBackend('mongodb', mongodbHarness(url));
  describeBackend('gridfs', gridfsHarness(url));
  // What else there is does not depend on the server, and this one takes its time.
  if (name === 'secantusdb') return;
  describeBackend('mongodb by the driver 6', mongodbHarness(url, 'mongodb 6'));
  describeBackend('mongodb by an open client', mongodbHarness(url, 'an open client'));
  describeBackend('gridfs by the driver 6', gridfsHarness(url, 'mongodb 6'));
  describeBackend('gridfs with small bodies beside their heads', gridfsHarness(url, 'mongodb 7', {}));
});
