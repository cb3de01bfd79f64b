import { type Alias, isPointer, linkOf, pointerRecord } from '../cache/redirect-pointers.js';
import { dropPointers, findAlias, type RecordAccess } from '../cache/redirect-records.js';
import type { StoredHop, StoredRedirects } from '../cache/stored-redirects.js';
import type { StoredResponse } from '../cache/stored-response.js';
import { recreateKey, resourceOf } from '../key/cache-key.js';
import type { KeySettings } from '../key/request.js';
import { variantKey } from '../key/variant-key.js';
import { redactedRequest } from './recreate-key.js';

/** A response at the place that other settings give it, with the pointers to it. */
export interface Recreated {
  readonly wanted: StoredResponse;
  readonly aliases: readonly { readonly alias: Alias; readonly resource: string }[];
}

/**
 * Brings what is kept of redirects to where the settings of the key want it.
 * @param wanted what becomes of the response itself
 */
export async function recreatedRedirects(
  access: RecordAccess,
  stored: StoredResponse,
  wanted: StoredResponse,
  settings: KeySettings,
): Promise<Recreated> {
  const { redirects } = stored;
  if (redirects === undefined) return { wanted, aliases: [] };
  const hops: StoredHop[] = [];
  const aliases: { alias: Alias; resource: string }[] = [];
  for (const hop of redirects.hops) {
    const resource = resourceOfHop(stored, redirects, hop, settings);
    const found = await findAlias(access, stored, hop);
    const alias = found && recreatedAlias(found.alias, wanted, settings);
    if (alias !== undefined) aliases.push({ alias, resource });
    // What something else has taken the place of is named still: nothing is found by it.
    hops.push({ ...hop, resource, alias: alias ? { key: alias.key, variant: alias.variant } : hop.alias });
  }
  const { history } = wanted.redirects ?? redirects;
  return { wanted: { ...wanted, redirects: { history, hops } }, aliases };
}

/** Puts the pointers in place of those that there were. */
export async function movePointers(
  access: RecordAccess,
  from: StoredResponse,
  { wanted, aliases }: Recreated,
): Promise<void> {
  await dropPointers(access, from, wanted);
  for (const { resource } of wanted.redirects?.hops ?? []) {
    await access.put(pointerRecord(linkOf(wanted, resource), resource, wanted));
  }
  for (const { alias, resource } of aliases) {
    const present = ((await access.get(alias.key)) ?? []).find(({ variant }) => variant === alias.variant);
    if (present === undefined || isPointer(present)) await access.put(pointerRecord(alias, resource, wanted));
  }
}

function recreatedAlias(alias: Alias, { key, variant }: StoredResponse, settings: KeySettings): Alias {
  const { request, url, partition } = alias;
  const address = recreateKey({ ...request, url, partition }, settings);
  const redacted = redactedRequest(alias, settings);
  return {
    ...redacted,
    key: address.key,
    partition: address.partition,
    variant: variantKey(redacted.nominated, ''),
    target: { key, variant },
  };
}

/** Of the URL as it is known: redacted. */
function resourceOfHop(
  { finalUrl, url }: StoredResponse,
  { history }: StoredRedirects,
  { hop }: StoredHop,
  settings: KeySettings,
): string {
  return resourceOf(history[hop]?.url ?? finalUrl ?? url, settings);
}
