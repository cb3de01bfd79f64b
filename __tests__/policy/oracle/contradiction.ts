import { type PolicySettings } from '../../../lib/policy/messages';
import { type LibraryAnswer } from './library-answer';
import { judgeByRfc, judgeStorageByRfc, RULES, type Conversation, type Rule } from './oracle';

/** What no setting of the user's can allow while the response's header fields count. */
const ALWAYS: readonly Rule[] = [
  'the status is not final',
  'a 304 is not a response to store',
  'a part does not answer a request for more',
  'the definition of the status forbids storing',
  'must-understand, and nobody knows the status',
  'the response says no-store',
  'the first request says no-store',
  'Vary: *',
  'a nominated field differs',
  'the response says no-cache',
  'the second request says no-cache',
  'the second request says Pragma: no-cache',
  'older than the max-age of the second request',
  'its explicit lifetime is over, and it says must-revalidate',
];

/** The rules that hold with `cacheControl` and settings of the user's own. */
export function rulesBeside(settings: PolicySettings): readonly Rule[] {
  // Offline, `staleIfError` of the response counts.
  const permitsStale =
    settings.staleWhileRevalidate !== false || settings.staleIfError !== false || settings.onlyIfCached;
  // A lifetime of the user's is for responses that have none: one that the response gives wins.
  return RULES.filter(
    (rule) =>
      ALWAYS.includes(rule) ||
      (!permitsStale && rule === 'its explicit lifetime is over, and nobody permits stale responses'),
  );
}

/** What is wrong with the library's answer, in words; undefined: nothing. */
export function contradictionOf(
  conversation: Conversation,
  { verdict, decision }: LibraryAnswer,
  rules: readonly Rule[] = RULES,
): string | undefined {
  if (verdict.store) {
    for (const name of ['generatedAt', 'expiresAt', 'retainUntil'] as const) {
      const time = verdict[name];
      if (time !== undefined && !Number.isFinite(time)) return `${name} is ${time}`;
    }
    const storage = judgeStorageByRfc(conversation, rules);
    if (!storage.mayReuse) return `stored (${verdict.reason}), although: ${storage.rule}`;
  }
  if (decision?.action !== 'reuse') return undefined;
  const judgement = judgeByRfc(conversation, rules);
  return judgement.mayReuse ? undefined : `reused (${decision.reason}), although: ${judgement.rule}`;
}
