import type { Answer } from '../cache/answer.js';
import type { ExchangeResult } from '../cache/exchange-result.js';
import { fieldsToReplay } from '../cache/fields-to-store.js';
import type { Network, NetworkResponse } from '../cache/network.js';
import { newStoredResponse } from '../cache/new-stored-response.js';
import { type Outcome, outcomeOf } from '../cache/outcome.js';
import type { PreparedRequest } from '../cache/prepared-request.js';
import type { RecordingMode, RequestRecorder } from '../cache/request-recorder.js';
import type { EffectiveSettings } from '../cache/settings.js';
import { fromRecordMeta, toRecord } from '../cache/stored-response.js';
import type { Clock } from '../clock.js';
import type { HeaderFields } from '../http/header-fields.js';
import { protectFieldValue } from '../key/redaction.js';
import type { KeyRequest } from '../key/request.js';
import type { RequestHead } from '../policy/messages.js';
import type { Backend, FoundRecord, StoredRecord } from '../storage/backend.js';
import type { GuardedBackend } from '../storage/guarded-backend.js';
import { identifyRecorded, type ShownRequest } from './recorded-request.js';
import { orderOf, type Recording, variantOf } from './recording-document.js';
import { replayMiss } from './replay-miss.js';
import { scrubbed, scrubbedData } from './scrubbing.js';

/** A recording and its body. */
interface Recorded {
  readonly recording: Recording;
  readonly record: FoundRecord;
}

/** A request that is recorded or replayed, and how many of the same there have been. */
interface Turn {
  readonly prepared: PreparedRequest;
  /** From 1. */
  readonly order: number;
}

/** Fields that are others each time, and say nothing: an answer that differs in them alone is recorded as it was. */
const VOLATILE_FIELDS: ReadonlySet<string> = new Set(['age', 'date']);
/** Of a body that the caller streams, no more is recorded. */
const MOST_STREAMED_BYTES = 64 * 1024 * 1024;

/** What the recorder works with. */
export interface RecorderParts {
  /** For looking up: its errors reach the caller, since there is nothing else to answer with. */
  readonly backend: Backend;
  /** For writing: a failure is told by an event, and the request goes on. */
  readonly storage: GuardedBackend;
  readonly clock: Clock;
  /** Where the recordings are, for messages. */
  readonly place: string;
}

/**
 * Records requests and replays them, for tests. Several answers to the same request are kept in their order; when there are no
 * more, the last one goes on answering.
 */
export class Recorder implements RequestRecorder {
  readonly mode: RecordingMode;
  readonly #parts: RecorderParts;
  /** How many requests of each key there have been. */
  readonly #turns = new Map<string, number>();
  /** By key: what was recorded before this recorder began to. */
  readonly #earlier = new Map<string, Promise<readonly Recorded[]>>();
  readonly #shown = new WeakMap<PreparedRequest, ShownRequest>();

  constructor(mode: RecordingMode, parts: RecorderParts) {
    this.mode = mode;
    this.#parts = parts;
  }

  prepare(head: RequestHead, keyRequest: KeyRequest, settings: EffectiveSettings): PreparedRequest {
    const { identity, shown } = identifyRecorded(keyRequest, settings.key, settings.customKey);
    const prepared: PreparedRequest = {
      head,
      keyRequest,
      identity,
      // What is replayed is the answer as it was: nothing is to be added or left out by its header fields.
      settings: { ...settings, policy: { ...settings.policy, cacheControl: false } },
      verdict: { mayRead: true, mayWrite: true, reason: undefined, fwd: undefined, rule: undefined },
      varyHeaders: head.headers,
      protect: (name, value) => protectFieldValue(name, value, settings.key),
    };
    this.#shown.set(prepared, shown);
    return prepared;
  }

