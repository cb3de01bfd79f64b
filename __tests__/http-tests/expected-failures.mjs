// Tests of the suite that are known to fail, and why: by id. A failure that is not listed fails the run, and so does a
// listed test that passes.

const CONTENT_LENGTH =
  "Node's HTTP parser: the test sends a Content-Length that is not the length of its content, and Node gives the response up.";

const DISCONNECTED =
  'The origin closes the connection, and the test wants a 200 with a field that only the origin could have sent. ';

/** @type {Readonly<Record<string, string>>} */
export const EXPECTED_FAILURES = Object.freeze({
  'headers-store-Content-Length': CONTENT_LENGTH,
  '304-etag-update-response-Content-Length': CONTENT_LENGTH,

  'cc-resp-immutable-stale':
    "Browser-only API: wants the request field that Fetch's cache mode `no-cache` adds. axios has no such mode.",

  'stale-close-must-revalidate':
    DISCONNECTED +
    'RFC 9111 section 5.2.2.2: "if a cache is disconnected, the cache MUST generate an error response rather than reuse the stale response". It does: the request fails.',
  'stale-close-no-cache':
    DISCONNECTED +
    'RFC 9111 section 5.2.2.4: the response "MUST NOT be used to satisfy any other request without forwarding it for validation and receiving a successful response". It is not: the request fails.',
  'stale-close-proxy-revalidate':
    'RFC 9111 section 5.2.2.8: "except that proxy-revalidate does not apply to private caches". This is one, which section 4.2.4 allows to answer stale when it is disconnected.',
  'stale-close-s-maxage=2':
    'RFC 9111 section 5.2.2.10: s-maxage has the meaning of proxy-revalidate "for a shared cache". This is a private one, which section 4.2.4 allows to answer stale when it is disconnected.',

  'age-parse-prefix':
    'The suite contradicts itself: this test wants `Age: 0,7200` to be fresh, against its own title, and the tests beside it want `Age: 0, 0` and the same on two lines to be stale. RFC 9111 section 5.1: a cache "SHOULD use the first member"; section 4.2.1: "Caches are encouraged to consider responses that have invalid freshness information […] to be stale". Stale is what cannot do harm, and what most of these tests want.',

  '304-etag-update-response-ETag':
    'Wants a 304 with another strong entity tag to renew what is stored. RFC 9111 section 4.3.4: if no stored response has "at least one of the same strong validators, then the cache MUST NOT use the new response to update any stored responses".',

  'partial-store-partial-complete':
    'Wants the rest of a part that has no validator. RFC 9111 section 3.4 lets parts be combined only "if they all share the same strong validator": the rest alone would be of no use.',
  'partial-store-partial-reuse-partial-absent':
    'The stored part announces the bytes 4-9 and has five of them; the test wants the range 6-9 of it. RFC 9111 section 3.3: an incomplete response answers a request only for "a range wholly within the incomplete response". Byte 9 never came.',
  'partial-store-partial-reuse-partial-suffix':
    'The stored part announces the bytes 4-9 and has five of them; the test wants the last byte. RFC 9111 section 3.3: an incomplete response answers a request only for "a range wholly within the incomplete response". Byte 9 never came.',

  'other-cookie':
    'Wants a response for one user to be given to another, who has a Cookie. Cookies keep users apart here even where an origin forgot its `Vary`.',
});
