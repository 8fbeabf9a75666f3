import type { EdgeDevConfig } from '../../gen/config/devconfig.js';
import { atOnce, type Sliced } from '../slices/index.js';
import { fieldReferences, fieldsElsewhere, type FieldReference } from './field-reference.js';
import type { Problem } from './model.js';

/** What a push is told about fields that are set, by the field reference. */
export interface FieldNotices {
  /** Why it is refused; a configuration that is in force already goes on. */
  readonly refused: readonly Problem[];
  /** What does not come about. */
  readonly warned: readonly Problem[];
}

/** A message as it lies in memory. */
type Message = Readonly<Record<string, unknown>>;

/** The reference as a tree: a step of a path leads on, or stands for a field, alone or with all below it. */
interface Step {
  readonly below: Map<string, Step>;
  reference: FieldReference | undefined;
  /** What is below is not looked at. */
  isLast: boolean;
}

const newStep = (): Step => ({ below: new Map(), reference: undefined, isLast: false });

const root: Step = ((): Step => {
  const top = newStep();
  for (const reference of fieldReferences) {
    const isWhole = reference.path.endsWith('.**');
    const step = stepTo(top, isWhole ? reference.path.slice(0, -'.**'.length) : reference.path);
    step.reference = reference;
    step.isLast = true;
  }
  for (const { path } of fieldsElsewhere) stepTo(top, path).isLast = true;
  return top;
})();

function stepTo(top: Step, path: string): Step {
  let step = top;
  for (const name of path.replaceAll('[]', '').split('.')) {
    const next = step.below.get(name) ?? newStep();
    step.below.set(name, next);
    step = next;
  }
  return step;
}

/**
 * What the field reference says of the fields that a configuration sets, each with its path. Fields that this version
 * does not know are warned of, too: they are kept, and nothing follows from them. Never throws.
 */
export function fieldNotices(config: EdgeDevConfig): FieldNotices {
  return atOnce(fieldNoticesSliced(config));
}

/** The same with pauses, for large configurations. */
export function* fieldNoticesSliced(config: EdgeDevConfig): Sliced<FieldNotices> {
  const refused: Problem[] = [];
  const warned: Problem[] = [];
  const tell: Tell = (kind, field, description) => {
    (kind === 'refused' ? refused : warned).push({ field, description });
  };
  const message = config as unknown as Message;
  tellUnknown(message, '', tell);
  for (const [name, step] of root.below) {
    const value = message[name];
    if (Array.isArray(value) && !step.isLast) {
      for (const [index, item] of value.entries()) {
        walk(item as Message, step, `${name}[${index}]`, tell);
        yield;
      }
    } else walkField(message, [name, step], '', tell);
  }
  return { refused, warned };
}

type Tell = (kind: 'refused' | 'warned', field: string, description: string) => void;

function walk(message: Message, step: Step, path: string, tell: Tell): void {
  tellUnknown(message, path, tell);
  for (const field of step.below) walkField(message, field, path, tell);
}

function walkField(message: Message, [name, next]: readonly [string, Step], path: string, tell: Tell): void {
  // Most fields: a large configuration has a hundred thousand of them.
  if (tellsNothing(next)) return;
  const value = message[name] ?? oneofValue(message, name);
  // What leads on is looked at below.
  if (next.isLast ? !isSet(value) : value === undefined || value === null) return;
  const at = path === '' ? name : `${path}.${name}`;
  const isList = Array.isArray(value);
  if (next.isLast) {
    const { reference } = next;
    if (reference === undefined) return;
    if (!isList) tellOf(reference, value, message, at, tell);
    // What stands for a whole list, or all below it, is told once.
    else if (reference.path.endsWith('.**') || reference.rules.length === 0)
      tellOf(reference, value, message, at, tell);
    else
      value.forEach((item, index) => {
        tellOf(reference, item, message, `${at}[${index}]`, tell);
      });
  } else if (isList) {
    value.forEach((item, index) => {
      walk(item as Message, next, `${at}[${index}]`, tell);
    });
  } else walk(value as Message, next, at, tell);
}

/** Whatever it is set to, nothing is said, nor looked at below. */
function tellsNothing({ isLast, reference }: Step): boolean {
  if (!isLast) return false;
  return reference === undefined || (reference.handling === 'honoured' && reference.rules.length === 0);
}

/** The value of a field that stands in a oneof, where it is the one that is set: `{ $case, value }`. */
function oneofValue(message: Message, name: string): unknown {
  for (const group of Object.values(message)) {
    if (isObject(group) && group.$case === name) return group.value;
  }
  return undefined;
}

function isObject(value: unknown): value is Message {
  return typeof value === 'object' && value !== null;
}

function tellOf({ handling, notice, rules }: FieldReference, value: unknown, message: Message, at: string, tell: Tell) {
  if (rules.length === 0) {
    if (handling !== 'honoured') tell(handling, at, notice);
    return;
  }
  for (const rule of rules) if (rule.when(value, message)) tell(rule.kind, at, rule.notice);
}

function tellUnknown({ _unknownFields: unknown }: Message, path: string, tell: Tell): void {
  if (typeof unknown !== 'object' || unknown === null) return;
  const numbers = [...new Set(Object.keys(unknown).map((tag) => Number(tag) >>> 3))].sort((a, b) => a - b);
  if (numbers.length === 0) return;
  const fields = numbers.length === 1 ? `field ${numbers.join()} is` : `fields ${numbers.join(', ')} are`;
  tell('warned', path, `${fields} not known to this version: kept, and without effect`);
}

/** Whether anything is said: neither absent nor the default of proto3, nor a message in which nothing is. */
function isSet(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === 0 || value === 0n || value === false) {
    return false;
  }
  if (value instanceof Uint8Array) return value.length > 0;
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof Map) return value.size > 0;
  if (typeof value === 'object') return Object.values(value).some(isSet);
  return true;
}

/** So many places are named for the same thing, and so many lines are told at all. */
const MOST_PLACES = 3;
const MOST_LINES = 60;

/**
 * Notices that a person can read: what is said of many places alike is said of the first ones, with how many more there
 * are.
 */
export function boundedNotices(notices: readonly Problem[]): readonly Problem[] {
  const groups = new Map<string, Problem[]>();
  for (const notice of notices) {
    const key = `${notice.field.replaceAll(/\[\d+\]/g, '[]')} ${notice.description}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [notice]);
    else group.push(notice);
  }
  const lines = [...groups.values()].flatMap(firstOf);
  const left = lines.length - MOST_LINES;
  return left <= 0 ? lines : [...lines.slice(0, MOST_LINES), { field: '', description: `and ${left} more` }];
}

function firstOf(group: readonly Problem[]): readonly Problem[] {
  const left = group.length - MOST_PLACES;
  if (left <= 0) return group;
  return group.slice(0, MOST_PLACES).map(({ field, description }, index) => ({
    field,
    description: index < MOST_PLACES - 1 ? description : `${description}; and ${left} more like it`,
  }));
}
