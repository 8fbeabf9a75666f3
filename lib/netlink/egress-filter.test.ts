import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import {
  formatEgressFilter,
  MOST_REFUSED_RANGES,
  type AddressRange,
  type EgressFilter,
} from '../egress-filter/index.js';
import { egressFilterIn, writeEgressFilter } from './egress-filter.js';
import { addressText } from './ip-address.js';
import { attributes, inside, messagesIn, type Message } from './wire/message-reader.js';
import { MessageWriter } from './wire/message-writer.js';
import { HEADER, TCA, TCA_BPF } from './wire/rtnetlink.js';

const LARGEST = 0xffff_ffff;

const filterOf = (...refusedSources: readonly AddressRange[]): EgressFilter => ({
  ...{ dev: 'eth0', preference: 22_900, handle: 1 },
  refusedSources,
});

function dotted(number: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number);
  return addressText(bytes);
}

function written(filter: EgressFilter): Message {
  const writer = new MessageWriter();
  writeEgressFilter(writer, filter, 7);
  const [message] = messagesIn(Buffer.from(writer.bytes));
  if (message === undefined) throw new Error('nothing was written');
  return message;
}

/** What classic BPF (linux/filter.h) answers for a packet from there. */
function answerOf(program: Buffer, source: number): number {
  for (let at = 0; ; at += 8) {
    const operand = program.readUInt32LE(at + 4);
    switch (program.readUInt16LE(at)) {
      case 0x20:
        if (operand !== 0xfff0_000c) throw new Error('it loads something else');
        break;
      case 0x35:
        at += 8 * program.readUInt8(at + (source >= operand ? 2 : 3));
        break;
      case 0x06:
        return operand;
      default:
        throw new Error('an instruction that is not known');
    }
  }
}

const ranges = fc
  .uniqueArray(fc.oneof(fc.nat(LARGEST), fc.integer({ min: LARGEST - 300, max: LARGEST }), fc.nat(300)), {
    ...{ minLength: 2, maxLength: 2 * MOST_REFUSED_RANGES },
  })
  .map((ends) => {
    const sorted = [...ends].sort((a, b) => a - b);
    const made: [number, number][] = [];
    for (let index = 0; index + 1 < sorted.length; index += 2) {
      const [first = 0, last = 0] = [sorted[index], sorted[index + 1]];
      if (first > (made.at(-1)?.[1] ?? -2) + 1) made.push([first, last]);
    }
    return made;
  })
  .filter((made) => made.length > 0);

describe('a filter of what leaves', () => {
  it('drops what comes from its addresses, and has no opinion of anything else', () => {
    fc.assert(
      fc.property(ranges, fc.array(fc.nat(LARGEST)), (made, others) => {
        const message = written(
          filterOf(...made.map(([first, last]) => ({ first: dotted(first), last: dotted(last) }))),
        );
        const options = inside(attributes(message.body, HEADER.trafficControl), TCA.options);
        const program = options.get(TCA_BPF.instructions) ?? Buffer.alloc(0);
        expect(options.get(TCA_BPF.instructionCount)?.readUInt16LE()).toBe(program.length / 8);
        const edges = made.flatMap(([first, last]) => [first - 1, first, last, last + 1]);
        for (const source of [...edges, ...others, 0, LARGEST].filter((each) => each >= 0 && each <= LARGEST)) {
          const isRefused = made.some(([first, last]) => source >= first && source <= last);
          expect(answerOf(program, source)).toBe(isRefused ? 2 : 0xffff_ffff);
        }
      }),
    );
  });

  it('is read back as it was written', () => {
    fc.assert(
      fc.property(ranges, (made) => {
        const filter = filterOf(...made.map(([first, last]) => ({ first: dotted(first), last: dotted(last) })));
        expect(egressFilterIn(written(filter))).toEqual({ ...filter, dev: undefined });
      }),
    );
  });

  it('refuses nothing where another program is in its place', () => {
    const message = written(filterOf({ first: '10.77.0.0', last: '10.77.0.255' }));
    // The answer of its last instruction: whatever another filter says, in place of nothing to say.
    message.body[message.body.length - 12] = 2;
    expect(egressFilterIn(message)?.refusedSources).toEqual([]);
  });

  it.each<{ what: string; refused: readonly AddressRange[] }>([
    { what: 'no ranges', refused: [] },
    {
      what: 'ranges without a gap',
      refused: [
        { first: '10.0.0.0', last: '10.0.0.255' },
        { first: '10.0.1.0', last: '10.0.1.255' },
      ],
    },
    {
      what: 'too many',
      refused: Array.from({ length: MOST_REFUSED_RANGES + 1 }, (_, index) => ({
        first: `10.0.${index}.0`,
        last: `10.0.${index}.9`,
      })),
    },
    { what: 'what is no address', refused: [{ first: '10.0.0', last: '10.0.0.9' }] },
  ])('is not written with $what', ({ refused }) => {
    expect(() => written(filterOf(...refused))).toThrow(RangeError);
  });

  it('reads like tc', () => {
    expect(formatEgressFilter(filterOf({ first: '10.77.0.0', last: '10.77.1.255' }))).toBe(
      'dev eth0 pref 22900 handle 1 egress bpf direct-action drop from 10.77.0.0-10.77.1.255',
    );
  });
});
