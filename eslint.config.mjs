import { readdirSync } from 'node:fs';

import { importX } from 'eslint-plugin-import-x';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const processes = {
  regex: '^(node:)?child_process$',
  message: 'Only lib/iproute-exec starts processes; call it.',
};
const foldersIn = (folder) =>
  readdirSync(`${import.meta.dirname}/${folder}`, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
/** Rooms whose index is all that others import. Other clients' rooms are loaded on demand, a file at a time. */
const rooms = `(${[...foldersIn('lib'), ...foldersIn('services'), 'cli', 'downloader']
  .map((name) => (name === 'decision' ? 'decision/[a-z]+' : name))
  .join('|')})`;
const insideOfOther = {
  regex: `^(\\.\\./)+(lib/|services/|clients/)?${rooms}/(?!index\\.js$|testing/|.+/testing/).+`,
  message: "Import another room's index.js, not what is inside.",
};
const worldly = ['iproute-exec', 'rpc', 'durable', 'observability', 'uplink-socket', 'libc', 'wireguard-go', 'history'];
const outsideWorldBut = (...permitted) => ({
  regex: `^(node:(fs|child_process|dgram|http|http2|https|tls|dns|process|timers)(/.*)?|iproute-exec|${
    permitted.includes('rpc') ? '' : '@grpc/.*|'
  }(\\.\\./)+(lib/)?(${worldly.filter((room) => !permitted.includes(room)).join('|')})/.*)$`,
  message: 'Pure code: data in, data out. No files, processes, sockets, commands or system clocks.',
});
const outsideWorld = outsideWorldBut();
/** Of code that answers a request: a refusal is an error of RPC, which is thrown here and sent elsewhere. */
const outsideWorldOfRequests = outsideWorldBut('rpc');
/** What pure code may import of lib/netlink: values and their words, nothing that asks or changes the kernel. */
const kernelValues = {
  regex: '^(\\.\\./)+(lib/)?netlink/index\\.js$',
  allowImportNames: [
    ...['ElementPart', 'ElementType', 'ElementTypes', 'SetElement', 'SetElements', 'PROTOCOL_NUMBERS'],
    ...['element', 'elementKey', 'formatElement', 'formatMark', 'formatParts', 'sameElement'],
    ...['Prefix', 'everywhere', 'familyOf', 'formatLinkAddress', 'formatPrefix', 'samePrefix', 'IpFamily'],
    ...['Route', 'formatRoute', 'routeKey', 'routeVia', 'sameRoute', 'NextHop', 'RouteType'],
    ...['Rule', 'formatRule', 'rule', 'ruleKey', 'sameRule', 'RuleAction', 'LinkAddress', 'Neighbour'],
    ...['KernelChange', 'formatChange'],
  ],
  message: 'Pure code takes values and their words from netlink, nothing that touches the kernel.',
};
/** What the formatter does not wrap: comments, above all. Texts are left whole, so that they can be searched for. */
const lineLength = {
  'max-len': [
    'error',
    {
      code: 120,
      ignorePattern: '^import |^export .* from ',
      ignoreUrls: true,
      ignoreStrings: true,
      ignoreTemplateLiterals: true,
      ignoreRegExpLiterals: true,
    },
  ],
};
const forbid = (...patterns) => ({
  '@typescript-eslint/no-restricted-imports': ['error', { patterns }],
});

/** The floors of the house: a room imports what stands below it, never what stands beside or above. */
const everything = ['./command', './e2e', './lab', './clients', './services', './lib'];
const above = (...floors) => floors.map((floor) => `./${floor}`);
const wall = (target, from, message) => ({ target: `./${target}`, from, message });
/** A room of lib that imports these of lib beside it, and nothing else of the house. */
const only = (target, beside, message) => ({
  target: `./${target}`,
  from: everything,
  except: [target.replace('lib/', ''), ...beside].map((room) => `./${room}`),
  message,
});
const walls = [
  wall('lib', above('command', 'e2e', 'lab', 'clients', 'services'), 'lib stands below everything.'),
  wall('services', above('command', 'e2e', 'lab', 'clients'), 'Services know no clients.'),
  wall('services/zedagent', above('services/nim', 'services/zedrouter'), 'Services meet by gRPC only.'),
  wall('services/nim', above('services/zedagent', 'services/zedrouter'), 'Services meet by gRPC only.'),
  wall('services/zedrouter', above('services/zedagent', 'services/nim'), 'Services meet by gRPC only.'),
  wall('clients', above('command', 'e2e', 'lab', 'services'), 'Clients ask services by gRPC.'),
  wall('clients/cli', above('clients/downloader'), 'Each command stands by itself.'),
  wall('clients/downloader', above('clients/cli'), 'Each command stands by itself.'),
  wall('lab', above('command', 'e2e', 'services'), 'The lab runs services as processes.'),
  wall('command', above('e2e'), 'The product needs no tests.'),
  {
    target: './services/zedrouter/desired',
    from: './services/zedrouter',
    except: ['./desired'],
    message: 'What is desired follows from its inputs alone.',
  },
  {
    target: './services/zedrouter/plan',
    from: './services/zedrouter',
    except: ['./desired', './plan'],
    message: 'A plan follows from what is current and desired.',
  },
  {
    target: './services/zedagent/{in-force,config,policy,grants}/**/*',
    from: './services/zedagent',
    except: ['./in-force', './config', './policy', './grants'],
    message: 'What a request comes to follows from it and from what is in force.',
  },
  only(
    'lib/decision',
    ['configuration', 'clock', 'ipv4', 'once'],
    'Decisions are made of the configuration and observations.',
  ),
  only('lib/configuration', ['ipv4', 'slices', 'once'], 'What a configuration means follows from it alone.'),
  only(
    'lib/acl',
    ['configuration', 'ipv4', 'slices', 'once'],
    'What an access list allows follows from the configuration.',
  ),
  only('lib/dataplane-layout', ['configuration'], 'The numbers that both know follow from nothing else.'),
  only('lib/slices', ['clock'], 'Slices know time and nothing else.'),
  only('lib/ipv4', [], 'An address means the same to everybody.'),
  only('lib/once', [], 'It keeps what was made, of whatever kind.'),
  only('lib/clock', [], 'Time stands on nothing.'),
  {
    target: ['./clients/render', './clients/status-view/view.ts'],
    from: './clients',
    except: ['./render', './status-view/view.ts', './terminal/operation-names.ts'],
    message: 'What is shown follows from what is known.',
  },
];

export default defineConfig(
  globalIgnores(['gen/', 'dist/', '.prepared/', 'node_modules/']),
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    plugins: { 'import-x': importX },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    settings: {
      'import-x/extensions': ['.ts'],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
      'import-x/resolver-next': [createTypeScriptImportResolver({ project: import.meta.dirname })],
    },
    rules: {
      'import-x/no-cycle': 'error',
      'import-x/no-default-export': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: true },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-console': 'error',
      '@typescript-eslint/naming-convention': [
        'error',
        // A module's constant texts, numbers and flags; functions, tables and objects are named as other values are.
        {
          selector: 'variable',
          modifiers: ['const', 'global'],
          types: ['string', 'number', 'boolean'],
          format: ['UPPER_CASE'],
        },
        {
          selector: 'variable',
          modifiers: ['const', 'global', 'destructured'],
          types: ['string', 'number', 'boolean'],
          format: null,
        },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector:
            ':matches(PropertyDefinition, TSParameterProperty, AccessorProperty, MethodDefinition[kind!="constructor"])[accessibility]',
          message: 'Private members are #private; the others need no word.',
        },
      ],
      ...forbid(processes),
    },
  },
  {
    files: ['{command,lib,services,clients,lab}/**/*.ts'],
    ignores: ['**/*.test.ts', '**/testing/**'],
    rules: { 'import-x/no-restricted-paths': ['error', { basePath: import.meta.dirname, zones: walls }] },
  },
  {
    files: ['{command,lib,services,clients}/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: forbid(processes, insideOfOther),
  },
  {
    files: [
      'lib/{acl,configuration,dataplane-layout,decision,egress-filter,ipv4,once,slices}/**/*.ts',
      'services/zedrouter/{desired,plan}/**/*.ts',
      'clients/render/**/*.ts',
      'clients/status-view/view.ts',
      'clients/downloader/exchange/{judge,validator}.ts',
      'clients/downloader/permission/{choose,verdict}.ts',
    ],
    ignores: ['**/*.test.ts', '**/testing/**'],
    rules: forbid(processes, insideOfOther, outsideWorld, kernelValues),
  },
  {
    files: ['services/nim/{evaluate,explain}/**/*.ts', 'services/zedagent/{in-force,config,policy,grants}/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: forbid(processes, insideOfOther, outsideWorldOfRequests, kernelValues),
  },
  {
    files: ['lib/iproute-exec/**/*.ts', 'lab/**/*.ts', 'e2e/**/*.ts', '**/*.test.ts'],
    rules: { '@typescript-eslint/no-restricted-imports': 'off' },
  },
  { files: ['**/*.{ts,mjs}'], rules: lineLength },
  {
    // The operator reads what the command prints.
    files: ['{command,clients,lab,e2e}/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: { ecmaVersion: 2024, sourceType: 'module' },
    rules: {
      'prefer-const': 'error',
      'no-var': 'error',
      eqeqeq: 'error',
      'no-unused-vars': 'error',
      'no-undef': 'off',
      'no-shadow': 'error',
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: '^(child_process|fs|path|os|crypto)(/|$)', message: 'node: prefix' }] },
      ],
    },
  },
);
