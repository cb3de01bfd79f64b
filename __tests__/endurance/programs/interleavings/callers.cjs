// Callers: what they ask for, how they give up, what goes wrong on their side, and what they do with a stream.

const pick = (random, table) => {
  let left = random.below(table.reduce((sum, [weight]) => sum + weight, 0));
  for (const [weight, value] of table) {
    if (left < weight) return value;
    left -= weight;
  }
};

const WAYS_OUT = [
  [5, 'none'],
  [4, 'signal'],
  [3, 'token'],
  [3, 'shared signal'],
  [3, 'timeout'],
  [1, 'signal and timeout'],
  [1, 'token and timeout'],
];
const ADAPTERS = [
  [8, 'http'],
  [4, 'fetch'],
  [3, 'function'],
  [1, 'never'],
  [1, 'throws'],
];
const SHAPES = [
  [3, 'json'],
  [2, 'text'],
  [2, 'arraybuffer'],
  [3, 'stream'],
];
const FLAWS = [
  [26, 'none'],
  [1, 'transformResponse'],
  [1, 'validateStatus'],
  [1, 'request interceptor'],
  [1, 'response interceptor'],
  [1, 'filterFn'],
  [1, 'keyFn'],
  [1, 'transformRequest'],
];
const WISHES = [
  [14, {}],
  [2, { forceRefresh: true }],
  [2, { refresh: true }],
  [2, { staleIfError: true }],
  [2, { staleWhileRevalidate: true }],
  [1, { onlyIfCached: true }],
  [1, { readOnly: true }],
  [1, { expireAfter: 0 }],
];
const READINGS = [
  [5, 'whole'],
  [2, 'by events'],
  [2, 'half'],
  [2, 'destroyed'],
  [2, 'not at all'],
];

/** Functions in place of axios's own adapters: the same for all, so that their requests are the same. */
exports.adaptersOf = (axios) => ({
  function: (config) => axios.getAdapter('http')(config),
  never: () => new Promise(() => undefined),
  throws: ({ callerId }) => {
    throw new TypeError(ownMessage(callerId));
  },
});

const ownMessage = (id) => `the fault of ${id}`;
exports.ownMessage = ownMessage;

/** Interceptors that fail for the callers that are to have such. */
exports.addInterceptors = (instance) => {
  const fail = (config, where) => {
    if (config?.flaw === where) throw new Error(ownMessage(config.callerId));
  };
  instance.interceptors.request.use(
    (config) => {
      fail(config, 'request interceptor');
      return config;
    },
    null,
    { synchronous: true },
  );
  instance.interceptors.response.use((response) => {
    fail(response.config, 'response interceptor');
    return response;
  });
};

/** A caller who has not asked yet. */
exports.randomCaller = (random, id, { resources, shared, axios, adapters }) => {
  const caller = {
    id,
    resource: random.oneOf(resources),
    adapter: pick(random, ADAPTERS),
    shape: pick(random, SHAPES),
    flaw: pick(random, FLAWS),
    wish: pick(random, WISHES),
    wayOut: pick(random, WAYS_OUT),
    reading: pick(random, READINGS),
    user: random.oneOf(['nobody', 'nobody', 'nobody', 'alice', 'bob']),
    variant: random.oneOf(['none', 'a', 'b']),
    insists: random.chance(0.15),
  };
  if (caller.adapter === 'fetch' && random.chance(0.2)) caller.shape = 'blob';
  // axios's http adapter, left to itself, lets what is thrown there end the process.
  if (caller.flaw === 'validateStatus' && caller.adapter === 'function') caller.adapter = 'http';
  // Nobody else could end it, nor what it refreshes in the background.
  if (caller.adapter === 'never' && !/and timeout/.test(caller.wayOut))
    caller.wayOut = random.oneOf(['signal and timeout', 'token and timeout']);
  return withConfig(random, caller, { shared, axios, adapters });
};

/**
 * One of those who all want the same, and of whom only some give up.
 * @param given what it has in place of what such callers have
 */
exports.calmCaller = (random, id, { resources, axios, adapters }, given = {}) => {
  const caller = {
    id,
    resource: resources[0],
    adapter: 'http',
    shape: random.oneOf(['json', 'text', 'arraybuffer']),
    flaw: 'none',
    wish: {},
    wayOut: random.oneOf(['signal', 'token']),
    reading: 'whole',
    user: 'nobody',
    variant: 'none',
    ...given,
  };
  return withConfig(random, caller, { shared: undefined, axios, adapters });
};

