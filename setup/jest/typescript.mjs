// jest transformer: TypeScript to ECMAScript modules, types stripped and not checked (tsc does that).
import { transformSync } from 'esbuild';

export default {
  process(source, path) {
    return transformSync(source, {
      loader: 'ts',
      format: 'esm',
      target: 'node20.10',
      sourcefile: path,
      sourcemap: 'inline',
      tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
    });
  },
};
