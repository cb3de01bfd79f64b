import { describeBackend } from '../../../lib/backend-suite/describe-backend.js';
import { dynamodbHarness } from '../conformance/dynamodb-harness.js';
import { withRealHeads } from '../conformance/real-heads.js';
import { describeServers } from '../../servers/index.js';

describeServers('dynamodb', (server, { name }) => {
  const url = (): string => server().url;
  describeBackend('dynamodb', dynamodbHarness(url));
  // What else there is does not depend on the server, and this one takes its time.
  if (name === 'dynalite') return;
  const native = dynamodbHarness(url, { serializer: 'bson', decodeContent: true });
  describeBackend('dynamodb with native items and heads of this library', withRealHeads(native));
});
