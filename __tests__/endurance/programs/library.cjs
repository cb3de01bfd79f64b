// What the programs need: the compiled library, axios as it resolves there, and a number generator with a seed.
const path = require('node:path');
const { createRequire } = require('node:module');

exports.load = (directory) => {
  const fromThere = createRequire(path.join(directory, 'program.cjs'));
  return { axios: fromThere(process.env.AXIOS ?? 'axios'), ...fromThere('./lib/index.js') };
};

/** Mulberry32: small, and the same everywhere. */
exports.randomOf = (seed) => {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return {
    below: (limit) => Math.floor(next() * limit),
    oneOf: (choices) => choices[Math.floor(next() * choices.length)],
    chance: (probability) => next() < probability,
  };
};
