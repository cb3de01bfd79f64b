import { ReplayMissError } from '../errors.js';
import { fieldValue } from '../http/header-fields.js';
import { decodedName } from '../key/percent-encoding.js';
import { splitUri } from '../key/target-uri.js';
import type { ShownRequest } from './recorded-request.js';

/** One way in which a recorded request is another than the one that is asked for. */
interface Difference {
  /** How much it says against the two being meant for the same. */
  readonly weight: number;
  readonly text: string;
}

const MOST_DIFFERENCES = 6;
const LONGEST_VALUE = 80;

/**
 * What to say when nothing is recorded for a request: the request, the recorded one that is most like it, and what is
 * different, in a few lines.
 * @param place where the recordings are, for people
 */
export function replayMiss(
  asked: ShownRequest,
  recorded: readonly ShownRequest[],
  place: string,
): ReplayMissError {
  const lines = [`No recording of ${asked.method} ${asked.url} in ${place}.`];
  const nearest = nearestTo(asked, recorded);
  if (nearest === undefined) {
    lines.push('Nothing is recorded there.');
  } else {
    const { method, url } = nearest.request;
    const count = recorded.length === 1 ? 'the only one' : `the nearest of ${recorded.length}`;
    lines.push(`Recorded is ${method} ${url} (${count}). The difference:`);
    const { differences } = nearest;
    for (const { text } of differences.slice(0, MOST_DIFFERENCES)) lines.push(`  ${text}`);
    if (differences.length > MOST_DIFFERENCES) {
      lines.push(`  and ${differences.length - MOST_DIFFERENCES} more`);
    }
    if (differences.length === 0)
      lines.push('  none that is shown: what differs is a condition, or was redacted');
  }
  lines.push("Record it with mode: 'record' or 'record-missing'.");
  return new ReplayMissError(lines.join('\n'), asked, nearest?.request);
}

function nearestTo(
  asked: ShownRequest,
  recorded: readonly ShownRequest[],
): { readonly request: ShownRequest; readonly differences: readonly Difference[] } | undefined {
  let nearest: { request: ShownRequest; differences: readonly Difference[]; weight: number } | undefined;
  // Of several that are as near, the same one each time, wherever they are stored.
  const ordered = [...recorded].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  for (const request of ordered) {
    const differences = differencesOf(request, asked);
    const weight = differences.reduce((sum, one) => sum + one.weight, 0);
    if (nearest === undefined || weight < nearest.weight) nearest = { request, differences, weight };
  }
  return nearest;
}

function differencesOf(recorded: ShownRequest, asked: ShownRequest): readonly Difference[] {
  return [
    ...(recorded.method === asked.method ? [] : [difference('method', recorded.method, asked.method, 4)]),
    ...urlDifferences(recorded.url, asked.url),
    ...headerDifferences(recorded, asked),
    ...bodyDifferences('body', recorded.body, asked.body),
  ];
}

function urlDifferences(recorded: string, asked: string): readonly Difference[] {
  if (recorded === asked) return [];
  const [left, right] = [splitUri(recorded), splitUri(asked)];
  const path =
    left.path === right.path
      ? []
      : [difference('URL', left.path, right.path, unlikeness(left.path, right.path))];
  const [old, now] = [parametersOf(left.query), parametersOf(right.query)];
  const query = [...new Set([...old.keys(), ...now.keys()])]
    .filter((name) => old.get(name) !== now.get(name))
    .map((name) => difference(`query ${name}`, old.get(name), now.get(name), 1));
  return [...path, ...query];
}

/** From 1 to 12: another host is worse than another last segment. */
function unlikeness(left: string, right: string): number {
  const [old, now] = [left.split('/'), right.split('/')];
  if (old[2] !== now[2]) return 12;
  const segments = Math.max(old.length, now.length);
  let different = 0;
  for (let index = 3; index < segments; index += 1) if (old[index] !== now[index]) different += 1;
  return 1 + (8 * different) / Math.max(1, segments - 3);
}

function parametersOf(query: string | undefined): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const text of query === undefined ? [] : query.split('&')) {
    const [encoded = '', ...rest] = text.split('=');
    const name = decodedName(encoded);
    const value = decodedName(rest.join('='));
    const earlier = parameters.get(name);
    parameters.set(name, earlier === undefined ? value : `${earlier}, ${value}`);
  }
  return parameters;
}

function headerDifferences(recorded: ShownRequest, asked: ShownRequest): readonly Difference[] {
  const names = [...new Set([...Object.keys(recorded.headers), ...Object.keys(asked.headers)])];
  return names.flatMap((name) => {
    const [old, now] = [fieldValue(recorded.headers, name), fieldValue(asked.headers, name)];
    return old === now ? [] : [difference(`header ${name}`, old, now, 0.5)];
  });
}

/** Member by member, where both are values; else where two texts part. */
function bodyDifferences(place: string, recorded: unknown, asked: unknown): readonly Difference[] {
  if (isValue(recorded) && isValue(asked) && Array.isArray(recorded) === Array.isArray(asked)) {
    const names = [...new Set([...Object.keys(recorded), ...Object.keys(asked)])];
    return names.flatMap((name) => {
      const inside = Array.isArray(asked) ? `${place}[${name}]` : `${place}.${name}`;
      return bodyDifferences(inside, recorded[name], asked[name]);
    });
  }
  if (Object.is(recorded, asked)) return [];
  if (
    typeof recorded === 'string' &&
    typeof asked === 'string' &&
    asked.length + recorded.length > LONGEST_VALUE
  ) {
    let at = 0;
    while (recorded[at] === asked[at]) at += 1;
    const from = Math.max(0, at - 20);
    return [difference(`${place} from character ${at + 1}`, recorded.slice(from), asked.slice(from), 1)];
  }
  return [difference(place, recorded, asked, 1)];
}

function isValue(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function difference(what: string, recorded: unknown, asked: unknown, weight: number): Difference {
  return { weight, text: `${what}: recorded ${shownValue(recorded)}, asked ${shownValue(asked)}` };
}

function shownValue(value: unknown): string {
  if (value === undefined) return 'without';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE - 1)}…` : text;
}
