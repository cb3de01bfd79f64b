import { describeBackend } from '../../../lib/backend-suite/describe-backend.js';
import { describeServers } from '../../servers/index.js';
import { gridfsHarness, mongodbHarness } from '../conformance/mongodb-harness.js';
import { withRealHeads } from '../conformance/real-heads.js';

jest.setTimeout(60_000);

describeServers('mongodb', (server, { name }) => {
  const url = (): string => server().url;
  describeBackend('mongodb', mongodbHarness(url));
  describeBackend('gridfs', gridfsHarness(url));
  // What else there is does not depend on the server, and this one takes its time.
  if (name === 'secantusdb') return;
  describeBackend('mongodb by the driver 6', mongodbHarness(url, 'mongodb 6'));
  describeBackend('mongodb by an open client', mongodbHarness(url, 'an open client'));
  const native = mongodbHarness(url, 'mongodb 7', { serializer: 'bson', decodeContent: true });
  describeBackend('mongodb with native documents', native);
  describeBackend('mongodb with native documents and heads of this library', withRealHeads(native));
  describeBackend('gridfs by the driver 6', gridfsHarness(url, 'mongodb 6'));
  describeBackend('gridfs with small bodies beside their heads', gridfsHarness(url, 'mongodb 7', {}));
});
