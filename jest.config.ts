import type { Config } from 'jest';

/** The copy of axios that library and tests are given: by default the newest, `axios-1.7` in `npm run test:axios-1.7`. */
const axios = process.env['AXIOS_UNDER_TEST'] ?? 'axios';

/** Packages that are published as ES modules only, which Jest does not load: they are compiled as the tests are. */
const ES_MODULES = ['axios-cookiejar-support', 'agent-base', 'superjson', 'copy-anything'];

/** Types are checked once, by `tsc`, before the tests; here they are only erased. */
const COMPILED = {
  tsconfig: {
    target: 'ES2022',
    module: 'CommonJS',
    moduleResolution: 'Node10',
    esModuleInterop: true,
    verbatimModuleSyntax: false,
    isolatedModules: true,
    sourceMap: true,
    allowJs: true,
  },
  diagnostics: { ignoreCodes: [151001, 151002] },
};

const config: Config = {
  testEnvironment: 'node',
  // Also on two cores: what a test leaves in its process, such as hooks on promises, must not slow down all others.
  maxWorkers: '100%',
  // Only what hangs takes so long, also on a machine that is busy.
  testTimeout: 30_000,
  workerIdleMemoryLimit: '600MB',
  // Servers that tests start end with the run, however it ends.
  globalSetup: '<rootDir>/__tests__/servers/jest-setup.mjs',
  globalTeardown: '<rootDir>/__tests__/servers/jest-teardown.mjs',
  modulePathIgnorePatterns: ['<rootDir>/\\.test-servers/'],
  testMatch: ['<rootDir>/__tests__/**/*.test.ts'],
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^axios-persistent-cache$': '<rootDir>/lib/index.ts',
    '^axios-persistent-cache/backends$': '<rootDir>/lib/backends/index.ts',
    '^axios-persistent-cache/backend-suite$': '<rootDir>/lib/backend-suite/index.ts',
    ...(axios === 'axios' ? {} : { '^axios$': axios }),
  },
  transform: {
    '^.+\\.ts$': ['ts-jest', COMPILED],
    [`/node_modules/(?:${ES_MODULES.join('|')})/.+\\.js$`]: ['ts-jest', COMPILED],
  },
  transformIgnorePatterns: [`/node_modules/(?!(?:.*/)?(?:${ES_MODULES.join('|')})/)`],
  // Only what has a threshold: counting everything makes all tests a quarter slower. `npm run coverage` counts all.
  collectCoverageFrom: ['lib/{http,policy,key}/**/*.ts'],
  coverageDirectory: '.coverage',
  coverageReporters: ['text-summary', 'lcovonly'],
  coverageThreshold: {
    global: {},
    './lib/http/': { branches: 95 },
    './lib/policy/': { branches: 95 },
    './lib/key/': { branches: 95 },
  },
};

export default config;
