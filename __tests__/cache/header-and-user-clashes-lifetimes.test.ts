import { EXPIRE_IMMEDIATELY, NEVER_EXPIRE } from '../../lib/index.js';
import {
  alwaysAsked,
  cacheControl,
  type Clash,
  describeClashes,
  HOUR,
  lasts,
  lastsForEver,
  notStored,
  onEachLevel,
  post,
  request,
  session,
} from './clash.js';

// How long a response is used where its header fields and the user's settings differ.

const LIFETIMES: readonly Clash[] = [
  // A lifetime of the response, longer or shorter than the user's.
  ...onEachLevel((wants, source) => [
    cacheControl('max-age=60'),
    wants(NEVER_EXPIRE),
    lasts(60, 'max-age'),
    lastsForEver(source),
  ]),
  ...onEachLevel((wants, source) => [
    cacheControl('max-age=60'),
    wants(HOUR),
    lasts(60, 'max-age'),
    lasts(HOUR, source),
  ]),
  ...onEachLevel((wants, source) => [
    cacheControl('max-age=3600'),
    wants(60),
    lasts(3600, 'max-age'),
    lasts(60, source),
  ]),
  ...onEachLevel((wants, source) => [
    cacheControl('max-age=60'),
    wants(EXPIRE_IMMEDIATELY),
    lasts(60, 'max-age'),
    lasts(0, source),
  ]),
  ...onEachLevel((wants, source) => [
    cacheControl('max-age=0'),
    wants(NEVER_EXPIRE),
    lasts(0, 'max-age'),
    lastsForEver(source),
  ]),
  ...onEachLevel((wants, source) => [
    { headers: { expires: 60 } },
    wants(NEVER_EXPIRE),
    lasts(60, 'expires'),
    lastsForEver(source),
  ]),
  ...onEachLevel((wants, source) => [
    { headers: { expires: 2 * HOUR } },
    wants(HOUR),
    lasts(2 * HOUR, 'expires'),
    lasts(HOUR, source),
  ]),
  [
    { headers: { expires: -60 } },
    session({ expireAfter: HOUR }),
    lasts(0, 'expires'),
    lasts(HOUR, 'session'),
  ],
  [
    { headers: { expires: HOUR, 'cache-control': 'max-age=60' } },
    request(NEVER_EXPIRE),
    lasts(60, 'max-age'),
    lastsForEver('request'),
  ],
  // The user's lifetime counts from the reception, the response's own from its generation.
  [
    { headers: { 'cache-control': 'max-age=60', age: '50' } },
    session({ expireAfter: HOUR }),
    lasts(10, 'max-age'),
    lasts(HOUR, 'session'),
  ],
  [
    { headers: { expires: 10, date: -50 } },
    session({ expireAfter: HOUR }),
    lasts(10, 'expires'),
    lasts(HOUR, 'session'),
  ],
  [{ headers: { age: '50' } }, request(60), lasts(60, 'request'), lasts(60, 'request')],
  // A lifetime that cannot be read: stale, and not the next one in order.
  ...onEachLevel((wants, source) => [
    cacheControl('max-age=soon'),
    wants(HOUR),
    lasts(0, 'max-age'),
    lasts(HOUR, source),
  ]),
  ...onEachLevel((wants, source) => [
    { headers: { expires: '0' } },
    wants(NEVER_EXPIRE),
    lasts(0, 'expires'),
    lastsForEver(source),
  ]),
  [
    { tag: false, ...cacheControl('max-age=-1') },
    session({ expireAfter: HOUR }),
    notStored(/stale on arrival, and no validator/),
    lasts(HOUR, 'session'),
  ],
  [
    { tag: false, headers: { expires: 'tomorrow' } },
    request(HOUR),
    notStored(/stale on arrival, and no validator/),
    lasts(HOUR, 'request'),
  ],
  ...onEachLevel((wants, source) => [
    { headers: { age: 'old', 'cache-control': 'max-age=60' } },
    wants(HOUR),
    lasts(0, 'max-age'),
    lasts(HOUR, source),
  ]),
  // no-cache is stored, and asked about each time; without a validator that makes no sense.
  ...onEachLevel((wants, source) => [
    cacheControl('no-cache'),
    wants(NEVER_EXPIRE),
    alwaysAsked(undefined),
    lastsForEver(source),
  ]),
  // With field names it is about these fields only.
  [cacheControl('no-cache="x-a"'), request(HOUR), lasts(HOUR, 'request'), lasts(HOUR, 'request')],
  [cacheControl('no-cache="x-a", max-age=60'), request(HOUR), lasts(60, 'max-age'), lasts(HOUR, 'request')],
  [
    cacheControl('no-cache, max-age=60'),
    session({ expireAfter: HOUR }),
    alwaysAsked(60),
    lasts(HOUR, 'session'),
  ],
  [
    { tag: false, ...cacheControl('no-cache') },
    session({ expireAfter: NEVER_EXPIRE }),
    notStored(/no-cache, and no validator/),
    lastsForEver('session'),
  ],
  // What says nothing about a private cache's lifetime leaves it to the user.
  ...[
    'private',
    'public',
    's-maxage=0',
    's-maxage=60, proxy-revalidate',
    'must-revalidate',
    'immutable',
    'stale-if-error=60',
    'no-transform',
  ].flatMap((directives) =>
    onEachLevel((wants, source) => [
      cacheControl(directives),
      wants(HOUR),
      lasts(HOUR, source),
      lasts(HOUR, source),
    ]),
  ),
  [cacheControl('must-revalidate'), request(NEVER_EXPIRE), lastsForEver('request'), lastsForEver('request')],
  [{ headers: { pragma: 'no-cache' } }, request(HOUR), lasts(HOUR, 'request'), lasts(HOUR, 'request')],
];

const guessing = { heuristicFraction: 0.1 };
const unchangedFor1000Seconds = { 'last-modified': -1000 };

const HEURISTIC: readonly Clash[] = [
  [
    { headers: unchangedFor1000Seconds },
    session({ ...guessing, expireAfter: HOUR }),
    lasts(100, 'heuristic'),
    lasts(HOUR, 'session'),
  ],
  [
    { headers: unchangedFor1000Seconds },
    session({ ...guessing, expireAfter: EXPIRE_IMMEDIATELY }),
    lasts(100, 'heuristic'),
    lasts(0, 'session'),
  ],
  ...onEachLevel((wants, source): Clash => {
    const chosen = wants(HOUR);
    return [
      { headers: unchangedFor1000Seconds },
      { ...chosen, session: { ...chosen.session, ...guessing } },
      source === 'session' ? lasts(100, 'heuristic') : lasts(HOUR, source),
      lasts(HOUR, source),
    ];
  }),
  [
    { headers: unchangedFor1000Seconds },
    session({ heuristicFraction: 0, expireAfter: HOUR }),
    lasts(HOUR, 'session'),
    lasts(HOUR, 'session'),
  ],
  [
    { headers: { ...unchangedFor1000Seconds, 'cache-control': 'max-age=60' } },
    session({ ...guessing, expireAfter: HOUR }),
    lasts(60, 'max-age'),
    lasts(HOUR, 'session'),
  ],
  [
    { headers: unchangedFor1000Seconds },
    post({ ...guessing, expireAfter: HOUR, allowableMethods: ['POST'] }),
    lasts(HOUR, 'session'),
    lasts(HOUR, 'session'),
  ],
];

describeClashes('header fields against settings: how long it is used', LIFETIMES);
describeClashes('header fields against settings: how long it is used, where that may be guessed', HEURISTIC);
