/**
 * Faults that a policy could have, planted in front of the real one: each shows it another conversation than the one that
 * takes place, so that it does not see what it would ignore.
 */
import { headerFields, type FieldValue } from '../../../lib/http/header-fields';
import { type Focus } from './fields';
import { type Conversation } from './oracle';

type Message = 'firstRequest' | 'response' | 'secondRequest';
/** What the policy gets to see of a conversation. */
type View = (conversation: Conversation) => Conversation;

/** The field without what `edit` makes undefined, and without the field where nothing is left. */
function edited(message: Message, name: string, edit: (line: string) => string | undefined): View {
  return (conversation) => {
    const seen = conversation[message];
    const entries = Object.entries(seen.headers).flatMap(([key, value]): [string, FieldValue][] => {
      if (key !== name) return [[key, value]];
      const lines = [value].flat().flatMap((line) => edit(line) ?? []);
      return lines.length === 0 ? [] : [[key, lines]];
    });
    return { ...conversation, [message]: { ...seen, headers: headerFields(entries) } };
  };
}

function without(message: Message, name: string): View {
  return edited(message, name, () => undefined);
}

/** `Cache-Control` with every member changed, at plain commas. */
function directives(message: Message, change: (member: string) => string): View {
  return edited(message, 'cache-control', (line) => line.split(',').map(change).join(','));
}

/** `Cache-Control` in which a directive has become an unknown one. */
function blindTo(message: Message, name: string): View {
  return directives(message, (member) =>
    member.replace(new RegExp(`^\\s*${name}(?=\\s*(=|$))`, 'i'), ' x-unknown'),
  );
}

function renamed(message: Message, from: string, to: string): View {
  return directives(message, (member) => member.replace(new RegExp(`^\\s*${from}(?==|$)`, 'i'), ` ${to}`));
}

function has(conversation: Conversation, message: Message, name: string): boolean {
  return Object.hasOwn(conversation[message].headers, name);
}

/** Title, the focus that shows it, and what is wrong. */
export const FAULTS: readonly (readonly [title: string, focus: Focus, view: View])[] = [
  ['ignores no-store of the response', 'cache-control', blindTo('response', 'no-store')],
  ['ignores no-cache of the response', 'cache-control', blindTo('response', 'no-cache')],
  ['ignores must-revalidate', 'cache-control', blindTo('response', 'must-revalidate')],
  ['ignores must-understand', 'cache-control', blindTo('response', 'must-understand')],
  ['takes s-maxage for max-age', 'cache-control', renamed('response', 's-maxage', 'max-age')],
  [
    'takes stale-if-error for stale-while-revalidate',
    'cache-control',
    renamed('response', 'stale-if-error', 'stale-while-revalidate'),
  ],
  [
    'takes immutable for an endless lifetime',
    'cache-control',
    renamed('response', 'immutable', 'max-age=99999999'),
  ],
  [
    'ignores a max-age that it cannot read',
    'times',
    directives('response', (member) => (/^\s*max-age=(?!\d+$)/i.test(member) ? 'x' : member)),
  ],
  [
    'reads what a number begins with',
    'cache-control',
    directives('response', (member) => member.replace(/^(\s*max-age=\d+).*/is, '$1')),
  ],
  [
    'reads negative numbers without their sign',
    'cache-control',
    directives('response', (member) => member.replace(/^(\s*max-age=)-/i, '$1')),
  ],
  [
    'takes the last of several lifetimes',
    'cache-control',
    edited('response', 'cache-control', (line) => line.split(',').reverse().join(',')),
  ],
  [
    'reads directives inside quoted strings',
    'cache-control',
    edited('response', 'cache-control', (line) => line.replace(/"/g, '')),
  ],
  [
    'reads only the first line',
    'cache-control',
    (seen) => {
      const [first = ''] = [seen.response.headers['cache-control'] ?? []].flat();
      return edited('response', 'cache-control', (line) => (line === first ? line : undefined))(seen);
    },
  ],
  [
    'is case-sensitive',
    'cache-control',
    directives('response', (member) => (member === member.toLowerCase() ? member : 'x')),
  ],
  [
    'prefers Expires to max-age',
    'times',
    (seen) => (has(seen, 'response', 'expires') ? blindTo('response', 'max-age')(seen) : seen),
  ],
  ['counts Expires from the reception', 'times', without('response', 'date')],
  [
    'ignores an Expires that it cannot read',
    'times',
    edited('response', 'expires', (line) =>
      /^\s*\w{3,9},? .*(GMT|\d{4})\s*$/i.test(line) ? line : undefined,
    ),
  ],
  [
    'takes any zone for GMT',
    'times',
    edited('response', 'expires', (line) => line.replace(/ (UTC|EST|\+0000)$/, ' GMT')),
  ],
  [
    'reads years of two digits as of this century',
    'times',
    edited('response', 'expires', (line) => line.replace(/^\w+, (\d\d)-(\w{3})-(\d\d) /, 'Mon, $1 $2 20$3 ')),
  ],
  ['ignores Age', 'times', without('response', 'age')],
  [
    'ignores the time that the response took',
    'times',
    (seen) => ({ ...seen, requestSentAt: seen.responseReceivedAt }),
  ],
  [
    'guesses a lifetime for every status',
    'cache-control',
    (seen) => ({ ...seen, response: { ...seen.response, status: 200 } }),
  ],
  ['guesses a lifetime beside Expires', 'times', without('response', 'expires')],
  [
    'takes a part for the whole',
    'request',
    (seen) =>
      seen.response.status === 206 ? { ...seen, response: { ...seen.response, status: 200 } } : seen,
  ],
  [
    'stores what must never be stored',
    'cache-control',
    (seen) =>
      [428, 429, 431, 511].includes(seen.response.status)
        ? { ...seen, response: { ...seen.response, status: 404 } }
        : seen,
  ],
  [
    'gives a GET what a HEAD brought',
    'request',
    (seen) => ({ ...seen, firstRequest: { ...seen.firstRequest, method: 'GET' } }),
  ],
  ['ignores no-store of the request', 'request', blindTo('firstRequest', 'no-store')],
  ['ignores no-cache of the request', 'request', blindTo('secondRequest', 'no-cache')],
  ['ignores Pragma', 'request', without('secondRequest', 'pragma')],
  ['ignores max-age of the request', 'request', blindTo('secondRequest', 'max-age')],
  ['ignores min-fresh', 'request', blindTo('secondRequest', 'min-fresh')],
  [
    'takes every max-stale for an endless one',
    'request',
    directives('secondRequest', (member) => member.replace(/^(\s*max-stale)=.*/is, '$1')),
  ],
  ['ignores Vary', 'vary', without('response', 'vary')],
  ['reads only the first member of Vary', 'vary', edited('response', 'vary', (line) => line.split(',')[0])],
  [
    'ignores a star among the members of Vary',
    'vary',
    edited('response', 'vary', (line) => line.replace(/\*/g, 'x-star')),
  ],
  [
    'takes an absent field for any',
    'vary',
    (seen) => ({
      ...seen,
      secondRequest: {
        ...seen.secondRequest,
        headers: { ...seen.firstRequest.headers, ...seen.secondRequest.headers },
      },
    }),
  ],
];
