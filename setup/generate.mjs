// gen/: TypeScript of proto/ (ts-proto), and the descriptors of all of it.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { runQuietly, say } from './commands.mjs';
import { hashOf, isNoted, note, preparedDirectory, root } from './tree.mjs';

const noteName = 'generated';

function inputsHash() {
  const versions = ['ts-proto', '@bufbuild/buf'].map((name) => `node_modules/${name}/package.json`);
  return hashOf(['proto', 'buf.yaml', 'buf.gen.yaml', 'setup/generate.mjs', ...versions], (name) =>
    /\.(proto|json|yaml|mjs)$/.test(name),
  );
}

/** Whether gen/ is that of the present proto/. */
export function isGenerated() {
  return existsSync(join(root, 'gen', 'descriptors.ts')) && isNoted(noteName, inputsHash());
}

const buf = join(root, 'node_modules', '.bin', 'buf');

function writeDescriptors(directory) {
  const file = join(directory, 'descriptors.binpb');
  const args = ['build', 'proto', '--as-file-descriptor-set', '--exclude-source-info', '-o', file];
  runQuietly(buf, args, { purpose: 'Building the descriptors' });
  const base64 = readFileSync(file).toString('base64');
  rmSync(file);
  writeFileSync(
    join(directory, 'descriptors.ts'),
    `// Generated from proto/. DO NOT EDIT.
/** google.protobuf.FileDescriptorSet of every file under proto/ and of what they import, base64. */
export const descriptorSetBase64: string =
  '${base64}';
`,
  );
}

/** Generates gen/ beside the one in use and then changes over, so that a reader never finds half of it. */
export function generate() {
  say('Generating code from proto/');
  const hash = inputsHash();
  const workDirectory = join(preparedDirectory, `generating-${process.pid}`);
  rmSync(workDirectory, { recursive: true, force: true });
  mkdirSync(workDirectory, { recursive: true });
  try {
    runQuietly(buf, ['generate', '--output', workDirectory], { purpose: 'Generating code' });
    const made = join(workDirectory, 'gen');
    writeDescriptors(made);
    const inUse = join(root, 'gen');
    if (existsSync(inUse)) renameSync(inUse, join(workDirectory, 'previous'));
    renameSync(made, inUse);
    note(noteName, hash);
  } finally {
    rmSync(workDirectory, { recursive: true, force: true });
  }
}
