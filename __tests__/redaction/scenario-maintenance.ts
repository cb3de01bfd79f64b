import axios from 'axios';
import { inspect } from 'node:util';
import { initBackend, installCache, uninstallCache } from '../../lib/index.js';
import { type Context, LISTED } from './context.js';

/** What of maintenance writes, the installed cache, and what goes wrong. */
export async function maintainWithSecrets(context: Context): Promise<void> {
  await saveByHand(context);
  const http = context.http;
  await http.cache.resetExpiration('1h');
  await http.cache.recreateKeys();
  await copyFromElsewhere(context);
  await install(context);
  await fail(context);
}

async function saveByHand(context: Context): Promise<void> {
  const { secrets, origin } = context;
  const http = context.http;
  for (const key of [undefined, 'saved under a key']) {
    const of = (part: string): string => secrets.of(`saved-${key === undefined ? 'so' : 'as'}-${part}`);
    const config = {
      url: `${origin.url.replace('//', `//u:${of('userinfo')}@`)}${context.path()}?token=${of('query')}`,
      method: 'post',
      headers: { Authorization: of('header'), 'X-Mine': of('mine') },
      data: { password: of('body') },
    };
    const headers = {
      'x-auth-token': of('echoed'),
      'X-REPLY': of('listed'),
      location: `/a?token=${of('location')}`,
      'set-cookie': [of('cookie')],
    };
    await http.cache.saveResponse({ config, headers, status: 200, statusText: 'OK', data: 'fine' }, { key });
  }
}

/** The other cache does not know what is secret here. */
async function copyFromElsewhere(context: Context): Promise<void> {
  const { secrets } = context;
  const backend = initBackend('elsewhere', 'memory');
  const other = context.wrap({ backend, ignoredParameters: [] });
  const reply = () => ({
    headers: { 'x-reply': secrets.of('copied-reply'), vary: 'X-Mine', 'x-plain': 'yes' },
  });
  const asked = (place: string) => ({
    params: { mine: secrets.of(`copied-${place}-query`) },
    headers: {
      'X-Mine': secrets.of(`copied-${place}-header`),
      Referer: `http://a.test/?mine=${secrets.of(`copied-${place}-referer`)}`,
    },
  });
  await context.store({ url: context.path(reply), ...asked('plain') }, other);
  const target = context.path(reply);
  const location = `${target}?mine=${secrets.of('copied-location')}`;
  const headers = { location, 'x-reply': secrets.of('copied-redirect'), vary: 'X-Mine' };
  await context.store({ url: context.path(() => ({ status: 302, headers })), ...asked('redirected') }, other);
  const http = context.http;
  await http.cache.update(other.cache);
  await http.cache.update(backend);
  await backend.close();
}

async function install(context: Context): Promise<void> {
  const { secrets, backend, clock, origin } = context;
  installCache({ backend, clock, autoclose: false, ignoredParameters: LISTED });
  try {
    const headers = { Authorization: secrets.of('installed'), 'X-Mine': secrets.of('installed-mine') };
    const response = await axios.get(
      `${origin.url}${context.path()}?token=${secrets.of('installed-query')}`,
      { headers },
    );
    if (!response.cache.stored) throw new Error('Not stored by the installed cache.');
  } finally {
    await uninstallCache();
  }
}

/** Storage that fails: its events tell of records, and must not tell secrets. */
async function fail(context: Context): Promise<void> {
  const { secrets } = context;
  const refusing = new Proxy(initBackend('failing', 'memory'), {
    get(backend, name, receiver) {
      const member: unknown = Reflect.get(backend, name, receiver);
      if (typeof member !== 'function') return member;
      const call = member.bind(backend) as (...given: unknown[]) => unknown;
      return name === 'put' ? () => Promise.reject(new Error('The disk is full.')) : call;
    },
  });
  const http = context.wrap({
    backend: refusing,
    keyFn: () => {
      throw new Error('No key.');
    },
  });
  const keyed = context.wrap({ backend: refusing });
  for (const [index, instance] of [http, keyed].entries()) {
    for (const name of ['backendError', 'callbackError', 'backgroundError', 'recordRejected'] as const) {
      instance.cache.on(name, (event) => {
        context.told.push(inspect(event, { depth: 10, showHidden: true }));
      });
    }
    const headers = {
      Authorization: secrets.of(`failed-${index}`),
      'X-Mine': secrets.of(`failed-mine-${index}`),
    };
    await instance.get(`${context.path()}?token=${secrets.of(`failed-query-${index}`)}`, { headers });
  }
}
