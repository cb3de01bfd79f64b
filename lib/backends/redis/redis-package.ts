import type { RedisClientLike } from '../../storage/options/redis.js';

/** What is used of the package. Also how tests say which version they want. */
export interface RedisPackage {
  createClient(options: object): RedisClientLike;
  createCluster(options: object): RedisClientLike;
  createSentinel(options: object): RedisClientLike;
}
