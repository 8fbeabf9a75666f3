import { ipv4Number, ipv4Text } from '../ipv4/index.js';
import { MOST_REFUSED_RANGES, type AddressRange } from './egress-filter.js';

/** Classic BPF (linux/filter.h): code, jumps where true and where false, operand. */
export const INSTRUCTION_BYTES = 8;
const CODE = { loadWord: 0x20, jumpIfAtLeast: 0x35, answer: 0x06 } as const;
/** The source's place in an IPv4 packet, whatever header the link has (SKF_NET_OFF). */
const SOURCE_AT = 0xfff0_0000 + 12;
/** linux/pkt_cls.h, TC_ACT_SHOT and TC_ACT_UNSPEC: whatever other filter says. */
const [DROP, NO_OPINION] = [2, 0xffff_ffff] as const;
const LARGEST_ADDRESS = 0xffff_ffff;

/**
 * Looks for the source among the ranges' ends by halves: after an odd number of ends, it is in one of them.
 * @throws RangeError
 */
export function programOf(ranges: readonly AddressRange[]): Buffer {
  if (ranges.length === 0 || ranges.length > MOST_REFUSED_RANGES) {
    throw new RangeError(`a filter has 1 to ${MOST_REFUSED_RANGES} ranges, not ${ranges.length}`);
  }
  const ends = ranges.flatMap(({ first, last }) => [numberOf(first), numberOf(last) + 1]);
  if (ends.some((end, index) => index > 0 && end <= (ends[index - 1] ?? 0))) {
    throw new RangeError('the ranges of a filter ascend, with a gap between any two');
  }
  const search = (from: number, to: number): readonly Buffer[] => {
    if (from === to) return [instruction(CODE.answer, from % 2 === 1 ? DROP : NO_OPINION)];
    const middle = Math.floor((from + to) / 2);
    const below = search(from, middle);
    const end = ends[middle] ?? 0;
    // Nothing comes after the last address there is.
    if (end > LARGEST_ADDRESS) return below;
    return [instruction(CODE.jumpIfAtLeast, end, below.length), ...below, ...search(middle + 1, to)];
  };
  return Buffer.concat([instruction(CODE.loadWord, SOURCE_AT), ...search(0, ends.length)]);
}

/** What a program refuses; nothing where it is not one that we would have written. */
export function refusedBy(program: Buffer | undefined): readonly AddressRange[] {
  if (program === undefined) return [];
  const ends: number[] = [];
  for (let at = 0; at + INSTRUCTION_BYTES <= program.length; at += INSTRUCTION_BYTES) {
    if (program.readUInt16LE(at) === CODE.jumpIfAtLeast) ends.push(program.readUInt32LE(at + 4));
  }
  ends.sort((a, b) => a - b);
  if (ends.length % 2 === 1) ends.push(LARGEST_ADDRESS + 1);
  const ranges = Array.from({ length: ends.length / 2 }, (_, index) => ({
    first: ipv4Text(ends[index * 2] ?? 0),
    last: ipv4Text((ends[index * 2 + 1] ?? 0) - 1),
  }));
  try {
    return programOf(ranges).equals(program) ? ranges : [];
  } catch (error) {
    if (error instanceof RangeError) return [];
    throw error;
  }
}

function instruction(code: number, operand: number, jumpIfTrue = 0): Buffer {
  const bytes = Buffer.alloc(INSTRUCTION_BYTES);
  bytes.writeUInt16LE(code);
  bytes.writeUInt8(jumpIfTrue, 2);
  bytes.writeUInt32LE(operand, 4);
  return bytes;
}

function numberOf(address: string): number {
  const number = ipv4Number(address);
  if (number === undefined) throw new RangeError(`${JSON.stringify(address)} is no IPv4 address`);
  return number;
}
