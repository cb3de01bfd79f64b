import type { StoredResponse } from '../../cache/stored-response.js';
import type { FieldValue, HeaderFields } from '../../http/header-fields.js';
import { type CommonOptions, type DefineCommand, newCommand, withStoreOptions } from '../command-line.js';
import { decodedBody } from '../decoded-body.js';
import { CommandFailure } from '../failure.js';
import { type Found, named } from '../finding.js';
import { type Freshness, freshnessOf } from '../freshness.js';
import type { OpenedStore } from '../open-store.js';
import type { Output } from '../output.js';
import type { Runtime } from '../runtime.js';
import { shownMethod, tagsOf } from '../selection.js';
import { counted, isoTime, jsonLine, plain, roughBytes, roughDuration } from '../text.js';

interface ShowOptions extends CommonOptions {
  readonly body?: boolean | undefined;
  readonly variant?: string | undefined;
}

/** Longer names push their values aside. */
const WIDEST_NAME = 28;

/** More would run off the screen. */
const SHOWN_AT_MOST = 20;

/** `show`: all that is known of a response. */
export const defineShow: DefineCommand = (program, runtime) => {
  const command = newCommand(
    program,
    'show <store> <target>',
    'Shows responses by their key, its beginning, or a URL: header fields, freshness, request, redirects.',
    [
      'demo_cache.sqlite show 3f1c9a',
      'demo_cache.sqlite show https://api.example.com/users?page=2',
      'demo_cache.sqlite show 3f1c9a --body > users.json',
    ],
  );
  withStoreOptions(command)
    .option('--body', 'write the body to standard output, decoded, and nothing else')
    .option('--variant <variant>', 'of several variants under a key this one; the beginning is enough')
    .option('--json', 'a line of JSON for each')
    .action(async (store: string, target: string, options: ShowOptions) => {
      await runtime.withStore(store, options, (opened) => show(opened, target, options, runtime));
    });
};

async function show(
  store: OpenedStore,
  target: string,
  options: ShowOptions,
  runtime: Runtime,
): Promise<void> {
  const found: Found[] = [];
  let more = 0;
  await runtime.withProgress('Looking through', async (progress) => {
    let looked = 0;
    const onLook = (): void => progress.update((looked += 1));
    for await (const one of named(store, target, runtime.stop, { onLook })) {
      if (options.variant !== undefined && !one.stored.variant.startsWith(options.variant)) continue;
      if (found.length < SHOWN_AT_MOST) found.push(one);
      else more += 1;
    }
  });
  const [first] = found;
  if (first === undefined) throw new CommandFailure(`Nothing is stored for ${plain(target)}`);
  if (options.body === true) return writeBody(store, found, more, runtime);
  const now = runtime.clock.now();
  for (const [index, { stored }] of found.entries()) {
    if (options.json === true) await runtime.out.line(jsonLine(asJson(stored, now)));
    else {
      if (index > 0) await runtime.out.line();
      await describe(stored, now, runtime.out);
    }
  }
  if (more > 0) await runtime.notes.line(`${counted(more, 'further response')} left out.`);
}

async function writeBody(
  { records }: OpenedStore,
  found: readonly Found[],
  more: number,
  { out }: Runtime,
): Promise<void> {
  const [only] = found;
  if (only === undefined || found.length > 1) {
    const which = found
      .slice(0, 3)
      .map(
        ({ stored }) =>
          `${stored.key.slice(0, 12)}${stored.variant === '' ? '' : ` --variant ${stored.variant.slice(0, 12)}`}`,
      );
    throw new CommandFailure(
      `${counted(found.length + more, 'response')} match; name one by its key: ${which.join(', ')}${found.length > 3 ? ', …' : ''}`,
    );
  }
  const record = await records.read(only.meta);
  if (record === undefined) throw new CommandFailure('The body is damaged, or has gone meanwhile');
  await out.write(await decodedBody(only.stored, record.body));
}

function asJson(stored: StoredResponse, now: number): object {
  const { key, variant, resource, isCustomKey, url, status, statusText, headers, nominated } = stored;
  const freshness = freshnessOf(stored, now);
  return {
    key,
    variant,
    resource,
    isCustomKey,
    isPartitioned: stored.partition !== '',
    method: shownMethod(stored),
    url,
    status,
    statusText,
    headers,
    nominated: nominated ?? null,
    tags: tagsOf(stored),
    size: stored.bodyBytes,
    ranges: stored.parts?.spans ?? null,
    createdAt: isoTime(stored.createdAt),
    receivedAt: isoTime(stored.responseReceivedAt),
    freshness: {
      isFresh: freshness.isFresh,
      age: freshness.ageSeconds,
      lifetime: freshness.lifetimeSeconds ?? null,
      source: freshness.lifetimeSource,
      ttl: freshness.ttlSeconds ?? null,
      expiresAt: freshness.expiresAt === undefined ? null : isoTime(freshness.expiresAt),
      retainUntil: freshness.retainUntil === undefined ? null : isoTime(freshness.retainUntil),
      validators: freshness.validators,
      staleDirectives: freshness.staleDirectives,
    },
    request: { method: stored.request.method, headers: stored.request.headers },
    redirects: stored.redirects?.history ?? [],
    finalUrl: stored.finalUrl ?? null,
  };
}

