import { createHash } from 'node:crypto';
import { LUA_MAGIC } from './envelope.js';

/**
 * A script that Redis runs as one step, so that readers see what was before or what is after. All keys that it touches are
 * declared and lie in one slot.
 */
export interface Script {
  readonly text: string;
  /** Its name for `EVALSHA`. */
  readonly sha: string;
}

/** The scripts of one layout. */
export interface Scripts {
  /**
   * KEYS: as the layout says; then where the entries of the index are, if they are to be written; then where the new envelope
   * waits, if it does. ARGV: id, TTL offset or '', envelope of one record (its table is enough if the whole waits), its
   * variant, a new name for its body, a new name for the body of the record that is there; then {@link INDEX}'s. → 1, or the
   * tags of the record that was replaced
   */
  readonly put: Script;
  /**
   * KEYS: as the layout says; then those of the index. ARGV: id, TTL offset, cache key, variant, record without body, 1 if a
   * head is expected, that head, the most bytes that the body may have, tags; then {@link INDEX}'s. → 0; or 1, or the tags that
   * the record had before; or what `remove` answers where it was too large
   */
  readonly replaceHead: Script;
  /**
   * ARGV: id, TTL offset, cache key or '' for any, what ('all', 'variant', 'resource', 'tag' or 'expired'), its value, the most
   * that may go. → variant, resource and tags of each that went, one after the other
   */
  readonly remove: Script;
}

/** Bodies up to this size stay in the envelope when a key has several variants. */
const INLINE_BODY_BYTES = 2048;

/** How a record is read and written in each layout. `id` and `ttl` are the first two arguments. */
const STRING_ACCESS = `
local id, ttl = ARGV[1], ARGV[2]
local function read(from, to)
  local value
  if to then value = redis.pcall('GETRANGE', KEYS[1], from, to) else value = redis.pcall('GET', KEYS[1]) end
  if type(value) == 'string' then return value end
  return ''
end
local function expire(key, at)
  if at then redis.call('PEXPIREAT', key, at) else redis.call('PERSIST', key) end
end
local function write(value, at)
  redis.call('SET', KEYS[1], value)
  if at then redis.call('PEXPIREAT', KEYS[1], at) end
end
local function take(from, at)
  redis.call('RENAME', from, KEYS[1])
  expire(KEYS[1], at)
end
local function isThere(key) return redis.call('EXISTS', key) == 1 end
local function takeOut(from) return redis.call('GET', from) end
local function drop() redis.call('DEL', KEYS[1]) end
local function bodyOf(name)
  local value = redis.pcall('HGET', KEYS[2], name)
  if type(value) == 'string' then return value end
end
local function putBody(name, value)
  if type(redis.pcall('HLEN', KEYS[2])) ~= 'number' then redis.call('DEL', KEYS[2]) end
  redis.call('HSET', KEYS[2], name, value)
end
local function dropBody(name) redis.pcall('HDEL', KEYS[2], name) end
local function dropBodies() redis.call('DEL', KEYS[2]) end
local function expireBodies(at) expire(KEYS[2], at) end
`;

const HASH_ACCESS = `
local id, ttl = ARGV[1], ''
local function read(from, to) return redis.call('HGET', KEYS[1], id) or '' end
local function write(value) redis.call('HSET', KEYS[1], id, value) end
local function take() end
local function isThere() end
local function takeOut() end
local function drop() redis.call('HDEL', KEYS[1], id) end
local function bodyOf(name) return redis.call('HGET', KEYS[1], id .. '|' .. name) or nil end
local function putBody(name, value) redis.call('HSET', KEYS[1], id .. '|' .. name, value) end
local function dropBody(name) redis.call('HDEL', KEYS[1], id .. '|' .. name) end
local function dropBodies() end
local function expireBodies() end
`;

/**
 * Writes entries of the index. Its arguments, from one on: position of the first of its keys or 0, deadline or '', its member;
 * then position of what waits or 0; then, where there are any, how many tags: their keys come behind that of the deadlines.
 */
const INDEX = `
local function note(from)
  local at = tonumber(ARGV[from])
  if at == 0 then return end
  redis.call('SADD', KEYS[at], id)
  if ARGV[from + 1] ~= '' then redis.call('ZADD', KEYS[at + 1], ARGV[from + 1], ARGV[from + 2]) end
  for tag = 1, tonumber(ARGV[from + 4] or '0') do redis.call('SADD', KEYS[at + 1 + tag], id) end
end
`;

/** See envelope.ts for the format. */
const BASICS = `
local MAGIC, FIXED = '${LUA_MAGIC}', 52
local function u32(s, at) return (struct.unpack('>I4', s, at)) end
local function f64(s, at) return (struct.unpack('>d', s, at)) end
-- The name of a body, and the tags behind it.
local function split(name)
  local bar = string.find(name, '|', 1, true)
  if bar == nil then return name, '' end
  return string.sub(name, 1, bar - 1), string.sub(name, bar)
end
-- When Redis may delete all of them; nothing: never.
local function deadline(entries)
  if ttl == '' then return nil end
  local last = -1/0
  for _, entry in ipairs(entries) do
    if entry.retain ~= entry.retain then return nil end
    if entry.retain > last then last = entry.retain end
  end
  local at = math.ceil(last + tonumber(ttl))
  if at > 8.64e15 then return nil end
  if at < 1 then at = 1 end
  return string.format('%.0f', at)
end
`;

