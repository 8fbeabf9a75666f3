import { describe, expect, it } from '@jest/globals';
import { decode, encode, type Answer, type Packet } from 'dns-packet';
import fc from 'fast-check';

import { encodeQuery, readAnswer, type Reading } from './message.js';
import { a, aaaa, cname, responseCode, truncated } from '../testing/name-server.js';

const question = { name: 'ship.example', family: 4 } as const;
const response = (more: Partial<Packet>): Buffer =>
  encode({ type: 'response', id: 7, questions: [{ type: 'A', class: 'IN', name: 'SHIP.example' }], ...more });
const answers = (...list: Answer[]): Buffer => response({ answers: list });

describe('encodeQuery', () => {
  it('asks one question, recursively, in few bytes', () => {
    const query = encodeQuery(7, question);
    expect(decode(query)).toMatchObject({
      id: 7,
      type: 'query',
      flag_rd: true,
      questions: [{ name: 'ship.example', type: 'A' }],
    });
    expect(query).toHaveLength(12 + 'ship.example'.length + 2 + 4);
  });
});

describe('readAnswer', () => {
  it.each<[string, Buffer, Reading]>([
    [
      'addresses, each once',
      answers(a('ship.example', '192.0.2.1', 9), a('ship.example', '192.0.2.2', 5), a('ship.example', '192.0.2.1', 9)),
      { kind: 'addresses', addresses: ['192.0.2.1', '192.0.2.2'], ttlMs: 5_000 },
    ],
    [
      'a chain, in any order',
      answers(
        a('b.example', '192.0.2.1', 9),
        cname('A.example', 'b.example', 3),
        cname('ship.example', 'a.EXAMPLE', 8),
      ),
      { kind: 'addresses', addresses: ['192.0.2.1'], ttlMs: 3_000 },
    ],
    [
      'a chain that ends elsewhere',
      answers(cname('ship.example', 'b.example', 8)),
      { kind: 'alias', name: 'b.example', ttlMs: 8_000 },
    ],
    [
      'a chain in a circle',
      answers(cname('ship.example', 'b.example'), cname('b.example', 'ship.example')),
      { kind: 'no-address' },
    ],
    ['records of somebody else', answers(a('other.example', '192.0.2.1')), { kind: 'no-address' }],
    ['another type', answers(aaaa('ship.example', '2001:db8::1')), { kind: 'no-address' }],
    ['nothing', answers(), { kind: 'no-address' }],
    [
      'addresses that lead nowhere',
      answers(a('ship.example', '0.0.0.0'), a('ship.example', '127.0.0.1')),
      { kind: 'blocked', addresses: ['0.0.0.0', '127.0.0.1'] },
    ],
    [
      'some that lead nowhere',
      answers(a('ship.example', '0.0.0.0'), a('ship.example', '192.0.2.1')),
      { kind: 'addresses', addresses: ['192.0.2.1'], ttlMs: 60_000 },
    ],
    [
      'a TTL without end',
      answers(a('ship.example', '192.0.2.1', 2 ** 32 - 1)),
      { kind: 'addresses', addresses: ['192.0.2.1'], ttlMs: 0 },
    ],
    ['NXDOMAIN', response(responseCode(3)), { kind: 'no-such-name' }],
    ['SERVFAIL', response(responseCode(2)), { kind: 'server-failure', code: 'SERVFAIL' }],
    ['REFUSED', response(responseCode(5)), { kind: 'server-failure', code: 'REFUSED' }],
    ['a code of no name', response(responseCode(11)), { kind: 'server-failure', code: 'RCODE 11' }],
    ['truncated', response(truncated), { kind: 'truncated' }],
    ['another number', response({ id: 8 }), { kind: 'not-ours' }],
    [
      'another question',
      response({ questions: [{ type: 'A', class: 'IN', name: 'ship.example.org' }] }),
      { kind: 'not-ours' },
    ],
    [
      'another type asked',
      response({ questions: [{ type: 'AAAA', class: 'IN', name: 'ship.example' }] }),
      { kind: 'not-ours' },
    ],
    ['no question', response({ questions: [] }), { kind: 'not-ours' }],
    ['a query', encodeQuery(7, question), { kind: 'not-ours' }],
    ['garbage', Buffer.from('HTTP/1.1 400 Bad Request'), { kind: 'garbage' }],
    ['an empty datagram', Buffer.alloc(0), { kind: 'garbage' }],
  ])('%s', (_what, bytes, want) => {
    expect(readAnswer(bytes, 7, question)).toEqual(want);
  });

  it('never throws, nor takes a cut or bent answer for another address (property)', () => {
    const good = answers(cname('ship.example', 'b.example'), a('b.example', '192.0.2.1'));
    const bent = fc
      .tuple(fc.nat(good.length), fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 3 }))
      .map(([length, changes]) => {
        const bytes = Buffer.from(good);
        for (const [at, value] of changes) bytes.writeUInt8(value, at);
        return bytes.subarray(0, length);
      });
    fc.assert(
      fc.property(
        fc.oneof(
          bent,
          fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
        ),
        (bytes) => {
          const reading = readAnswer(bytes, 7, question);
          if (reading.kind === 'addresses') expect(bytes).toHaveLength(good.length);
        },
      ),
      { numRuns: 5_000 },
    );
  });
});
