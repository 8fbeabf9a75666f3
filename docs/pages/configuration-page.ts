import type { DescMessage } from '@bufbuild/protobuf';

import {
  configItemReferences,
  fieldReferences,
  fieldsElsewhere,
  type FieldReference,
} from '../../lib/configuration/field-reference.js';
import { ourDescriptorSet, registryOf } from '../../proto/descriptor-sets.js';
import { GENERATED_NOTICE, tableLines } from './markdown.js';
import { typeInWords, walkFields, type WalkedField } from './walk-fields.js';

/** EdgeDevConfig as proto/ has it. */
export function edgeDevConfig(): DescMessage {
  const message = registryOf(ourDescriptorSet()).getMessage('org.lfedge.eve.config.EdgeDevConfig');
  if (message === undefined) throw new Error('the descriptor set lacks org.lfedge.eve.config.EdgeDevConfig');
  return message;
}

/** Every field of EdgeDevConfig, down to where the reference tells of all below (`.**`) or leaves it to others. */
export function coveredFields(): readonly WalkedField[] {
  const whole = new Set(fieldReferences.flatMap(({ path }) => (path.endsWith('.**') ? [path.slice(0, -3)] : [])));
  const elsewhere = new Set(fieldsElsewhere.map(({ path }) => path));
  return [...walkFields(edgeDevConfig(), (path) => whole.has(path) || elsewhere.has(path))].map((walked) =>
    whole.has(walked.path) ? { ...walked, path: `${walked.path}.**` } : walked,
  );
}

/** The chapters of the page, by the first name of a path. */
const chapters: readonly { readonly title: string; readonly roots: readonly string[] }[] = [
  {
    title: 'Ports',
    roots: ['systemAdapterList', 'deviceIoList', 'vlans', 'bonds', 'networks', 'pnacs', 'scepProfiles'],
  },
  { title: 'Network instances', roots: ['networkInstances'] },
  { title: 'Policy', roots: ['operationPolicies'] },
  { title: 'Apps', roots: ['apps'] },
  { title: 'Settings', roots: ['configItems', 'id'] },
];

const INTRODUCTION = `# Configuration

${GENERATED_NOTICE}

A configuration is an EVE \`EdgeDevConfig\`: protobuf JSON, the same in YAML, or binary. \`lab/ship.yaml\` is a whole one.
\`eve-uplink config push FILE\` tells everything that is wrong at once, each with the path of its field; \`--dry-run\`
changes nothing. Field names may be written as in the .proto files or as below.

What becomes of a field that concerns the network:

- **honoured**: what it says comes about;
- **refused**: a configuration that sets it is refused;
- **warned**: the push succeeds and says that the field has no effect;
- **ignored**: it is kept, given back by \`config get\`, and has no effect. Nothing is said.

Of a field that is honoured, values that cannot come about are refused, with the reason.`;

/** docs/configuration.md. */
export function configurationPage(): string {
  const types = typesByPath();
  const parts = chapters.map(({ title, roots }) => {
    const references = fieldReferences.filter(({ path }) => roots.includes(rootOf(path)));
    return [`## ${title}`, tableLines(['field', 'type', '', 'meaning', 'default'], references.map(rowWith(types)))];
  });
  const items = configItemReferences.map(({ key, meaning, byDefault }) => [`\`${key}\``, meaning, byDefault]);
  const elsewhere = fieldsElsewhere.map(({ path, about }) => [`\`${path}\``, about]);
  return `${[
    INTRODUCTION,
    ...parts.flat(),
    '### Settings that are read (configItems)',
    tableLines(['key', 'meaning', 'default'], items),
    '## Fields that say nothing of the network',
    'Kept and given back.',
    tableLines(['field', 'about'], elsewhere),
  ].join('\n\n')}\n`;
}

function rowWith(types: ReadonlyMap<string, string>) {
  return ({ path, handling, meaning, byDefault }: FieldReference): readonly string[] => {
    const below = path.endsWith('.**');
    const shown = below ? path.slice(0, -'.**'.length) : path;
    return [`\`${shown}\``, types.get(path) ?? '', handling, below ? `${meaning} (and all below)` : meaning, byDefault];
  };
}

function rootOf(path: string): string {
  return /^\w+/.exec(path)?.[0] ?? '';
}

function typesByPath(): ReadonlyMap<string, string> {
  return new Map(coveredFields().map(({ path, field }) => [path, typeInWords(field)]));
}
