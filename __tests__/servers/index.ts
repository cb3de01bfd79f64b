/**
 * Real servers for tests.
 *
 * Servers that tests only use are shared by all files of a run; the first file that asks starts them:
 *
 * ```ts
 * describeServers('redis', (server) => {
 *   it('stores', async () => {
 *     const client = createClient({ url: server().url });
 * ```
 *
 * There is one block for every server of the family that this machine has (SecantusDB and mongo-java-server for `mongodb`,
 * dynoxide and dynalite for `dynamodb`), or one skipped test that says why there is none, which fails where
 * `REQUIRE_BACKENDS` names the backend. Everybody's data are in them: use prefixes, databases and tables of your own. What
 * a server cannot do is told by `mongoTraitsOf(server())` and `dynamoTraitsOf(server())`; `kind.name` is known already
 * while tests are declared.
 *
 * Tests that stop, pause or kill a server start one of their own, and stop it:
 *
 * ```ts
 * describeOwnServers('redis', () => {
 *   it('survives a crash of the server', async () => {
 *     const redis = await startRedis({ persistent: true });
 *     try {
 *       await redis.kill(); … await redis.restart(); … redis.pause(); … redis.resume();
 *     } finally {
 *       await redis.stop();
 *     }
 * ```
 *
 * `startRedis`, `startRedisCluster`, `startMongo({ kind })`, `startDynamo({ kind })`; see {@link OwnServer}. What lies
 * between a client and its server (lost, slow, cut connections) is the work of `startFaultProxy`.
 *
 * Which servers there are: those that `REDIS_URL`, `REDIS_CLUSTER_NODES` (URLs, comma-separated), `MONGODB_URI` and
 * `DYNAMODB_ENDPOINT` name, each instead of all others of its family; else programs on PATH; else what
 * `node __tests__/servers/install.mjs` has installed, which `npm test` runs. It installs into `.test-servers`, or into the
 * folder that `TEST_SERVERS_DIR` names. No server survives the run, however the run ends.
 */
export { describeOwnServers, describeServers } from './describe-servers.js';
export {
  type DynamoOptions,
  type DynamoTraits,
  dynamoTraits,
  type OwnDynamo,
  startDynamo,
} from './dynamodb.js';
export {
  availableKinds,
  type KindName,
  requiredBackends,
  type ServerFamily,
  type ServerKind,
  startableKinds,
} from './kinds.js';
export { type MongoOptions, type MongoTraits, mongoTraits, type OwnMongo, startMongo } from './mongodb.js';
export {
  askRedis,
  type OwnRedis,
  type OwnRedisCluster,
  type RedisOptions,
  startRedis,
  startRedisCluster,
} from './redis.js';
export { type Direction, type FaultProxy, startFaultProxy, type Traffic } from './fault-proxy.js';
export { type OwnServer } from './server-process.js';
export { dynamoTraitsOf, mongoTraitsOf, type SharedServer, sharedServer } from './shared.js';