/** Reading and writing envelopes. */
const ENVELOPE = `
-- The records and the cache key; nothing when this is no whole envelope.
local function decode(s)
  if #s < 16 or string.sub(s, 1, 4) ~= MAGIC then return nil end
  local stop, keyBytes = 16 + u32(s, 5), u32(s, 13)
  if stop > #s or 16 + keyBytes > stop then return nil end
  local entries, at, bodyAt = {}, 17 + keyBytes, stop + 1
  for i = 1, u32(s, 9) do
    if at + FIXED - 1 > stop then return nil end
    local size = u32(s, at)
    local variantAt = at + FIXED
    local resourceAt = variantAt + u32(s, at + 36)
    local headAt = resourceAt + u32(s, at + 40)
    local nameAt = headAt + u32(s, at + 44)
    if nameAt + u32(s, at + 48) ~= at + size or at + size - 1 > stop then return nil end
    local entry = {
      meta = string.sub(s, at, nameAt - 1), bodyBytes = f64(s, at + 28), retain = f64(s, at + 20),
      variant = string.sub(s, variantAt, resourceAt - 1), resource = string.sub(s, resourceAt, headAt - 1),
      head = string.sub(s, headAt, nameAt - 1),
    }
    entry.name, entry.tags = split(string.sub(s, nameAt, at + size - 1))
    if not (entry.bodyBytes >= 0) then return nil end
    if entry.name == '' then
      if bodyAt + entry.bodyBytes - 1 > #s then return nil end
      entry.body = string.sub(s, bodyAt, bodyAt + entry.bodyBytes - 1)
      bodyAt = bodyAt + entry.bodyBytes
    end
    entries[i], at = entry, at + size
  end
  return entries, string.sub(s, 17, 16 + keyBytes)
end
local function encode(key, entries)
  local metas, bodies = {}, {}
  for i, entry in ipairs(entries) do
    local m = entry.meta
    local name = entry.name .. entry.tags
    metas[i] = struct.pack('>I4', #m + #name) .. string.sub(m, 5, 48) ..
      struct.pack('>I4', #name) .. string.sub(m, 53) .. name
    if entry.name == '' then bodies[#bodies + 1] = entry.body end
  end
  local records = table.concat(metas)
  return MAGIC .. struct.pack('>I4I4I4', #key + #records, #entries, #key) .. key .. records .. table.concat(bodies)
end
local function store(key, entries)
  if #entries == 1 and entries[1].name ~= '' then
    -- The only one that is left has its body with it.
    entries[1].body = bodyOf(entries[1].name)
    dropBody(entries[1].name)
    entries[1].name = ''
    if entries[1].body == nil then entries = {} end
  end
  if #entries == 0 then
    drop()
    dropBodies()
    return
  end
  local at = deadline(entries)
  write(encode(key, entries), at)
  if #entries == 1 then dropBodies() else expireBodies(at) end
end
`;

/**
 * Deletes at last: after a deletion Redis lets a script write beyond `maxmemory`. What only a key with several variants needs is
 * defined only then, since that takes time, too.
 */
const PUT = `
local value, variant, waiting = ARGV[3], ARGV[4], KEYS[tonumber(ARGV[10])]
if waiting and not isThere(waiting) then return redis.error_reply('NOTWAITING what was to be stored is gone') end
note(7)
local keyBytes = u32(value, 13)
local key = string.sub(value, 17, 16 + keyBytes)
local old = read(0, 16 + keyBytes + FIXED + #variant - 1)
local variantAt = 17 + keyBytes + FIXED
local isSame = string.sub(old, 1, 4) == MAGIC and #old >= variantAt - 1 and u32(old, 9) == 1 and u32(old, 13) == keyBytes
  and string.sub(old, 17, 16 + keyBytes) == key and u32(old, 17 + keyBytes + 36) == #variant
  and string.sub(old, variantAt, variantAt + #variant - 1) == variant
local entries, oldKey
-- Of the only record.
local function tagsOf(s)
  local stop, bytes = 16 + keyBytes + u32(s, 17 + keyBytes), u32(s, 17 + keyBytes + 48)
  local _, tags = split(string.sub(s, stop - bytes + 1, stop))
  return tags
end
local oldTags = ''
if isSame and u32(old, 17 + keyBytes + 48) > 0 then oldTags = tagsOf(read(0, 16 + u32(old, 5) - 1)) end
local function answer()
  if oldTags ~= '' and oldTags ~= tagsOf(value) then return oldTags end
  return 1
end
local function overwrite()
  local at = deadline({ { retain = f64(value, 17 + keyBytes + 20) } })
  if waiting then take(waiting, at) else write(value, at) end
  if not isSame then dropBodies() end
  return answer()
end
if old == '' or isSame then return overwrite() end
${ENVELOPE}
entries, oldKey = decode(read())
if entries == nil or oldKey ~= key then return overwrite() end
local new = decode(waiting and takeOut(waiting) or value)[1]
local function moveOut(entry, name)
  if entry.name == '' and entry.bodyBytes > ${INLINE_BODY_BYTES} then
    putBody(name, entry.body)
    entry.name, entry.body = name, nil
  end
end
local kept, replaced = {}, ''
for _, entry in ipairs(entries) do
  if entry.variant ~= variant then kept[#kept + 1] = entry else replaced, oldTags = entry.name, entry.tags end
end
-- Only where there was a single record can its body be in here and large.
for _, entry in ipairs(kept) do moveOut(entry, ARGV[6]) end
kept[#kept + 1] = new
if #kept > 1 then moveOut(new, ARGV[5]) end
store(key, kept)
if replaced ~= '' then dropBody(replaced) end
if waiting then redis.call('DEL', waiting) end
return answer()
`;

