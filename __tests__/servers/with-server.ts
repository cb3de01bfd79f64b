/**
 * Runs a program of Node with a server of its own, which ends with it:
 *
 *     ts-node __tests__/servers/with-server.ts redis PROGRAM …
 */
import { spawnSync } from 'node:child_process';
import { type ServerFamily, startableKinds, startDynamo, startMongo, startRedis } from './index.js';
import { VARIABLES } from './kinds.js';

type Family = Exclude<ServerFamily, 'redis-cluster'>;

const STARTERS: Readonly<Record<Family, () => Promise<{ readonly address: string; stop(): Promise<void> }>>> =
  {
    redis: async () => addressed(await startRedis()),
    mongodb: async () => addressed(await startMongo()),
    dynamodb: async () => addressed(await startDynamo()),
  };

function addressed<
  T extends { stop(): Promise<void> } & ({ readonly url: string } | { readonly endpoint: string }),
>(server: T): { readonly address: string; stop(): Promise<void> } {
  return { address: 'url' in server ? server.url : server.endpoint, stop: () => server.stop() };
}

async function main(family: Family, program: readonly string[]): Promise<number> {
  const [kind] = startableKinds(family);
  if (kind === undefined) {
    console.error(
      `This needs a server: at its standard port, where ${VARIABLES[family]} says, or by: node __tests__/servers/install.mjs`,
    );
    return 1;
  }
  console.error(`No server is there: ${kind.title} is started, and ends with this program.`);
  const server = await STARTERS[family]();
  try {
    const env = { ...process.env, [VARIABLES[family]]: server.address };
    return spawnSync(process.execPath, program, { stdio: 'inherit', env }).status ?? 1;
  } finally {
    await server.stop();
  }
}

const [family, ...program] = process.argv.slice(2);
void main(family as Family, program).then((status) => {
  process.exitCode = status;
});
