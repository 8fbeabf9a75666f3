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
- **refused**: a push that sets it is refused, with the reason;
- **warned**: a push that sets it succeeds and says what does not come about.

No field is silent. Of one that is honoured, values that cannot come about are refused or warned of, with the reason.
Warnings are told by \`config push\`, \`--dry-run\` and \`config diff\`, and those in force by \`config warnings\`;
\`status\` counts them. Fields that this version does not know (of a newer controller) are kept, and warned of.`;

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
    'Kept and given back; nothing is said of them, on purpose.',
    tableLines(['field', 'about'], elsewhere),
  ].join('\n\n')}\n`;
}

function rowWith(types: ReadonlyMap<string, string>) {
  return ({ path, handling, meaning, byDefault, notice, rules }: FieldReference): readonly string[] => {
    const below = path.endsWith('.**');
    const shown = below ? path.slice(0, -'.**'.length) : path;
    const said = [...(notice === '' ? [] : [notice]), ...rules.map((rule) => `${rule.kind}: ${rule.notice}`)];
    const about = [below ? `${meaning} (and all below)` : meaning, ...new Set(said)].join('; ');
    return [`\`${shown}\``, types.get(path) ?? '', handling, about, byDefault];
  };
}

function rootOf(path: string): string {
  return /^\w+/.exec(path)?.[0] ?? '';
}

function typesByPath(): ReadonlyMap<string, string> {
  return new Map(coveredFields().map(({ path, field }) => [path, typeInWords(field)]));
}
