import { describeBackend } from '../../../lib/backend-suite/describe-backend.js';
import { describeServers } from '../../servers/index.js';
import { DRIVERS, type Driver, redisHarness } from '../conformance/redis-harness.js';

jest.setTimeout(60_000);

const drivers = Object.keys(DRIVERS) as Driver[];
/** The machine that runs the tests may be busy. */
const commandTimeout = 20_000;

describeServers('redis', (server) => {
  const url = (): string => server().url;
  for (const driver of drivers) {
    describeBackend(
      `${driver}`,
      redisHarness(driver, () => ({ url: url(), commandTimeout })),
    );
    describeBackend(
      `${driver} with one hash`,
      redisHarness(driver, () => ({ url: url(), commandTimeout, layout: 'hash' })),
    );
  }
});

describeServers('redis-cluster', (server) => {
  const cluster = (): { nodes: readonly string[] } => ({ nodes: server().urls });
  for (const driver of drivers) {
    describeBackend(
      `${driver}`,
      redisHarness(driver, () => ({ cluster: cluster(), commandTimeout })),
    );
    describeBackend(
      `${driver} with one hash`,
      redisHarness(driver, () => ({ cluster: cluster(), commandTimeout, layout: 'hash' })),
    );
  }
});
