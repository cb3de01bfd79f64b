import type { Config } from 'jest';

const config: Config = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/__tests__/**/*.test.ts'],
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^axios-persistent-cache$': '<rootDir>/lib/index.ts',
  },
  transform: {
    '^.+\\.ts$': [
      'ts-jest',
      {
        tsconfig: {
          // Types are checked once, by `tsc`, before the tests; here they are only erased.
          target: 'ES2022',
          module: 'CommonJS',
          moduleResolution: 'Node10',
          esModuleInterop: true,
          verbatimModuleSyntax: false,
          isolatedModules: true,
          sourceMap: true,
        },
        diagnostics: { ignoreCodes: [151001, 151002] },
      },
    ],
  },
  collectCoverageFrom: ['lib/**/*.ts'],
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
