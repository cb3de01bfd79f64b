import { describeBackend } from '../../../lib/backend-suite/describe-backend.js';
import { filesystemHarness } from '../conformance/harnesses.js';

describeBackend('filesystem', filesystemHarness());
describeBackend('filesystem as JSON', filesystemHarness({ serializer: 'json' }));
describeBackend('filesystem as YAML', filesystemHarness({ serializer: 'yaml' }));
describeBackend('filesystem within limits', filesystemHarness({ maxBytes: 1_000_000_000 }));
