/**
 * Generators of conversations whose header fields are as nasty as servers and attackers make them, and still sane often
 * enough that responses get stored and reused. What a test is about (`Focus`) is mostly nasty, the rest mostly sane.
 */
import fc from 'fast-check';
import { headerFields } from '../../../lib/http/header-fields';
import { type Lifetime, type PolicySettings } from '../../../lib/policy/messages';
import { NOW, URL_A } from '../fixtures';
import { seconds } from './directives';
import {
  NEGOTIATED,
  negotiation,
  offsets,
  RANGES,
  requestFields,
  responseFields,
  type Focus,
} from './fields';
import { type Conversation } from './oracle';

const STATUSES = fc.oneof(
  { weight: 12, arbitrary: fc.constant(200) },
  { weight: 4, arbitrary: fc.constantFrom(203, 204, 300, 301, 308, 404, 405, 410, 414, 501) },
  {
    weight: 4,
    arbitrary: fc.constantFrom(201, 202, 299, 302, 304, 307, 400, 418, 428, 429, 431, 500, 503, 511),
  },
  { weight: 1, arbitrary: fc.constant(206) },
  { weight: 1, arbitrary: fc.integer({ min: 100, max: 999 }) },
);

const METHODS = fc.oneof(
  { weight: 30, arbitrary: fc.constant('GET') },
  { weight: 4, arbitrary: fc.constant('HEAD') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PATCH', 'QUERY', 'FOO'),
  },
);

function withPresentLines(
  ...sources: readonly Readonly<Record<string, readonly string[]>>[]
): Conversation['response']['headers'] {
  const present = sources.flatMap((lines) => Object.entries(lines)).filter(([, lines]) => lines.length > 0);
  return headerFields(present.map(([name, lines]) => [name, lines.length === 1 ? lines.join('') : lines]));
}

const ranges = fc.constantFrom(...RANGES.map((range) => [range]), []);

/** Conversations in which what is in focus is nasty. */
export function conversations(focus: Focus): fc.Arbitrary<Conversation> {
  const isRequest = focus === 'request' || focus === 'everything';
  const isVary = focus === 'vary' || focus === 'everything';
  const isTimes = focus === 'times' || focus === 'everything';
  const delayMs = fc.oneof(
    { weight: 6, arbitrary: fc.constant(0) },
    fc.constantFrom(1000, 5000, 499, 60_000, -2000),
  );
  const pauseSeconds = isTimes
    ? fc.oneof({ weight: 8, arbitrary: seconds }, fc.constantFrom(-10, -1, 0.5, 10.001, 31_536_000, 3e9))
    : fc.oneof({ weight: 30, arbitrary: seconds }, fc.constantFrom(-1, 0.5));
  return fc
    .record({
      methods: fc.tuple(METHODS, METHODS, fc.boolean()),
      first: requestFields(false),
      second: requestFields(isRequest),
      negotiated: negotiation(isVary),
      renegotiated: fc.option(negotiation(isVary), { freq: 2 }),
      changed: fc.option(fc.constantFrom(...NEGOTIATED), { freq: 1 }),
      status: STATUSES,
      ranges: fc.tuple(ranges, ranges),
      headers: responseFields(focus),
      delayMs,
      pauseSeconds,
    })
    .map(
      ({
        methods,
        first,
        second,
        negotiated,
        renegotiated,
        changed,
        ranges: [range, otherRange],
        ...rest
      }) => {
        const [method, other, isSameMethod] = methods;
        const again = renegotiated ?? negotiated;
        // Mostly one field differs at most, so that requests with all kinds of `Vary` match.
        const fields = changed === null ? again : { ...negotiated, [changed]: again[changed] ?? [] };
        const isPart = rest.status === 206;
        const responseReceivedAt = NOW + rest.delayMs;
        return {
          firstRequest: {
            method,
            url: URL_A,
            headers: withPresentLines(negotiated, first, isPart ? { range } : {}),
          },
          requestSentAt: NOW,
          response: { status: rest.status, headers: withPresentLines(rest.headers) },
          responseReceivedAt,
          secondRequest: {
            method: isSameMethod ? method : other,
            url: URL_A,
            headers: withPresentLines(fields, second, isPart ? { range: otherRange } : {}),
          },
          askedAt: responseReceivedAt + rest.pauseSeconds * 1000,
        };
      },
    );
}

const lifetimes: fc.Arbitrary<Lifetime> = fc.oneof(
  fc.constant({ kind: 'never-expire' } as const),
  fc.constant({ kind: 'do-not-cache' } as const),
  seconds.map((after) => ({ kind: 'after', seconds: after }) as const),
  offsets.map((offset) => ({ kind: 'at', epochMs: NOW + offset * 1000 }) as const),
);
const windows = fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, fc.constant(true), seconds);
const rarely = fc.constantFrom(true, false, false, false, false, false, false, false);

/** Lifetimes, windows and methods of the user's own: to be set beside `cacheControl`. */
export const userSettings: fc.Arbitrary<Partial<PolicySettings>> = fc.record({
  heuristicFraction: fc.constantFrom(0, 0.1, 1),
  allowableMethods: fc.constantFrom(new Set(['GET', 'HEAD']), new Set(['GET', 'HEAD', 'POST', 'PUT', 'FOO'])),
  alwaysRevalidate: rarely,
  staleIfError: windows,
  staleIfErrorForced: fc.boolean(),
  staleWhileRevalidate: windows,
  staleWhileRevalidateForced: fc.boolean(),
  onlyIfCached: rarely,
  readOnly: rarely,
  disabled: rarely,
  refresh: rarely,
  forceRefresh: rarely,
  requestLifetime: fc.option(lifetimes, { nil: undefined, freq: 2 }),
  patternLifetime: fc.option(lifetimes, { nil: undefined, freq: 2 }),
  sessionLifetime: lifetimes,
});
