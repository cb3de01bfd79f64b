import { type AxiosRequestConfig } from 'axios';
import { type Context } from './context.js';

const STATUSES = [301, 302, 303, 307, 308];

/** Redirects that show secrets in all of their fields, and lead to URLs that do. */
export async function redirectWithSecrets(context: Context): Promise<void> {
  for (const status of context.some(STATUSES)) {
    for (const isAbsolute of [false, true]) await follow(context, status, isAbsolute);
    await follow(context, status, true, { method: 'POST', data: { password: context.secrets.of('posted') } });
  }
}

async function follow(
  context: Context,
  status: number,
  isAbsolute: boolean,
  config: AxiosRequestConfig = {},
): Promise<void> {
  const { secrets, origin } = context;
  const place = `redirect-${status}-${isAbsolute ? 'absolute' : 'relative'}`;
  const of = (part: string): string => secrets.of(`${place}-${part}`);
  const urlOf = (path: string, hop: string, userinfo = ''): string => {
    const query = `x=1&access_token=${of(`${hop}-query`)}&mine=${of(`${hop}-mine`)}&a[sig]=${of(`${hop}-deep`)}`;
    const fragment = `#/route?id_token=${of(`${hop}-fragment`)}`;
    return `${isAbsolute ? origin.url.replace('//', `//${userinfo}`) : ''}${path}?${query}${fragment}`;
  };
  const redirect = (to: string, hop: string) => () => ({
    status,
    headers: {
      location: to,
      'set-cookie': [`a=${of(`${hop}-cookie`)}`, `b=${of(`${hop}-cookie-2`)}`],
      'x-auth-token': of(`${hop}-echo`),
      'x-reply': of(`${hop}-listed`),
      'content-location': urlOf('/other', `${hop}-content`),
      link: `<${urlOf('/next', `${hop}-link`)}>; rel=next`,
      refresh: `0; url=${urlOf('/again', `${hop}-refresh`)}`,
      'x-final-url': `${origin.url}/b?token=${of(`${hop}-other`)}`,
      vary: 'Authorization, Cookie, X-Mine',
    },
  });
  const userinfo = `${of('user')}:${of('password')}@`;
  const last = context.path();
  const middle = context.path(redirect(urlOf(last, 'last', userinfo), 'second'));
  const first = context.path(redirect(urlOf(middle, 'middle'), 'first'));
  const headers = { 'x-mINE': of('header'), Cookie: of('cookie'), Authorization: of('authorization') };
  // Userinfo in a redirect is a credential that the first request did not have: not stored, so once with and once without.
  await context.http.request({ url: first, headers, ...config });
  const plainLast = context.path(redirect(urlOf(context.path(), 'third'), 'plain'));
  await context.store({
    url: `${plainLast}?mine=${of('asked-mine')}`,
    headers: { 'x-mINE': of('plain-header'), Cookie: of('plain-cookie') },
    ...config,
  });
}
