// What a caller may be told, and what it must not be.
const { getEventListeners } = require('node:events');
const { BROKEN } = require('./origin.cjs');
const { ownMessage } = require('./callers.cjs');
const { later } = require('./storage.cjs');

/** @returns what is wrong with the outcome of a request; undefined: nothing */
exports.wrongWith = (caller, origin) => {
  const { state, settled, response, error, mustBeCanceled } = caller;
  if (settled !== 1) return `settled ${settled} times, ${state}`;
  if (error === undefined && response === undefined) return 'failed with nothing';
  if (mustBeCanceled && !isCancel(error)) return `has given up, but ${told(caller)}`;
  return error === undefined ? wrongWithAnswer(caller, origin) : wrongWithError(caller, origin);
};

/** @returns whether somebody still listens for whom there is nothing to end any more */
exports.isListenedInVain = (caller) => {
  const isOver = caller.state === 'through' || (caller.error !== undefined && caller.flaw === 'none');
  return isOver && caller.wayOut !== 'shared signal' && exports.listenersLeft(caller) > 0;
};

/** @returns whether a stream that nobody reads has not ended though its caller has given up */
exports.outlivesCaller = async ({ state, stream, wasAborted }) => {
  if (state !== 'unread' || !wasAborted) return false;
  if (typeof stream.pipe === 'function') return !stream.destroyed;
  // What has come whole may be read to its end.
  const ended = readToEnd(stream.getReader()).then(
    () => false,
    () => false,
  );
  return Promise.race([ended, later(20).then(() => true)]);
};

/** @returns who still listens to what callers give up by */
exports.listenersLeft = (caller) => {
  const { controller, source } = caller;
  const bySignal = controller === undefined ? 0 : getEventListeners(controller.signal, 'abort').length;
  const byToken = source?.token._listeners?.length ?? 0;
  return bySignal + byToken;
};

async function readToEnd(reader) {
  while (!(await reader.read()).done);
}

function told({ response, error }) {
  if (error === undefined) return `was answered ${response.status}`;
  return `failed by ${error?.stack ?? String(error)} ${error?.code}`;
}

const isCancel = (error) => error?.__CANCEL__ === true;

function wrongWithAnswer(caller, origin) {
  const { response, readError, text, stream, wasAborted, flaw, adapter } = caller;
  if (response.config.callerId !== caller.id) return `has the config of ${response.config.callerId}`;
  if (/interceptor|transform/.test(flaw) && flaw !== 'filterFn')
    return `was answered in spite of its ${flaw}`;
  if (adapter === 'throws' && !response.cache.fromCache) return 'was answered by an adapter that throws';
  if (response.status !== 200) return `was answered ${response.status}`;
  if (readError !== undefined) {
    if (stream === undefined) return `failed by ${readError.stack}`;
    const mayBreak = wasAborted || isTimeOfStream(caller) || mayBreakOff(caller);
    return mayBreak ? undefined : `its stream failed by ${readError.stack}`;
  }
  return text === undefined ? undefined : wrongWithBody(caller, text, 200, origin);
}

/** The http adapter's time runs on while a stream is read, and ends it without a word of why. */
function isTimeOfStream({ config }) {
  return config.timeout > 0;
}

function mayBreakOff({ resource }) {
  return resource.kinds.some((kind) => BROKEN.has(kind));
}

function wrongWithBody(caller, text, status, origin) {
  const { resource, user, variant, id, session } = caller;
  const sent = origin.sent.get(Number(/"version":(\d+)/.exec(text)?.[1]));
  if (sent === undefined || sent.text !== text) return `got what was never sent: ${text.slice(0, 100)}`;
  if (sent.path !== resource.path && sent.path !== `${resource.path}/moved`) return `got ${sent.path}`;
  if (sent.user !== user) return `is ${user}, and got what is for ${sent.user}`;
  if (resource.varies && sent.variant !== variant) return `wants ${variant}, and got ${sent.variant}`;
  if (sent.status !== status) return `got the body of a ${sent.status} with ${status}`;
  if (sent.kind === 'no-store' && session.cacheControl && sent.caller !== id) {
    return `got what must not be stored and was for ${sent.caller}`;
  }
  if (caller.insists && isOlderThan(caller, sent)) return 'insisted on a new answer, and got an old one';
  const isDeleted = ({ startedAt, endedAt }) => sent.askedAt < startedAt && caller.startedAt > endedAt;
  return session.deletions.get(sent.path)?.some(isDeleted)
    ? `got what had been deleted: ${text.slice(0, 100)}`
    : undefined;
}

/** Where nothing can be confirmed, and nothing old may stand in. */
function isOlderThan({ resource, session, wish, startedAt }, sent) {
  if (!session.cacheControl || session.mayBeStale || session.staleIfError || wish.staleIfError) return false;
  const mayBeConfirmed = resource.calmKind === 'etag' || resource.kinds.includes('etag');
  return !mayBeConfirmed && sent.askedAt < startedAt;
}

function wrongWithError(caller, origin) {
  const { id, error, config, flaw, adapter, wasAborted, source, wish } = caller;
  const failed = told(caller);
  if (isCancel(error)) {
    if (!wasAborted) return `has not given up, but ${failed}`;
    return source !== undefined && error.message !== `${id} has had enough` ? failed : undefined;
  }
  // Where it happens among redirects, axios says so before it.
  if (error.message.endsWith(ownMessage(id))) {
    return flaw === 'none' && adapter !== 'throws' ? `${failed}, and has no fault` : undefined;
  }
  if (error.isAxiosError !== true) return failed;
  if (error.config?.callerId !== id) return `${failed}, with the config of ${error.config?.callerId}`;
  // So axios says that a body broke off, also where that was because of its own time-out.
  if (error.message === 'stream has been aborted') {
    return config.timeout > 0 || mayBreakOff(caller) ? undefined : failed;
  }
  if (error.response !== undefined) return wrongWithErrorStatus(caller, origin);
  if (['ECONNABORTED', 'ETIMEDOUT'].includes(error.code)) {
    if (!(config.timeout > 0)) return `${failed}, and has all the time that there is`;
    const own = [config.timeoutErrorMessage, `timeout of ${config.timeout}ms exceeded`];
    return own.includes(error.message) ? undefined : failed;
  }
  if (wish.onlyIfCached && !caller.session.wasDisabled) return `${failed}, and wanted nothing of the network`;
  return mayBreakOff(caller) ? undefined : failed;
}

function wrongWithErrorStatus(caller, origin) {
  const { id, error, resource, wish, shape, session } = caller;
  const { status, statusText, config, data } = error.response;
  if (config.callerId !== id) return `its response has the config of ${config.callerId}`;
  if (error.status !== status) return `error.status is ${error.status}, not ${status}`;
  if (wish.onlyIfCached && status === 504 && statusText === 'Not Cached') return undefined;
  if (wish.onlyIfCached && !session.wasDisabled) return told(caller);
  if (!resource.kinds.includes(status)) return told(caller);
  if (shape === 'stream' || shape === 'blob') return undefined;
  const isBytes = data instanceof ArrayBuffer || ArrayBuffer.isView(data);
  const text = isBytes
    ? Buffer.from(data).toString()
    : typeof data === 'string'
      ? data
      : JSON.stringify(data);
  return wrongWithBody(caller, text, status, origin);
}
