import type { StaleWindow } from '../policy/messages.js';
import type { ExplainedKey, ExplainedResponse, Explanation } from './explanation.js';

const ACTIONS: Readonly<Record<Explanation['action'], string>> = {
  reuse: 'answered from storage',
  validate: 'the origin is asked whether what is stored is still good',
  complete: 'the origin is asked for what is missing of what is stored',
  forward: 'the origin is asked',
  'gateway-timeout': 'answered by 504, without asking the origin',
  bypass: 'passes by the cache',
};

/** An explanation in words, a line for each fact. */
export function explanationText(explanation: Explanation): string {
  const { action, rule, reason, key, stored, othersOfUrl } = explanation;
  const fields = Object.entries(explanation.conditionalFields);
  return [
    key === undefined ? [] : `${key.method} ${key.url}`,
    `${ACTIONS[action]}: ${reason} (${rule})`,
    explanation.background ? 'meanwhile, it is brought up to date in the background' : [],
    key === undefined ? [] : keyText(key),
    key === undefined ? [] : storageText(explanation),
    stored.flatMap((one, index) => responseText(one, index + 1)),
    othersOfUrl.map(
      ({ method, status, differsIn }) =>
        `also stored for this URL, and not found by this request: ${method}, ${status}; differs in ${differsIn.join(', ')}`,
    ),
    fields.length === 0 ? [] : `asked with ${fields.map(([name, value]) => `${name}: ${value}`).join('; ')}`,
    action !== 'bypass' && !explanation.mayWrite ? 'nothing would be written' : [],
  ]
    .flat()
    .join('\n');
}

function keyText({ key, isCustom, hasCredentials, hasBody, matchHeaders }: ExplainedKey): string {
  if (isCustom)
    return `key: ${key}, made by the user${hasCredentials ? "; the user's credentials count besides" : ''}`;
  const parts = ['method', 'URL'];
  if (hasCredentials) parts.push("the user's credentials");
  if (hasBody) parts.push('body');
  if (matchHeaders === true) parts.push('all header fields');
  else if (matchHeaders !== false) parts.push(`the header fields ${matchHeaders.join(', ')}`);
  return `key: ${key}, of ${parts.join(', ')}`;
}

function storageText({ backend, storageFailed, stored }: Explanation): string {
  if (storageFailed) return `storage: ${backend} could not be read`;
  return `storage: ${backend}, ${countText(stored.length)} under this key`;
}

function countText(count: number): string {
  if (count === 0) return 'nothing';
  return count === 1 ? 'one response' : `${count} responses`;
}

function responseText(one: ExplainedResponse, number: number): readonly string[] {
  const { status, bodyBytes, createdAt, nominated, lifetimeSeconds, ttlSeconds, etag, lastModified } = one;
  const facts = [
    `${status}, ${one.isPartial ? 'a part of ' : ''}${bodyBytes} bytes, stored ${createdAt.toISOString()}`,
    one.isChosen ? 'this is the one' : one.matches ? 'matches' : 'is for another request',
  ];
  const age = `age ${seconds(one.ageSeconds)}`;
  const freshness =
    lifetimeSeconds === undefined || ttlSeconds === undefined
      ? `${age}, never becomes stale (${one.lifetimeSource})`
      : `lifetime ${seconds(lifetimeSeconds)} (${one.lifetimeSource}) − ${age} = ${seconds(ttlSeconds)}: ${one.isFresh ? 'fresh' : 'stale'}`;
  const varies =
    nominated === undefined
      ? []
      : [
          `varies by ${Object.entries(nominated)
            .map(([name, value]) => `${name}: ${value ?? '(absent)'}`)
            .join('; ')}`,
        ];
  const validators = [
    etag === undefined ? [] : `ETag ${etag}`,
    lastModified === undefined ? [] : `Last-Modified ${lastModified}`,
  ].flat();
  return [
    `  ${number}. ${facts.join('; ')}`,
    `     ${freshness}`,
    `     if stale: on errors ${windowText(one.staleIfError)}, while it is refreshed ${windowText(one.staleWhileRevalidate)}${one.mustRevalidate ? ', but must-revalidate' : ''}`,
    `     ${validators.length === 0 ? 'no validator' : validators.join(', ')}${one.cacheControl === undefined ? '' : `; Cache-Control: ${one.cacheControl}`}`,
    ...varies.map((text) => `     ${text}`),
  ];
}

function windowText(window: StaleWindow): string {
  if (typeof window === 'number') return `for ${seconds(window)}`;
  return window ? 'without limit' : 'not used';
}

function seconds(value: number): string {
  return `${Math.round(value * 10) / 10} s`;
}