async function describe(stored: StoredResponse, now: number, out: Output): Promise<void> {
  const { style } = out;
  const title = (text: string): Promise<void> => out.line(style.strong(text));
  const facts = async (all: readonly (readonly [string, string])[]): Promise<void> => {
    const width = Math.max(12, ...all.map(([name]) => Math.min(name.length, WIDEST_NAME)));
    for (const [name, value] of all) await out.line(`  ${plain(name).padEnd(width)}  ${plain(value)}`);
  };
  await title(plain(`${shownMethod(stored)} ${stored.url}`));
  await facts(identityOf(stored, now));
  await title('Freshness');
  await facts(freshnessFacts(freshnessOf(stored, now), now));
  await title('Request');
  await facts([['method', stored.request.method], ...fieldsOf(stored.request.headers)]);
  if (stored.redirects !== undefined) {
    await title('Redirects');
    await facts(
      stored.redirects.history.map(({ status, method, url }) => [String(status), `${method} ${url}`]),
    );
    if (stored.finalUrl !== undefined) await facts([['to', stored.finalUrl]]);
  }
  await title('Response');
  await facts(fieldsOf(stored.headers));
}

function identityOf(stored: StoredResponse, now: number): readonly (readonly [string, string])[] {
  const { nominated, variant, parts, createdAt } = stored;
  const tags = tagsOf(stored);
  const varies = Object.entries(nominated ?? {}).map(([name, value]) => `${name}: ${value ?? '(absent)'}`);
  return [
    ['key', `${stored.key}${stored.isCustomKey ? ' (of your own)' : ''}`],
    ...(variant === '' ? [] : [['variant', variant] as const]),
    ...(varies.length === 0 ? [] : [['varies by', varies.join(', ')] as const]),
    ['status', `${stored.status} ${stored.statusText}`.trim()],
    ['size', `${roughBytes(stored.bodyBytes)} (${counted(stored.bodyBytes, 'byte')})`],
    ...(parts === undefined ? [] : [['part', partText(parts)] as const]),
    ['stored', `${isoTime(createdAt)} (${roughDuration((now - createdAt) / 1000)} ago)`],
    ['for', stored.partition === '' ? 'everybody' : 'one user, told by credentials'],
    ...(tags.length === 0 ? [] : [['tags', tags.join(', ')] as const]),
  ];
}

function partText({ spans, completeLength }: NonNullable<StoredResponse['parts']>): string {
  if (spans.length === 0) return 'header fields only';
  const ranges = spans.map(({ first, last }) => `${first}-${last}`).join(', ');
  return `bytes ${ranges} of ${completeLength ?? 'an unknown number'}`;
}

function freshnessFacts(freshness: Freshness, now: number): readonly (readonly [string, string])[] {
  const { ageSeconds, lifetimeSeconds, lifetimeSource, ttlSeconds, expiresAt, retainUntil } = freshness;
  const lifetime =
    lifetimeSeconds === undefined
      ? `for ever, by ${lifetimeSource}`
      : `${inSeconds(lifetimeSeconds)} by ${lifetimeSource}, counted from ${isoTime(freshness.countsFrom)}`;
  const state =
    ttlSeconds === undefined
      ? 'fresh for ever'
      : ttlSeconds > 0
        ? `fresh for another ${inSeconds(ttlSeconds)}`
        : `stale for ${inSeconds(-ttlSeconds)}`;
  return [
    ['state', state],
    ['age', `${inSeconds(ageSeconds)} = now − ${isoTime(now - ageSeconds * 1000)}`],
    ['lifetime', lifetime],
    ['expires', expiresAt === undefined ? 'never' : isoTime(expiresAt)],
    ['validators', freshness.validators.join(', ') || 'none: what is stale is fetched anew'],
    ...(freshness.staleDirectives.length === 0
      ? []
      : [['when stale', freshness.staleDirectives.join(', ')] as const]),
    ['kept until', retainUntil === undefined ? 'deleted' : isoTime(retainUntil)],
  ];
}

function inSeconds(seconds: number): string {
  const exact = `${Math.round(seconds * 10) / 10} s`;
  return seconds < 120 ? exact : `${exact} (${roughDuration(seconds)})`;
}

function fieldsOf(fields: HeaderFields): readonly (readonly [string, string])[] {
  return Object.entries(fields).flatMap(([name, value]) =>
    linesOf(value).map((line) => [name, line] as const),
  );
}

function linesOf(value: FieldValue): readonly string[] {
  return typeof value === 'string' ? [value] : value;
}