  answer<R extends NetworkResponse>(
    prepared: PreparedRequest,
    network: Network<R>,
  ): Promise<ExchangeResult<R>> {
    const { key } = prepared.identity;
    // Before anything is waited for: the order is that of the calls.
    const order = (this.#turns.get(key) ?? 0) + 1;
    this.#turns.set(key, order);
    const turn = { prepared, order };
    switch (this.mode) {
      case 'record':
        return this.#record(turn, network);
      case 'replay':
        return this.#replayOrMiss(turn);
      case 'record-missing':
        return this.#replayOrRecord(turn, network);
    }
  }

  async #replayOrMiss<R extends NetworkResponse>(turn: Turn): Promise<ExchangeResult<R>> {
    const recorded = await this.#recorded(turn.prepared.identity.key);
    return this.#replay(turn, recorded) ?? this.#miss(turn);
  }

  async #replayOrRecord<R extends NetworkResponse>(
    turn: Turn,
    network: Network<R>,
  ): Promise<ExchangeResult<R>> {
    const { key } = turn.prepared.identity;
    // What has been recorded meanwhile does not count: the answers to come may be others.
    const earlier = this.#earlier.get(key) ?? this.#recorded(key);
    this.#earlier.set(key, earlier);
    return this.#replay<R>(turn, await earlier) ?? (await this.#record(turn, network));
  }

  #replay<R extends NetworkResponse>(
    { prepared, order }: Turn,
    recorded: readonly Recorded[],
  ): ExchangeResult<R> | undefined {
    const place = Math.min(order, recorded.length);
    const found = recorded[place - 1];
    if (found === undefined) return undefined;
    const { recording, record } = found;
    const { status, statusText, bodyShape, headers } = recording;
    const answer: Answer = {
      status,
      statusText,
      headers: fieldsToReplay(prepared.settings, headers),
      body: record.body as Uint8Array,
      bodyShape,
    };
    const reason = recorded.length === 1 ? 'replayed' : `replayed, ${place} of ${recorded.length}`;
    return {
      kind: 'stored',
      stored: recording,
      answer,
      outcome: this.#outcome(prepared, { rule: 'replayed', reason, fromCache: true, stored: recording }),
    };
  }

  async #miss({ prepared }: Turn): Promise<never> {
    const recorded = new Map<string, ShownRequest>();
    for await (const meta of this.#parts.backend.scan()) {
      const { request, method, url }: Recording = fromRecordMeta(meta).stored;
      recorded.set(meta.key, request.shown ?? { method, url, headers: request.headers, body: undefined });
    }
    const asked = this.#shown.get(prepared) as ShownRequest;
    throw replayMiss(asked, [...recorded.values()], this.#parts.place);
  }

  async #record<R extends NetworkResponse>(turn: Turn, network: Network<R>): Promise<ExchangeResult<R>> {
    const { prepared } = turn;
    const response = await network.send({ purpose: 'foreground' });
    const facts = { fwd: 'miss', fwdStatus: response.status } as const;
    if (response.live !== undefined) {
      const { live } = response;
      const afterwards = live.take(MOST_STREAMED_BYTES).then(async (whole) => {
        const kept =
          typeof whole === 'string' ? `its body was ${whole}` : await this.#keep(turn, response, whole);
        return this.#outcome(prepared, { ...facts, ...recordedFacts(kept) });
      });
      live.holdEnd(afterwards);
      const outcome = this.#outcome(prepared, {
        ...facts,
        rule: 'recorded',
        reason: 'its body is still coming',
      });
      return { kind: 'network', response, outcome, afterwards };
    }
    const kept =
      response.body === undefined
        ? 'its body is of a kind that cannot be stored'
        : await this.#keep(turn, response, response.body);
    return {
      kind: 'network',
      response,
      outcome: this.#outcome(prepared, { ...facts, ...recordedFacts(kept) }),
    };
  }

  /** @returns what was recorded, or why nothing was */
  async #keep(turn: Turn, response: NetworkResponse, body: Uint8Array): Promise<Recording | string> {
    const { storage } = this.#parts;
    const recording = this.#recordingOf(turn, response, body);
    const { key } = recording.stored;
    // The answers of before are another story: none of them may come after those of now.
    const earlier = this.#earlier.get(key) ?? this.#takeOut(key);
    this.#earlier.set(key, earlier);
    const before = (await earlier.catch((): readonly Recorded[] => []))[turn.order - 1];
    const same = before !== undefined && isSame(before, recording) ? before : undefined;
    const record: StoredRecord = same
      ? { ...same.record, body: same.record.body as Uint8Array }
      : toRecord(recording.stored, recording.body);
    const written = await storage.put(record);
    return written === true ? (same?.recording ?? recording.stored) : 'storage failed, or takes no more';
  }

  #recordingOf(
    { prepared, order }: Turn,
    response: NetworkResponse,
    body: Uint8Array,
  ): { readonly stored: Recording; readonly body: Uint8Array } {
    const now = this.#parts.clock.now();
    const clean = scrubbed({ headers: response.headers, body }, prepared.keyRequest, prepared.settings.key);
    const lifetime = {
      generatedAt: now,
      expiresAt: undefined,
      retainUntil: undefined,
      lifetimeSource: 'manual',
    } as const;
    const stored = newStoredResponse(
      prepared,
      { ...response, headers: clean.headers },
      clean.body,
      lifetime,
      now,
    );
    const clear = <T>(data: T): T => scrubbedData(data, prepared.keyRequest, prepared.settings.key);
    const shown = clear(this.#shown.get(prepared) as ShownRequest);
    const redirects = stored.redirects && { history: clear(stored.redirects.history), hops: [] };
    return {
      body: clean.body,
      stored: {
        ...stored,
        variant: variantOf(order),
        nominated: undefined,
        parts: undefined,
        adapterHeaders: undefined,
        request: { ...stored.request, headers: shown.headers, shown },
        finalUrl: clear(stored.finalUrl),
        redirects,
      },
    };
  }

  async #takeOut(key: string): Promise<readonly Recorded[]> {
    const recorded = await this.#recorded(key);
    if (recorded.length > 0) await this.#parts.storage.delete(key);
    return recorded;
  }

  /** All answers to one request, in their order. */
  async #recorded(key: string): Promise<readonly Recorded[]> {
    const { backend } = this.#parts;
    const found: Recorded[] = [];
    for (const record of await backend.get(key)) {
      const { stored } = fromRecordMeta(record);
      const body = record.body ?? (await backend.body(record));
      if (body !== undefined) found.push({ recording: stored, record: { ...record, body } });
    }
    return found.sort((a, b) => orderOf(a.recording.variant) - orderOf(b.recording.variant));
  }

  #outcome(
    { identity }: PreparedRequest,
    facts: Partial<Outcome> & Pick<Outcome, 'rule' | 'reason'>,
  ): Outcome {
    return outcomeOf(identity.key, this.#parts.clock.now(), facts);
  }
}

function recordedFacts(kept: Recording | string): Partial<Outcome> & Pick<Outcome, 'rule' | 'reason'> {
  if (typeof kept === 'string') return { rule: 'recorded', reason: `not recorded: ${kept}` };
  return { rule: 'recorded', reason: 'recorded', stored: kept, wasStored: true };
}

function isSame(
  before: Recorded,
  { stored, body }: { readonly stored: Recording; readonly body: Uint8Array },
): boolean {
  const { recording, record } = before;
  return (
    recording.status === stored.status &&
    recording.statusText === stored.statusText &&
    recording.finalUrl === stored.finalUrl &&
    Buffer.compare(record.body as Uint8Array, body) === 0 &&
    lasting(recording.headers) === lasting(stored.headers) &&
    JSON.stringify(recording.request.shown) === JSON.stringify(stored.request.shown)
  );
}

function lasting(headers: HeaderFields): string {
  return JSON.stringify(Object.entries(headers).filter(([name]) => !VOLATILE_FIELDS.has(name)));
}
