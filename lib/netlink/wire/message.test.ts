import { describe, expect, it } from '@jest/globals';

import { attributes, attributesIn, inside, messagesIn, text } from './message-reader.js';
import { FLAG, MessageWriter } from './message-writer.js';

describe('a netlink message', () => {
  it('is laid out as RFC 3549 and linux/netlink.h have it', () => {
    const writer = new MessageWriter();
    const sequence = writer.message(0x0a0d, FLAG.dump, () => {
      writer.raw([1, 0, 0, 0]);
      writer.string(1, 'eth0');
      writer.nested(3, () => {
        writer.u32be(8, 0xe0010002);
        writer.u8(9, 6);
      });
    });
    const counter = Buffer.alloc(4);
    counter.writeUInt32LE(sequence);
    expect(writer.bytes.toString('hex')).toBe(
      [
        '34000000', // length: all of it, padding included
        '0d0a',
        '0103', // request, dump
        counter.toString('hex'),
        '00000000',
        '01000000',
        '09000100' + '6574683000' + '000000', // length 9: with its zero, without padding
        '14000380', // nested
        '08000800' + 'e0010002',
        '05000900' + '06' + '000000',
      ].join(''),
    );
  });

  it('reads back what was written, however many and long', () => {
    const writer = new MessageWriter();
    const names = Array.from({ length: 300 }, (_, index) => `name${'x'.repeat(index % 40)}`);
    const sequences = names.map((name, index) =>
      writer.message(index, FLAG.acknowledge, () => {
        writer.nested(2, () => {
          writer.string(5, name);
          writer.u32(6, index);
        });
        writer.bytesAttribute(7, Buffer.from([index & 0xff]));
      }),
    );
    const read = [...messagesIn(writer.bytes)];
    expect(read.map(({ sequence }) => sequence)).toEqual(sequences);
    expect(new Set(sequences).size).toBe(names.length);
    for (const [index, { type, body }] of read.entries()) {
      const nest = inside(attributes(body), 2);
      expect(type).toBe(index);
      expect(text(nest.get(5) ?? Buffer.alloc(0))).toBe(names[index]);
      expect(nest.get(6)?.readUInt32LE()).toBe(index);
      expect([...(attributes(body).get(7) ?? [])]).toEqual([index & 0xff]);
    }
  });

  it.each([
    { what: 'nothing', bytes: '' },
    { what: 'half a header', bytes: '10000000' },
    { what: 'a length shorter than a header', bytes: '0f000000000000000000000000000000' },
    { what: 'a length beyond the end', bytes: '11000000000000000000000000000000' },
  ])('is not read out of $what', ({ bytes }) => {
    expect([...messagesIn(Buffer.from(bytes, 'hex'))]).toEqual([]);
  });

  it.each([
    { what: 'a length shorter than a header', bytes: '03000100' },
    { what: 'a length beyond the end', bytes: '09000100aabbccdd' },
  ])('has no attribute in $what', ({ bytes }) => {
    expect([...attributesIn(Buffer.from(bytes, 'hex'))]).toEqual([]);
  });
});
