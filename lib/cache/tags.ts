import { InvalidOptionError } from '../errors.js';
import type { FilterableResponse, TagFunction } from './cache-options.js';

/** So many tags may be given at a time: by one option, or by one call of a function. */
export const MOST_TAGS_GIVEN = 64;
/** So many a stored response may have, from all that has stored and confirmed it. */
export const MOST_TAGS = 256;
/** In UTF-16 units. */
const LONGEST_TAG = 256;

const ACCEPTED = `at most ${MOST_TAGS_GIVEN} texts of 1 to ${LONGEST_TAG} characters`;

/** The tags that a request's response gets: those that are known, and functions that are asked. */
export interface TagSources {
  readonly names: readonly string[];
  readonly functions: readonly TagFunction[];
}

/** A tag. @throws InvalidOptionError (ERR_CACHE_INVALID_OPTION) */
export function expectTag(value: unknown, option: string): asserts value is string {
  if (isTag(value)) return;
  throw new InvalidOptionError(option, value, `a text of 1 to ${LONGEST_TAG} characters`);
}

/** A list of tags. @throws InvalidOptionError (ERR_CACHE_INVALID_OPTION) */
export function expectTags(value: unknown, option: string): asserts value is readonly string[] {
  if (!Array.isArray(value) || value.length > MOST_TAGS_GIVEN) {
    throw new InvalidOptionError(option, value, ACCEPTED);
  }
  // An index, since holes are to be found too.
  for (let index = 0; index < value.length; index += 1) expectTag(value[index], `${option}[${index}]`);
}

/** The option `tags`. @throws InvalidOptionError (ERR_CACHE_INVALID_OPTION) */
export function expectTagSource(value: unknown, option: string): void {
  if (typeof value === 'function') return;
  if (!Array.isArray(value)) {
    throw new InvalidOptionError(option, value, `${ACCEPTED}, or a function that gives them`);
  }
  expectTags(value, option);
}

function isTag(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= LONGEST_TAG;
}

/** The tags of the session, and those that a request adds. They have been checked. */
export function joinSources(
  base: TagSources | undefined,
  given: readonly string[] | TagFunction | undefined,
): TagSources | undefined {
  if (given === undefined || (given.length === 0 && typeof given !== 'function')) return base;
  const { names, functions } = base ?? { names: [], functions: [] };
  return typeof given === 'function'
    ? { names, functions: [...functions, given] }
    : { names: joinTags(names, given), functions };
}

/** Each once, in a fixed order. */
export function joinTags(some: readonly string[], others: readonly string[]): readonly string[] {
  return [...new Set([...some, ...others])].sort();
}

/**
 * All tags that a response gets by what is set for its request.
 * @throws whatever a function of the user's throws; InvalidOptionError (ERR_CACHE_INVALID_OPTION) where one gives something
 * else than tags
 */
export async function tagsFor(
  { names, functions }: TagSources,
  response: FilterableResponse,
): Promise<readonly string[]> {
  let tags = names;
  for (const ask of functions) {
    const given: unknown = await ask(response);
    if (given === undefined) continue;
    expectTags(given, 'what the function "tags" returned');
    tags = joinTags(tags, given);
  }
  return tags;
}
