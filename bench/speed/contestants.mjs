// Who takes part in a run: this library by all its backends, and the rivals that could be installed.
import { oursImmutable, oursLocal, oursOn } from './subjects/ours.mjs';
import { installRequestsCache, NoPython, requestsCache } from './subjects/requests-cache.mjs';
import { got, installRivals, interceptorCloned, interceptorUncloned, undici } from './subjects/rivals.mjs';

/**
 * Installs what is to be installed.
 * @param {{ rivals: 'all' | 'none', servers: readonly { backend: string, url: string, title: string }[], note: (text: string) => void }} how
 */
export async function prepareContestants({ rivals: wanted, servers, note }) {
  const hasRivals = wanted !== 'none';
  const versions = hasRivals ? await installRivals() : {};
  const python = hasRivals ? await pythonOr(note) : undefined;
  if (python !== undefined) {
    const subject = await requestsCache(python);
    const { sqlite, ...others } = subject.versions;
    Object.assign(versions, others, { 'sqlite of python': sqlite });
    await subject.close();
  }
  const trial = oursImmutable();
  if (trial === undefined) note('immutableData is not available: this release has no such option');
  await trial?.close();

  const rivals = async () =>
    hasRivals ? Promise.all([interceptorUncloned(), interceptorCloned(), undici(), got()]) : [];
  const networked = async () => servers.map((server) => oursOn(server));
  const immutable = () => [oursImmutable()].filter((subject) => subject !== undefined);
  const inPython = async () => (python === undefined ? [] : [await requestsCache(python)]);
  return {
    hasRivals,
    versions,
    local: oursLocal,
    networked,
    rivals,
    everybody: async () => [
      ...oursLocal(),
      ...immutable(),
      ...(await networked()),
      ...(await rivals()),
      ...(await inPython()),
    ],
  };
}

async function pythonOr(note) {
  try {
    return await installRequestsCache();
  } catch (error) {
    if (!(error instanceof NoPython)) throw error;
    note(`requests-cache is left out: ${error.message}`);
    return undefined;
  }
}
