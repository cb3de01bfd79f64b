import {
  availableKinds,
  isRequired,
  type KindName,
  type ServerFamily,
  type ServerKind,
  startableKinds,
  whyNone,
} from './kinds.js';
import { type SharedServer, sharedServer } from './shared.js';

const START_LIMIT_MS = 180_000;

/**
 * Defines a block of tests for every server of a family that there is on this machine. It is shared by the whole run: use
 * names of your own in it (prefixes, databases, tables), and delete only those.
 *
 * @param body is given a function that tells where the server is; it works in hooks and tests, not while they are declared
 * @param only where this machine has that one, no other is tested: for tests that take long, and that all servers would pass
 */
export function describeServers(
  family: ServerFamily,
  body: (server: () => SharedServer, kind: ServerKind) => void,
  only?: KindName,
): void {
  const available = availableKinds(family);
  const chosen = available.filter(({ name }) => name === only);
  const kinds = chosen.length === 0 ? available : chosen;
  if (kinds.length === 0) tellThatNotTested(family);
  for (const kind of kinds) {
    describe(`on ${kind.title}`, () => {
      let server: SharedServer | undefined;
      beforeAll(async () => {
        server = await sharedServer(kind);
      }, START_LIMIT_MS);
      body(() => {
        if (server === undefined)
          throw new Error('Servers are started before the tests, not before they are declared.');
        return server;
      }, kind);
    });
  }
}

/**
 * Defines a block of tests for every kind of server that tests can start, stop, pause and kill for themselves. Starts
 * nothing: the tests do, by `startMongo({ kind })` and the like, and stop what they have started.
 */
export function describeOwnServers(family: ServerFamily, body: (kind: KindName) => void): void {
  const kinds = startableKinds(family);
  if (kinds.length === 0) tellThatNotTested(family);
  for (const { title, name } of kinds) describe(`with ${title}`, () => body(name));
}

/** Loudly, and as a failure where the backend is required. */
function tellThatNotTested(family: ServerFamily): void {
  const title = `${family} is NOT TESTED: there is no server (${whyNone(family)})`;
  process.stderr.write(`\n${title}\n`);
  if (isRequired(family)) {
    it(title, () => {
      throw new Error(title);
    });
  } else {
    it.skip(title, () => undefined);
  }
}
