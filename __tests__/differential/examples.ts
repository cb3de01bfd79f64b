import { type Caller } from './caller.js';
import { type Case } from './cases.js';
import { type Resource } from './resource.js';

/** An example of a documented difference: what differs from a plain GET of some text, and who asks. */
interface Example {
  readonly resource?: Partial<Resource>;
  readonly callers: readonly [Partial<Caller>, ...Partial<Caller>[]];
  readonly session?: Case['session'];
  readonly isSentAgain?: boolean;
}

const HTTP = { adapter: 'http' } as const;
const FETCH = { adapter: 'fetch' } as const;
const HOP = { status: 302, location: 'relative', body: '' } as const;

function traits(...names: string[]): Pick<Caller, 'traits'> {
  return {
    traits: names.map((name) => {
      const space = name.indexOf(' ');
      return [name.slice(0, space), name.slice(space + 1)] as const;
    }),
  };
}

/** For each documented difference, by name, a case in which it shows itself. */
export const EXAMPLES: Readonly<Record<string, Example>> = {
  'response.cache': { callers: [{}] },
  'fields of the connection': { callers: [HTTP] },
  'Set-Cookie': { resource: { lines: [['Set-Cookie', 'a=1']] }, callers: [HTTP] },
  Age: { session: 'rfc9111', callers: [{}] },
  'the order of fields': { callers: [HTTP] },
  'no request': { callers: [{}] },
  'no redirects': { resource: { hops: [HOP] }, callers: [{ ...HTTP, ...traits('redirects watched') }] },
  'no upload': {
    callers: [{ ...HTTP, method: 'post', ...traits('body text', 'limits upload watched') }],
  },
  'the class of the request': { callers: [{}] },
  'the spelling of URLs': { callers: [{ ...FETCH, ...traits('params fragment') }] },
  'the redirects that another adapter saw': { resource: { hops: [HOP] }, callers: [FETCH, HTTP] },
  'the order of fields that another adapter shows': {
    resource: { lines: [['X-Multi', '1']] },
    callers: [HTTP, FETCH],
  },
  'Content-Encoding, which another adapter does not show': {
    resource: { coding: 'gzip' },
    callers: [HTTP, FETCH],
  },
  'what another adapter would not have sent': {
    callers: [
      { ...HTTP, ...traits('body text') },
      { ...FETCH, ...traits('body text') },
    ],
  },
  'the progress of a compressed body of unknown length': {
    resource: { coding: 'gzip', framing: 'chunked' },
    callers: [{ ...HTTP, ...traits('limits download watched') }],
  },
  'the header fields of a form': { callers: [{ ...HTTP, method: 'post', ...traits('body form data') }] },
  'the length of a form': {
    callers: [
      { ...HTTP, method: 'post', ...traits('body form data') },
      { ...HTTP, method: 'post', ...traits('body form data', 'limits maxBodyLength 3') },
    ],
  },
  'a function that gives bytes': { callers: [traits('function answers bytes')] },
  'a function that does not judge': {
    callers: [traits('statuses none but 404', 'function answers simply')],
  },
  'a function that gives a plain object of header fields': {
    callers: [traits('transforms changes the header', 'function answers simply')],
  },
  'a status that is judged twice': {
    resource: { status: 404 },
    callers: [{ ...HTTP, ...traits('statuses noted', 'function http beneath') }],
  },
  'a status that is judged too late': {
    callers: [{ ...HTTP, ...traits('statuses noted', 'limits maxContentLength 10') }],
  },
  'the order of the header of a form': {
    callers: [{ ...HTTP, method: 'post', ...traits('body form data') }],
    isSentAgain: true,
  },
  'the body of a response that must not have one': { resource: { status: 205 }, callers: [FETCH, HTTP] },
  'the progress of a stream that nobody gets': {
    callers: [{ ...FETCH, responseType: 'stream', ...traits('statuses throws', 'limits download watched') }],
  },
  'the class of a stream': {
    callers: [{ ...HTTP, responseType: 'stream', ...traits('transforms chain') }],
  },
  'a config without data': { callers: [{ ...FETCH, ...traits('odd broken scheme') }] },
  'errors of fetch in errors of axios': { resource: { status: 404 }, callers: [FETCH] },
  'limits that nobody kept': { callers: [FETCH, { ...FETCH, ...traits('limits maxContentLength 10') }] },
  'what the older fetch adapter would have done': {
    callers: [
      { ...HTTP, ...traits('auth in the URL') },
      { ...FETCH, ...traits('auth in the URL') },
    ],
  },
  'cookies that the older fetch adapter lost': {
    session: 'rfc9111',
    resource: {
      lines: [
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
      ],
    },
    callers: [HTTP, FETCH],
  },
  'a download of unknown length': {
    resource: { framing: 'chunked' },
    callers: [{ ...HTTP, ...traits('limits download watched') }],
  },
  'a download of more than its length': {
    resource: { coding: 'deflate', body: Buffer.alloc(300, 'x') },
    callers: [{ ...FETCH, ...traits('limits download watched') }],
  },
  'progress of nothing': {
    callers: [
      { ...FETCH, method: 'head' },
      { ...FETCH, method: 'head', ...traits('limits download watched') },
    ],
  },
  'members of the request': { callers: [FETCH] },
};

const RESOURCE: Resource = {
  status: 200,
  statusText: undefined,
  lines: [['Content-Type', 'text/plain']],
  kind: 'text',
  body: Buffer.from('Some text that is not short.'),
  coding: 'identity',
  framing: 'length',
  earlyHints: false,
  hops: [],
  fault: 'none',
};

/** The case of an example. */
export function exampleCase(difference: string, seed: number): Case {
  const example = EXAMPLES[difference];
  if (example === undefined) throw new Error(`There is no example of '${difference}'.`);
  const { resource, callers, session = 'memory', isSentAgain = false } = example;
  const lines = session === 'rfc9111' ? [['Cache-Control', 'max-age=3600'] as const] : [];
  return {
    name: `example-${seed}`,
    seed,
    resource: { ...RESOURCE, ...resource, lines: [...lines, ...(resource?.lines ?? RESOURCE.lines)] },
    callers: callers.map((caller) => ({
      method: 'get',
      adapter: undefined,
      responseType: undefined,
      traits: [],
      ...caller,
    })),
    session,
    isSentAgain,
    givesUp: 'never',
  };
}
