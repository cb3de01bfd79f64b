import FormDataPackage from 'form-data';
import { type Context } from './context.js';

const METHODS = ['POST', 'PUT', 'QUERY'];

type Body = (secret: string) => { data: unknown; headers?: Record<string, string> };

const typed = (type: string, data: unknown): ReturnType<Body> => ({
  data,
  headers: { 'Content-Type': type },
});

const nested = (secret: string): object => ({
  mine: secret,
  list: [{ password: secret }, [{ deep: { access_token: { value: [secret] } } }]],
  variables: { input: { client_secret: secret } },
});

const BODIES: Readonly<Record<string, Body>> = {
  form: (secret) => ({ data: new URLSearchParams({ mine: secret, password: secret, x: '1' }) }),
  'form-text': (secret) => ({ data: `x=1&access_token=${secret}` }),
  'form-bare': (secret) => ({ data: secret }),
  json: (secret) => ({ data: nested(secret) }),
  'json-text': (secret) => typed('application/json', JSON.stringify(secret)),
  'vnd-json': (secret) => typed('application/vnd.api+json', JSON.stringify(nested(secret))),
  'text-json': (secret) => typed('text/json', JSON.stringify(nested(secret))),
  'json-untyped': (secret) => ({ data: JSON.stringify(nested(secret)) }),
  graphql: (secret) => ({
    data: { query: `mutation { login(password: "${secret}") { id } }`, variables: { token: secret } },
  }),
  xml: (secret) => typed('application/xml', `<login><password>${secret}</password></login>`),
  text: (secret) => typed('text/plain', secret),
  bytes: (secret) => typed('application/octet-stream', Buffer.from(secret)),
  multipart: (secret) => ({ data: aForm(secret) }),
  'multipart-bytes': (secret) => typed('multipart/form-data; boundary=B', aMultipart(secret)),
  'form-data': (secret) => {
    const form = new FormDataPackage();
    form.append('password', secret);
    form.append('upload', Buffer.from(secret), { filename: `${secret}.txt` });
    return { data: form };
  },
};

function aForm(secret: string): FormData {
  const form = new FormData();
  form.append('mine', secret);
  form.append('profile', new Blob([JSON.stringify(nested(secret))], { type: 'application/json' }));
  form.append('upload', new Blob([secret], { type: 'text/plain' }), `${secret}.txt`);
  form.append(secret, 'a name');
  return form;
}

function aMultipart(secret: string): Buffer {
  const part = (disposition: string): string =>
    `--B\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n${secret}\r\n`;
  return Buffer.from(`${part('name="password"')}${part(`name="x"; filename="${secret}"`)}--B--\r\n`);
}

/** Requests with secrets in their bodies, of every kind that there is. */
export async function sendBodies(context: Context): Promise<void> {
  const { secrets } = context;
  for (const [kind, body] of context.some(Object.entries(BODIES))) {
    for (const method of kind === 'json' || kind === 'form' ? METHODS : ['POST']) {
      const secret = secrets.of(`body-${kind}-${method}`);
      const { data } = body(secret);
      if (typeof data === 'string') secrets.in(data);
      await context.store(() => ({ method, ...body(secret) }));
    }
  }
  const below = context.wrap({ contentRootKey: 'data' });
  const data = { data: nested(secrets.of('in-root')), mine: secrets.of('beside-root') };
  await context.store({ method: 'POST', data }, below);
}
