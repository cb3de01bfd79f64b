import { DO_NOT_CACHE, EXPIRE_IMMEDIATELY, NEVER_EXPIRE } from '../../lib/index.js';
import {
  cacheControl,
  type Clash,
  describeClashes,
  HOUR,
  lasts,
  lastsForEver,
  nothing,
  notStored,
  onEachLevel,
  pattern,
  post,
  request,
  session,
  type Wants,
} from './clash.js';

// Whether a response is stored where its header fields and the user's settings differ.

const codes = (...allowableCodes: number[]): Wants => session({ expireAfter: HOUR, allowableCodes });

const CLASHES: readonly Clash[] = [
  // no-store
  ...onEachLevel((wants, source) => [
    cacheControl('no-store'),
    wants(HOUR),
    notStored(/response says no-store/),
    lasts(HOUR, source),
  ]),
  ...onEachLevel((wants, source) => [
    cacheControl('no-store, max-age=60'),
    wants(NEVER_EXPIRE),
    notStored(/response says no-store/),
    lastsForEver(source),
  ]),
  // DO_NOT_CACHE
  ...onEachLevel((wants, source) => [
    cacheControl('public, max-age=60, immutable'),
    wants(DO_NOT_CACHE),
    notStored(new RegExp(`DO_NOT_CACHE by ${source}`)),
    notStored(new RegExp(`DO_NOT_CACHE by ${source}`)),
  ]),
  [
    cacheControl('max-age=60'),
    { ...pattern(DO_NOT_CACHE), ...request(HOUR) },
    lasts(60, 'max-age'),
    lasts(HOUR, 'request'),
  ],
  // Vary: *
  ...onEachLevel((wants) => [
    { headers: { vary: '*', 'cache-control': 'max-age=60' } },
    wants(NEVER_EXPIRE),
    notStored(/Vary: \* never matches/),
    notStored(/Vary: \* never matches/),
  ]),
  // statuses
  [
    { status: 500, ...cacheControl('max-age=60') },
    codes(200),
    notStored(/allowableCodes/),
    notStored(/allowableCodes/),
  ],
  [
    { status: 500, ...cacheControl('max-age=60') },
    codes(200, 500),
    lasts(60, 'max-age'),
    lasts(HOUR, 'session'),
  ],
  [{ status: 404 }, codes(200), notStored(/allowableCodes/), notStored(/allowableCodes/)],
  [{ status: 404 }, codes(200, 404), lasts(HOUR, 'session'), lasts(HOUR, 'session')],
  [{ status: 403 }, codes(200, 403), lasts(HOUR, 'session'), lasts(HOUR, 'session')],
  [
    { status: 403 },
    session({ expireAfter: EXPIRE_IMMEDIATELY, allowableCodes: [403] }),
    notStored(/status 403 without a lifetime/),
    lasts(0, 'session'),
  ],
  ...[428, 429, 431, 511].map((status): Clash => [
    { status, ...cacheControl('max-age=60') },
    codes(200, status),
    notStored(new RegExp(`status ${status} must not be stored`)),
    lasts(HOUR, 'session'),
  ]),
  [
    { status: 299, ...cacheControl('must-understand, max-age=60') },
    codes(200, 299),
    notStored(/must-understand, and status 299 is not known/),
    lasts(HOUR, 'session'),
  ],
  [
    cacheControl('must-understand, no-store, max-age=60'),
    session({ expireAfter: HOUR }),
    lasts(60, 'max-age'),
    lasts(HOUR, 'session'),
  ],
  // methods
  [cacheControl('max-age=60'), post({}), notStored(/method POST/), notStored(/method POST/)],
  [
    cacheControl('max-age=60'),
    post({ allowableMethods: ['POST'], expireAfter: HOUR }),
    lasts(60, 'max-age'),
    lasts(HOUR, 'session'),
  ],
  [
    nothing,
    post({ allowableMethods: ['POST'], expireAfter: HOUR }),
    lasts(HOUR, 'session'),
    lasts(HOUR, 'session'),
  ],
];

describeClashes('header fields against settings: whether it is stored', CLASHES);
