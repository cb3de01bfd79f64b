import { describeBackend } from '../../../lib/backend-suite/describe-backend.js';
import { dynamodbHarness } from '../conformance/dynamodb-harness.js';
import { describeServers } from '../../servers/index.js';

describeServers('dynamodb', (server) => {
  describeBackend(
    'dynamodb',
    dynamodbHarness(() => server().url),
  );
});
