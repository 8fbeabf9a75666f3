import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { clone, create } from '@bufbuild/protobuf';
import {
  type DescriptorProto,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FieldDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from '@jest/globals';
import { addedFields, differencesFrom, evePackages, filesOfPackages } from './descriptor-difference.js';
import {
  BASELINE_FILE,
  EVE_DESCRIPTOR_FILE,
  ourDescriptorSet,
  PROJECT_ROOT,
  readDescriptorSet,
  registryOf,
} from './descriptor-sets.js';

const ours = registryOf(ourDescriptorSet());
const eve = existsSync(EVE_DESCRIPTOR_FILE) ? registryOf(readDescriptorSet(EVE_DESCRIPTOR_FILE)) : undefined;

function breakingChangesAgainst(file: string): string {
  const buf = join(PROJECT_ROOT, 'node_modules', '.bin', 'buf');
  const result = spawnSync(buf, ['breaking', 'proto', '--against', file], { cwd: PROJECT_ROOT, encoding: 'utf8' });
  return result.status === 0 ? '' : `exit code ${String(result.status)}\n${result.stdout}${result.stderr}`;
}

function pathsOf(fields: readonly { toString(): string; number: number }[]): string[] {
  return fields.map((field) => `${field.toString()} = ${field.number}`);
}

describe('against the frozen image', () => {
  it('breaks neither the binary nor the JSON form', () => {
    expect(breakingChangesAgainst(BASELINE_FILE)).toBe('');
  });

  it('lacks nothing', () => {
    const frozen = registryOf(readDescriptorSet(BASELINE_FILE));
    expect(differencesFrom([...frozen.files], ours)).toEqual([]);
  });
});

// The reference stands beside the repository where the project is built, and nowhere else.
const withEve = eve === undefined ? describe.skip : describe;

withEve("against EVE's API", () => {
  const eveFiles = eve === undefined ? [] : filesOfPackages(eve, evePackages);

  it('breaks neither the binary nor the JSON form', () => {
    expect(breakingChangesAgainst(EVE_DESCRIPTOR_FILE)).toBe('');
  });

  it("has every message, field, enum value and reserved number of EVE's config, common and info packages", () => {
    expect(eveFiles.length).toBeGreaterThan(evePackages.length);
    expect(differencesFrom(eveFiles, ours)).toEqual([]);
  });

  it("adds to EVE's messages only numbers from 1000 up, and the returned fallBackPriority", () => {
    const added = addedFields(eveFiles, ours);
    expect(pathsOf(added.filter(({ number }) => number < 1000))).toEqual([
      'field org.lfedge.eve.config.PhyIOUsagePolicy.fallBackPriority = 2',
    ]);
    expect(pathsOf(added)).toContain('field org.lfedge.eve.config.EdgeDevConfig.operation_policies = 1000');
  });
});

describe('the comparison', () => {
  const packages = ['org.lfedge.eve.config'];
  const portUsage = 'org.lfedge.eve.config.PhyIOUsagePolicy';

  function differencesAfter(doctor: (message: DescriptorProto) => void): string[] {
    const doctored = clone(FileDescriptorSetSchema, ourDescriptorSet());
    const message = doctored.file
      .find(({ name }) => name === 'config/devmodel.proto')
      ?.messageType.find(({ name }) => name === 'PhyIOUsagePolicy');
    if (message === undefined) throw new Error('PhyIOUsagePolicy is not in config/devmodel.proto');
    doctor(message);
    return differencesFrom(filesOfPackages(ours, packages), registryOf(doctored));
  }

  function doctorField(change: (field: DescriptorProto['field'][number]) => void) {
    return (message: DescriptorProto) => {
      message.field.filter(({ name }) => name === 'freeUplink').forEach(change);
    };
  }

  const cases: readonly (readonly [string, (message: DescriptorProto) => void, readonly string[]])[] = [
    ['nothing', () => undefined, []],
    [
      'a field that is missing',
      (message) => {
        message.field = message.field.filter(({ name }) => name !== 'freeUplink');
      },
      [`field ${portUsage}.freeUplink: field 1 is missing`],
    ],
    [
      'another name',
      doctorField((field) => {
        field.name = 'free';
        field.jsonName = 'free';
      }),
      [
        `field ${portUsage}.freeUplink: name is free, expected freeUplink`,
        `field ${portUsage}.freeUplink: JSON name is free, expected freeUplink`,
      ],
    ],
    [
      'another type',
      doctorField((field) => {
        field.type = FieldDescriptorProto_Type.UINT32;
      }),
      [`field ${portUsage}.freeUplink: type is label 1 type 13, expected label 1 type 8`],
    ],
    [
      'another number',
      doctorField((field) => {
        field.number = 7;
      }),
      [`field ${portUsage}.freeUplink: field 1 is missing`],
    ],
    [
      'an addition',
      (message) => {
        const more = { name: 'more', jsonName: 'more', number: 1999, type: FieldDescriptorProto_Type.BOOL };
        message.field.push(create(FieldDescriptorProtoSchema, { ...more, label: FieldDescriptorProto_Label.OPTIONAL }));
      },
      [],
    ],
  ];

  it.each(cases)('finds %s', (_what, doctor, expected) => {
    expect(differencesAfter(doctor)).toEqual(expected);
  });

  it('finds messages and enums that are missing', () => {
    const { file } = ourDescriptorSet();
    const commonOnly = create(FileDescriptorSetSchema, {
      file: file.filter((each) => ['org.lfedge.eve.common', 'google.protobuf'].includes(each.package)),
    });
    const found = differencesFrom(filesOfPackages(ours, packages), registryOf(commonOnly));
    expect(found).toContain(`${portUsage}: message is missing`);
    expect(found).toContain('org.lfedge.eve.config.ZNetworkInstType: enum is missing');
    expect(found.filter((line) => line.startsWith('org.lfedge.eve.common.'))).toEqual([]);
  });
});
