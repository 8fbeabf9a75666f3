import { importX } from 'eslint-plugin-import-x';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const processes = {
  regex: '^(node:)?child_process$',
  message: 'Only services/iproute-exec starts processes; call it.',
};
const insideOfOther = {
  regex:
    '^(\\.\\./)+(services/|clients/)?(clock|observability|durable|bound-socket|configuration|rpc|zedagent|nim|zedrouter|serve|controller|downloader)/(?!index\\.js$).+',
  message: "Import another folder's index.js, not what is inside.",
};
const outsideWorld = {
  regex:
    '^(node:(fs|child_process|dgram|http|http2|https|tls|dns|process|timers)(/.*)?|iproute-exec|@grpc/.*|(\\.\\./)+(iproute-exec|rpc|durable|observability)/.*)$',
  message: 'Pure code: data in, data out. No files, processes, sockets, commands or system clocks.',
};
const forbid = (...patterns) => ({
  '@typescript-eslint/no-restricted-imports': ['error', { patterns }],
});

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
      ...forbid(processes),
    },
  },
  {
    files: ['services/*/**/*.ts', 'clients/*/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: forbid(processes, insideOfOther),
  },
  {
    files: [
      'services/nim/{decide,health,schedule}/**/*.ts',
      'services/zedrouter/{desired,plan}/**/*.ts',
      'services/zedrouter/{desired,plan}.ts',
      'services/nim/decide.ts',
    ],
    ignores: ['**/*.test.ts'],
    rules: forbid(processes, insideOfOther, outsideWorld),
  },
  {
    files: ['services/iproute-exec/**/*.ts', 'e2e/lab/**/*.ts', 'e2e/bench/**/*.ts', '**/*.test.ts'],
    rules: { '@typescript-eslint/no-restricted-imports': 'off' },
  },
  {
    // The operator reads what the command prints.
    files: ['clients/**/*.ts', 'e2e/**/*.ts'],
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
