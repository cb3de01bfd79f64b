// The releases of the rivals that are measured: for each the newest that runs on the Node in use. The one place where
// they are pinned. What the packages themselves depend on is not pinned: a user would get the newest, too.

/**
 * By rival, the newest release first. `since`: the least Node that the package's `engines` names.
 * @type {Readonly<Record<string, readonly { since: string, packages: Readonly<Record<string, string>> }[]>>}
 */
const PINS = Object.freeze({
  undici: [
    { since: '22.19.0', packages: { undici: '8.12.4' } },
    { since: '20.18.1', packages: { undici: '7.30.2' } },
  ],
  got: [
    { since: '22.0.0', packages: { got: '16.1.0' } },
    { since: '20.0.0', packages: { got: '14.6.6' } },
  ],
  'axios-cache-interceptor': [
    { since: '20.0.0', packages: { 'axios-cache-interceptor': '1.12.3', axios: '1.21.1' } },
  ],
  axios: [{ since: '20.0.0', packages: { axios: '1.21.1' } }],
  // No rival: it draws the chart of `npm run bench -- speed`.
  echarts: [{ since: '20.0.0', packages: { echarts: '6.1.0' } }],
});

function isAtLeast(version, least) {
  const wanted = least.split('.').map(Number);
  const given = version.split('.').map((part) => Number.parseInt(part, 10));
  for (const [index, part] of wanted.entries()) {
    if (given[index] !== part) return given[index] > part;
  }
  return true;
}

/**
 * @param {string} rival its name without a variant
 * @param {string} nodeVersion without the "v"
 * @returns {Readonly<Record<string, string>>} version by package; the first is the rival itself
 */
export function packagesOf(rival, nodeVersion = process.versions.node) {
  const pins = PINS[rival];
  const pin = pins.find(({ since }) => isAtLeast(nodeVersion, since));
  if (pin === undefined) {
    throw new Error(`${rival} needs Node ${pins.at(-1).since} or later; this is ${nodeVersion}`);
  }
  return pin.packages;
}