function withConfig(random, caller, { shared, axios, adapters }) {
  const { id, resource, adapter, shape, flaw, wish, wayOut, user, variant } = caller;
  const fault = () => {
    throw new Error(ownMessage(id));
  };
  const config = {
    url: resource.path,
    callerId: id,
    flaw,
    responseType: shape,
    adapter: adapters[adapter] ?? adapter,
    headers: { 'X-Caller': id },
    cache: { ...wish },
  };
  if (user !== 'nobody') config.headers.Authorization = user;
  if (variant !== 'none') config.headers['X-Variant'] = variant;
  if (caller.insists) config.headers['Cache-Control'] = 'no-cache';
  if (flaw === 'transformResponse') config.transformResponse = fault;
  if (flaw === 'transformRequest') config.transformRequest = fault;
  if (flaw === 'validateStatus') config.validateStatus = fault;
  if (flaw === 'filterFn') config.cache.filterFn = fault;
  if (flaw === 'keyFn') config.cache.keyFn = fault;
  if (wayOut.includes('signal')) {
    caller.controller = wayOut === 'shared signal' ? shared : new AbortController();
    config.signal = caller.controller.signal;
  }
  if (wayOut.includes('token')) {
    caller.source = axios.CancelToken.source();
    config.cancelToken = caller.source.token;
  }
  if (wayOut.includes('timeout')) {
    // Also time that nobody runs out of: a timer that is left is seen in the end. The fetch adapter leaves its own.
    const hasPlenty = adapter === 'http' && random.chance(0.4);
    config.timeout = hasPlenty ? 60_000 : 5 + random.below(36);
    if (random.chance(0.3)) config.timeoutErrorMessage = `${id} has no time`;
    if (random.chance(0.3)) config.transitional = { clarifyTimeoutError: true };
  }
  return Object.assign(caller, { config, state: 'not started', settled: 0, wasAborted: false });
}

/** Starts a request, and notes what comes of it. `caller.over` resolves when the caller is through with it. */
exports.start = (http, caller) => {
  caller.state = 'pending';
  caller.startedAt = performance.now();
  caller.over = http.request(caller.config).then(
    (response) => settled(caller, { response }),
    (error) => settled(caller, { error }),
  );
};

async function settled(caller, outcome) {
  caller.state = 'settled';
  caller.settled += 1;
  Object.assign(caller, outcome);
  if (outcome.response === undefined) return;
  const { data } = outcome.response;
  try {
    if (caller.shape === 'stream') await readStream(caller, data);
    else caller.text = await textOf(data);
  } catch (error) {
    caller.readError = error;
  }
  if (caller.state !== 'unread') caller.state = 'through';
}

async function textOf(data) {
  if (typeof data === 'string') return data;
  if (data instanceof Blob) return data.text();
  if (data instanceof ArrayBuffer || ArrayBuffer.isView(data)) return Buffer.from(data).toString();
  return JSON.stringify(data);
}

async function readStream(caller, stream) {
  caller.stream = stream;
  caller.state = 'reading';
  const isWeb = typeof stream.pipe !== 'function';
  const kept = () => (caller.state = 'unread');
  switch (caller.reading) {
    case 'not at all':
      return void kept();
    case 'destroyed':
      return isWeb ? stream.cancel() : void stream.destroy();
    case 'half':
      return isWeb ? readHalfOfWeb(stream) : readHalf(stream, kept);
    case 'by events':
      if (!isWeb) return void (caller.text = await readByEvents(stream));
    // falls through
    default:
      caller.text = await readWhole(stream);
  }
}

async function readWhole(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** By somebody who does not expect errors: with axios alone that does not end the process. */
async function readByEvents(stream) {
  const chunks = [];
  let hasEnded = false;
  stream.on('data', (chunk) => chunks.push(chunk));
  stream.on('end', () => (hasEnded = true));
  await new Promise((resolve) => stream.on('close', resolve));
  if (!hasEnded) throw new Error('The stream closed before its end.');
  return Buffer.concat(chunks).toString();
}

/** Reads a piece, and then nothing more, but leaves it open. */
async function readHalf(stream, kept) {
  stream.once('data', () => stream.pause());
  kept();
}

async function readHalfOfWeb(stream) {
  const reader = stream.getReader();
  await reader.read();
  await reader.cancel();
}

/** Gives up, by whatever way there is. @returns false when there is none */
exports.giveUp = (callers, caller) => {
  const { controller, source, id } = caller;
  if (controller !== undefined) {
    // Whoever has the same signal gives up with it.
    for (const one of callers) if (one.controller === controller) noteAbort(one);
    controller.abort();
    return true;
  }
  if (source === undefined) return false;
  noteAbort(caller);
  source.cancel(`${id} has had enough`);
  return true;
};

/** What is settled in this very turn may have been about to be. */
function noteAbort(caller) {
  caller.wasAborted = true;
  setImmediate(() => (caller.mustBeCanceled ||= caller.state === 'pending'));
}

/** Whether its time must be up soon, if it is not through. */
exports.hasLittleTime = ({ config, adapter, state }) =>
  state === 'pending' && config.timeout < 1000 && (adapter === 'http' || adapter === 'fetch');
