import { rfc9111 } from '../../../lib/policy/presets';
import {
  type PolicySettings,
  type ReuseDecision,
  type StorageVerdict,
  type StoredParts,
  type StoredResponseHead,
} from '../../../lib/policy/messages';
import { HEADER_ONLY, receivedParts } from '../../../lib/policy/partial-content';
import { judgeRequest } from '../../../lib/policy/request-verdict';
import { decideReuse } from '../../../lib/policy/reuse-decision';
import { responseDirectives } from '../../../lib/policy/stale-serving';
import { judgeStorability } from '../../../lib/policy/storability';
import { storableFields, withoutListedFields } from '../../../lib/policy/stored-fields';
import { matchesNominated, nominate, nominatedFieldNames } from '../../../lib/policy/vary';
import { rfcSettings } from '../fixtures';
import { type Conversation } from './oracle';

/** What the library makes of a conversation. */
export interface LibraryAnswer {
  readonly verdict: StorageVerdict;
  /** Undefined where the first response was not stored. */
  readonly stored: StoredResponseHead | undefined;
  /** Undefined where the second request did not reach a decision. */
  readonly decision: ReuseDecision | undefined;
}

/** The settings of the preset by which headers alone decide. */
export const PRESET_SETTINGS: PolicySettings = rfcSettings({
  cacheControl: rfc9111.cacheControl,
  heuristicFraction: rfc9111.heuristicFraction,
  allowableCodes: new Set(rfc9111.allowableCodes),
  allowableMethods: new Set(rfc9111.allowableMethods),
});

/** Takes a conversation through the policy as `lib/cache` does: first request, its response, second request. */
export function askLibrary(conversation: Conversation, settings: PolicySettings): LibraryAnswer {
  const { firstRequest, secondRequest, askedAt: now } = conversation;
  const { mayWrite } = judgeRequest(firstRequest, settings);
  const verdict = judgeStorability({ ...conversation, request: firstRequest, settings });
  const { mayRead } = judgeRequest(secondRequest, settings);
  const stored = mayWrite && verdict.store ? storedHead(conversation, verdict, settings) : undefined;
  if (stored === undefined || !mayRead) return { verdict, stored, decision: undefined };
  // The method is part of the key.
  const isFound = stored.method === methodOfKey(secondRequest.method);
  const matches = matchesNominated(stored.nominated, secondRequest.headers, asItStands, stored.headers);
  const candidates = isFound ? [{ stored, matches }] : [];
  const decision = decideReuse({ request: secondRequest, candidates, settings, now });
  return { verdict, stored, decision };
}

/** As `ResponseWriter` and `PartKeeper` in lib/cache make it; undefined for a 206 whose bytes nobody can place. */
function storedHead(
  conversation: Conversation,
  { generatedAt, expiresAt, lifetimeSource }: Extract<StorageVerdict, { store: true }>,
  settings: PolicySettings,
): StoredResponseHead | undefined {
  const { firstRequest, response, requestSentAt, responseReceivedAt } = conversation;
  const names = nominatedFieldNames(response.headers);
  const storable = withoutListedFields(
    storableFields(response.headers),
    responseDirectives(response, settings),
  );
  const bodyBytes = 5;
  let parts: StoredParts | undefined;
  if (firstRequest.method === 'HEAD') parts = HEADER_ONLY;
  else if (response.status === 206) {
    parts = receivedParts(firstRequest, response, bodyBytes, true);
    if (parts === undefined) return undefined;
  }
  return {
    method: methodOfKey(firstRequest.method),
    status: response.status,
    headers: storable,
    nominated: Array.isArray(names) ? nominate(names, firstRequest.headers, asItStands) : undefined,
    requestSentAt,
    responseReceivedAt,
    createdAt: responseReceivedAt,
    generatedAt,
    expiresAt,
    lifetimeSource,
    bodyBytes,
    parts,
    isByteExact: true,
  };
}

/** Where header fields count, a HEAD shares the key of the GET. */
function methodOfKey(method: string): string {
  return method === 'HEAD' ? 'GET' : method;
}

const asItStands = (_name: string, value: string): string => value;