const REPLACE_HEAD = `
${ENVELOPE}
local key, variant, meta, tags = ARGV[3], ARGV[4], ARGV[5], ARGV[9]
local entries, oldKey = decode(read())
if entries == nil or oldKey ~= key then return 0 end
for i, entry in ipairs(entries) do
  if entry.variant == variant then
    if ARGV[6] == '1' and entry.head ~= ARGV[7] then return 0 end
    if entry.bodyBytes > tonumber(ARGV[8]) then
      if entry.name ~= '' then dropBody(entry.name) end
      table.remove(entries, i)
      store(key, entries)
      return { entry.variant, entry.resource, entry.tags }
    end
    note(10)
    entry.retain = f64(meta, 21)
    entry.meta = string.sub(meta, 1, 28) .. string.sub(entry.meta, 29, 36) .. string.sub(meta, 37)
    local oldTags = entry.tags
    entry.tags = tags
    store(key, entries)
    if oldTags ~= '' and oldTags ~= tags then return oldTags end
    return 1
  end
end
return 0
`;

const REMOVE = `
${ENVELOPE}
local key, what, value, limit = ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6])
local old = read()
local entries, oldKey = decode(old)
if entries == nil then
  -- Damaged, so that nobody can read it. It must not stay in the index for ever.
  if string.sub(old, 1, 4) == MAGIC then
    drop()
    dropBodies()
  end
  return {}
end
if key ~= '' and oldKey ~= key then return {} end
local kept, gone, names = {}, {}, {}
for _, entry in ipairs(entries) do
  local goes = what == 'all' or (what == 'variant' and entry.variant == value)
    or (what == 'resource' and entry.resource == value)
    or (what == 'tag' and string.find(entry.tags, value, 1, true) ~= nil) or (what == 'expired' and entry.retain <= tonumber(value))
  if goes and #gone < 3 * limit then
    gone[#gone + 1] = entry.variant
    gone[#gone + 1] = entry.resource
    gone[#gone + 1] = entry.tags
    if entry.name ~= '' then dropBody(entry.name) end
  else
    kept[#kept + 1] = entry
  end
end
if #gone > 0 then
  -- What is left must be written also when memory is full; after a deletion, whatever it deletes, that is allowed.
  dropBody('')
  store(oldKey, kept)
end
return gone
`;

/**
 * ARGV: cursor, count. → cursor, then field and the beginning of each record. Runs in Redis so that bodies need not travel:
 * Redis has no command for a part of a field.
 */
export const SCAN_HASH = script(`
local page = redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2])
local found = { page[1] }
for i = 1, #page[2], 2 do
  if not string.find(page[2][i], '|', 1, true) then
    local value = page[2][i + 1]
    local stop = 16
    if #value >= 16 then stop = 16 + (struct.unpack('>I4', value, 5)) end
    found[#found + 1] = page[2][i]
    found[#found + 1] = string.sub(value, 1, stop)
  end
end
return found
`);

/**
 * ARGV: a command that removes members, one that adds some, and its arguments. Adds also when memory is full: after a removal,
 * whatever it removes, that is allowed.
 */
export const PUT_BACK = script(`
redis.call(ARGV[1], KEYS[1], '')
return redis.call(ARGV[2], KEYS[1], unpack(ARGV, 3))
`);

function script(text: string): Script {
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}

function scriptsOf(access: string): Scripts {
  const [put, replaceHead, remove] = [PUT, REPLACE_HEAD, REMOVE].map((body) =>
    script(access + INDEX + BASICS + body),
  );
  return { put, replaceHead, remove } as Scripts;
}

export const STRING_SCRIPTS = scriptsOf(STRING_ACCESS);
export const HASH_SCRIPTS = scriptsOf(HASH_ACCESS);
