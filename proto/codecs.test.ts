import { create, type DescMessage, fromBinary, type Message, toBinary } from '@bufbuild/protobuf';
import { WireType } from '@bufbuild/protobuf/wire';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from '@jest/globals';
import protobuf from 'protobufjs';
import 'protobufjs/ext/descriptor/index.js';
import { EdgeDevConfig } from '../gen/config/devconfig.js';
import { messagesOf } from './descriptor-difference.js';
import { ourDescriptorSet, registryOf } from './descriptor-sets.js';
import { messageFunctionsOf, protobufjsForm, protobufjsOptions, tsProtoForm } from './library-forms.js';
import { randomMessage, seededDice } from './random-message.js';

const descriptorSet = ourDescriptorSet();
const registry = registryOf(descriptorSet);
// The package adds this method to Root when it is imported, and does not declare it.
const { fromDescriptor } = protobuf.Root as unknown as {
  fromDescriptor: (set: Uint8Array) => protobuf.Root;
};
const root = fromDescriptor(toBinary(FileDescriptorSetSchema, descriptorSet));
const messages = [...registry.files].flatMap(messagesOf);
const NESTING_DEPTH = 3;
const INSTANCES_PER_MESSAGE = 5;

describe('ts-proto and protobufjs read each other', () => {
  it.each(messages.map((message) => [message.typeName, message] as const))('%s', async (typeName, message) => {
    const generated = await messageFunctionsOf(message);
    const type = root.lookupType(typeName);
    for (let seed = 1; seed <= INSTANCES_PER_MESSAGE; seed += 1) {
      const tree = randomMessage(message, seededDice(seed), NESTING_DEPTH);
      const forTsProto = generated.fromPartial(tsProtoForm(tree));
      const forProtobufjs = protobufjsForm(tree);

      const byTsProto = generated.encode(forTsProto).finish();
      expect(type.toObject(type.decode(byTsProto), protobufjsOptions)).toEqual(forProtobufjs);

      const byProtobufjs = type.encode(type.fromObject(forProtobufjs)).finish();
      expect(generated.decode(byProtobufjs)).toEqual(forTsProto);
    }
  });
});

/** A field of each kind of encoding that no .proto of ours knows, as a newer controller may send. */
const fieldsOfTheFuture = [
  { no: 15_001, wireType: WireType.Varint, data: Uint8Array.of(0x96, 0x01) },
  { no: 15_002, wireType: WireType.Bit64, data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) },
  { no: 15_003, wireType: WireType.LengthDelimited, data: Uint8Array.of(3, 0x66, 0x6f, 0x6f) },
  { no: 15_003, wireType: WireType.LengthDelimited, data: Uint8Array.of(1, 0x62) },
  { no: 15_004, wireType: WireType.Bit32, data: Uint8Array.of(1, 2, 3, 4) },
];

function byNumber(fields: Message['$unknown']): Record<number, string[]> {
  const found: Record<number, string[]> = {};
  for (const { no, data } of fields ?? []) (found[no] ??= []).push(Buffer.from(data).toString('hex'));
  return found;
}

function withFieldsOfTheFuture(schema: DescMessage, content: Record<string, unknown> = {}): Message {
  const message = create(schema, content);
  message.$unknown = fieldsOfTheFuture;
  return message;
}

describe('ts-proto keeps fields that it does not know', () => {
  it.each(messages.map((message) => [message.typeName, message] as const))('in %s', async (_typeName, message) => {
    const generated = await messageFunctionsOf(message);
    const bytes = toBinary(message, withFieldsOfTheFuture(message));
    const kept = fromBinary(message, generated.encode(generated.decode(bytes)).finish());
    expect(byNumber(kept.$unknown)).toEqual(byNumber(fieldsOfTheFuture));
  });

  it('four messages deep in a device configuration', () => {
    const schemaOf = (name: string): DescMessage => {
      const found = registry.getMessage(`org.lfedge.eve.config.${name}`);
      if (found === undefined) throw new Error(`no message ${name}`);
      return found;
    };
    const match = withFieldsOfTheFuture(schemaOf('ACEMatch'), { type: 'lport', value: '8022' });
    const entry = withFieldsOfTheFuture(schemaOf('ACE'), { name: 'ssh', matches: [match] });
    const adapter = withFieldsOfTheFuture(schemaOf('NetworkAdapter'), { name: 'eth0', acls: [entry] });
    const app = withFieldsOfTheFuture(schemaOf('AppInstanceConfig'), { displayname: 'app1', interfaces: [adapter] });
    const config = withFieldsOfTheFuture(schemaOf('EdgeDevConfig'), { apps: [app] });
    const bytes = toBinary(schemaOf('EdgeDevConfig'), config);

    const kept = EdgeDevConfig.encode(EdgeDevConfig.decode(bytes)).finish();

    // Both libraries write unknown fields last, in their order, so the bytes themselves compare.
    expect(Buffer.from(kept).toString('hex')).toBe(Buffer.from(bytes).toString('hex'));
  });
});
