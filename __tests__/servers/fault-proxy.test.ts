import { connect, createServer, type Server, type Socket } from 'node:net';
import { createClient } from 'redis';
import { type FaultProxy, startFaultProxy } from './fault-proxy.js';
import { describeOwnServers, startRedis } from './index.js';
import { freePort } from './server-process.js';

/** A server that says back what it hears, and keeps it. */
interface Echo {
  readonly url: string;
  readonly heard: () => string;
  readonly connections: Set<Socket>;
  close(): Promise<void>;
}

async function startEcho(): Promise<Echo> {
  const connections = new Set<Socket>();
  let heard = '';
  const server: Server = createServer((socket) => {
    connections.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => connections.delete(socket));
    socket.on('data', (bytes) => {
      heard += bytes.toString();
      socket.write(bytes);
    });
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `echo://127.0.0.1:${port}`,
    heard: () => heard,
    connections,
    close: async () => {
      for (const socket of connections) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const PATIENCE_MS = 15_000;

/** Waits for what comes from the system, by time and not by turns: turns are short while one waits. */
async function until(isReached: () => boolean): Promise<void> {
  for (const deadline = Date.now() + PATIENCE_MS; !isReached();) {
    if (Date.now() > deadline) throw new Error('What was waited for did not come.');
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** A client that keeps what it hears, and how its connection ended. */
class Client {
  readonly socket: Socket;
  heard = '';
  error: string | undefined;
  isClosed = false;

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.on('data', (bytes) => (this.heard += bytes.toString()));
    this.socket.once('error', (error: NodeJS.ErrnoException) => (this.error = error.code));
    this.socket.once('close', () => (this.isClosed = true));
  }

  async say(text: string): Promise<void> {
    await new Promise((resolve) => this.socket.write(text, resolve));
  }

  hears(text: string): Promise<void> {
    return until(() => this.heard === text);
  }

  end(): Promise<void> {
    return until(() => this.isClosed);
  }
}

let echo: Echo;
let proxy: FaultProxy;
let clients: Client[];

beforeEach(async () => {
  echo = await startEcho();
  proxy = await startFaultProxy(echo.url);
  clients = [];
});
afterEach(async () => {
  for (const { socket } of clients) socket.destroy();
  await proxy.close();
  await echo.close();
});

function aClient(): Client {
  const client = new Client(proxy.port);
  clients.push(client);
  return client;
}

/** Some time, in which what must not happen could. */
function aWhile(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 60));
}

describe('a proxy without faults', () => {
  it('forwards and counts', async () => {
    expect(proxy.url).toBe(`echo://127.0.0.1:${proxy.port}`);
    const [first, second] = [aClient(), aClient()];
    const { traffic } = await proxy.measure(async () => {
      await first.say('one');
      await first.hears('one');
      await first.say('two');
      await first.hears('onetwo');
      await second.say('three');
      await second.hears('three');
    });
    expect(traffic).toMatchObject({ bytesToServer: 11, bytesToClient: 11, roundTrips: 3 });
    expect(proxy.traffic.connections).toBe(2);
    expect(proxy.openConnections).toBe(2);
  });

  it('counts what is said in several pieces, before an answer, as one round trip', async () => {
    const client = aClient();
    proxy.freeze('toServer');
    const { traffic } = await proxy.measure(async () => {
      await client.say('one');
      await aWhile();
      await client.say('two');
      await aWhile();
      await proxy.heal();
      await client.hears('onetwo');
    });
    expect(traffic.roundTrips).toBe(1);
  });

  it('forwards much to one who reads slowly, whole and in order', async () => {
    const client = aClient();
    const text = Array.from({ length: 800_000 }, (_, index) => String(index % 10))
      .join('')
      .repeat(10);
    client.socket.pause();
    client.socket.write(text);
    await aWhile();
    client.socket.resume();
    await client.hears(text);
    expect(echo.heard() === text).toBe(true);
  });

  it('forwards the end of either side', async () => {
    const [first, second] = [aClient(), aClient()];
    await first.say('a');
    await first.hears('a');
    first.socket.end();
    await first.end();
    expect(first.error).toBeUndefined();
    await second.say('b');
    await second.hears('b');
    for (const socket of echo.connections) socket.end();
    await second.end();
    expect(second.error).toBeUndefined();
    await until(() => proxy.openConnections === 0 && echo.connections.size === 0);
  });

  it('ends connections to a server that is not there', async () => {
    await echo.close();
    const client = aClient();
    await client.end();
    expect(proxy.openConnections).toBe(0);
    echo = await startEcho();
  });
});

describe('a fault', () => {
  it.each(['toServer', 'toClient', undefined] as const)(
    'freeze(%p) holds back until it is healed',
    async (direction) => {
      const client = aClient();
      await client.say('before');
      await client.hears('before');
      proxy.freeze(direction);
      await client.say('frozen');
      const later = aClient();
      await later.say('late');
      await aWhile();
      expect(client.heard).toBe('before');
      expect(later.heard).toBe('');
      const isHeard = direction === 'toClient';
      expect(echo.heard().includes('frozen')).toBe(isHeard);
      expect(client.isClosed).toBe(false);
      await proxy.heal();
      await client.hears('beforefrozen');
      await later.hears('late');
    },
  );

  it('freeze() lets the sender feel it: only so much is taken from one who goes on', async () => {
    const client = aClient();
    await client.say('a');
    await client.hears('a');
    proxy.freeze('toServer');
    const much = 'x'.repeat(40_000_000);
    let isTaken = false;
    client.socket.write(much, () => (isTaken = true));
    await aWhile();
    expect(isTaken).toBe(false);
    await proxy.heal();
    await until(() => client.heard.length === much.length + 1);
  });

  it('delay() makes everything later, and keeps its order', async () => {
    const client = aClient();
    proxy.delay(50);
    const begun = Date.now();
    for (const text of ['a', 'b', 'c']) await client.say(text);
    await client.hears('abc');
    expect(Date.now() - begun).toBeGreaterThanOrEqual(99);
    await proxy.heal();
    await client.say('d');
    await client.hears('abcd');
  });

  it('cutAll() cuts what is open, and nothing after it', async () => {
    const client = aClient();
    await client.say('a');
    await client.hears('a');
    proxy.cutAll();
    await client.end();
    expect(client.error).toBe('ECONNRESET');
    await until(() => echo.connections.size === 0 && proxy.openConnections === 0);
    const later = aClient();
    await later.say('b');
    await later.hears('b');
  });

  it('refuse() refuses new connections, leaves open ones, and is healed at the same port', async () => {
    const client = aClient();
    await client.say('a');
    await client.hears('a');
    proxy.refuse();
    const refused = aClient();
    await refused.end();
    expect(refused.error).toBe('ECONNREFUSED');
    await client.say('b');
    await client.hears('ab');
    await proxy.heal();
    const later = aClient();
    await later.say('c');
    await later.hears('c');
  });

  it('cutAfter(n, "toServer") lets n bytes arrive, and not one more', async () => {
    const [client, other] = [aClient(), aClient()];
    await other.say('x');
    await other.hears('x');
    const cut = proxy.cutAfter(5, 'toServer');
    await client.say('abc');
    await client.hears('abc');
    await client.say('defghi');
    await expect(cut).resolves.toBe(true);
    await client.end();
    await until(() => echo.connections.size === 1);
    expect(echo.heard()).toBe('xabcde');
    expect(other.isClosed).toBe(false);
    // It happens once.
    await other.say('much more than that');
    await other.hears('xmuch more than that');
  });

  it('cutAfter(n, "toClient") lets n bytes arrive, and not one more', async () => {
    const client = aClient();
    const cut = proxy.cutAfter(4, 'toClient');
    await client.say('abcdefghi');
    await expect(cut).resolves.toBe(true);
    await client.end();
    expect(client.heard).toBe('abcd');
    expect(echo.heard()).toBe('abcdefghi');
  });

  it('cutAfter(0, …) cuts at the first byte, and heal() takes it back', async () => {
    const client = aClient();
    const taken = proxy.cutAfter(0, 'toServer');
    await proxy.heal();
    await expect(taken).resolves.toBe(false);
    await client.say('a');
    await client.hears('a');
    const cut = proxy.cutAfter(0, 'toServer');
    await client.say('b');
    await expect(cut).resolves.toBe(true);
    await client.end();
    expect(echo.heard()).toBe('a');
  });
});

it('close() ends everything at once, whatever the faults', async () => {
  const client = aClient();
  await client.say('a');
  await client.hears('a');
  proxy.freeze();
  const cut = proxy.cutAfter(100, 'toServer');
  await client.say('b');
  await proxy.close();
  await client.end();
  await expect(cut).resolves.toBe(false);
  expect(proxy.openConnections).toBe(0);
  const late = new Client(proxy.port);
  clients.push(late);
  await late.end();
  expect(late.error).toBe('ECONNREFUSED');
});

describe('in front of a real server', () => {
  describeOwnServers('redis', () => {
    it('round trips are counted: one of a command, one of commands that are sent together', async () => {
      const redis = await startRedis();
      const inBetween = await startFaultProxy(redis.url);
      const client = createClient({ url: inBetween.url });
      try {
        await client.connect();
        await client.ping();
        expect((await inBetween.measure(() => client.set('a', 'b'))).traffic).toMatchObject({
          roundTrips: 1,
          connections: 0,
        });
        const together = await inBetween.measure(() =>
          Promise.all(Array.from({ length: 10 }, () => client.get('a'))),
        );
        expect(together.result).toEqual(Array.from({ length: 10 }, () => 'b'));
        expect(together.traffic.roundTrips).toBe(1);
        const inTurn = await inBetween.measure(async () => {
          for (let count = 0; count < 3; count += 1) await client.get('a');
        });
        expect(inTurn.traffic.roundTrips).toBe(3);
      } finally {
        client.destroy();
        await inBetween.close();
        await redis.stop();
      }
    });
  });
});
