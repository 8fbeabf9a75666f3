import { randomInt } from 'node:crypto';

import { familyOf } from '../addresses.js';
import { asSocketError, errorCode } from '../socket-error.js';
import { connectTcp, tcpInfo } from '../tcp.js';
import { ipHeaderBytes, UDP_HEADER_BYTES, type TrafficTally } from '../traffic.js';
import { openUdp } from '../udp.js';
import type { Limits, Uplink } from '../uplink.js';
import { within } from '../within.js';
import { encodeQuery, readAnswer, type Question, type Reading } from './message.js';

const DNS_PORT = 53;
/** RFC 1035, 4.2.2: the length comes first. */
const LENGTH_BYTES = 2;

/** What a server has to say: an answer, or that it cannot be asked. */
export type Reply = Reading | { readonly kind: 'unreachable'; readonly detail: string };

/** A question that is put to one server, perhaps several times. */
export interface ServerTalk {
  /** Asks (again). */
  readonly ask: () => void;
  readonly close: () => void;
}

/**
 * Puts a question to a server over UDP, from a socket that hears this server alone (connected), and over TCP where the
 * answer is too long. Replies may be several; close it when one will do.
 * @throws SocketError where no socket can be opened
 */
export function talkTo(
  uplink: Uplink,
  server: string,
  question: Question,
  options: { readonly timeoutMs: number; readonly tally: TrafficTally; readonly onReply: (reply: Reply) => void },
): ServerTalk {
  const { tally, onReply } = options;
  const family = familyOf(server);
  const headerBytes = ipHeaderBytes[family] + UDP_HEADER_BYTES;
  const id = randomInt(0x10000);
  const query = encodeQuery(id, question);
  const socket = openUdp(uplink, family);
  const overTcp = new AbortController();
  let isOpen = true;
  let isConnected = false;
  let isOverTcp = false;
  const close = (): void => {
    if (!isOpen) return;
    isOpen = false;
    overTcp.abort();
    socket.close();
  };
  const send = (): void => {
    socket.send(query, (error) => {
      if (error === null) tally.sent(headerBytes + query.length);
      else if (isOpen) onReply(unreachable(error));
    });
  };
  socket.on('error', (error) => {
    // Nothing more can come from it, and an error in its queue keeps the event loop busy.
    close();
    onReply(unreachable(error));
  });
  socket.on('message', (bytes) => {
    tally.received(headerBytes + bytes.length);
    const reading = readAnswer(bytes, id, question);
    if (reading.kind !== 'truncated') {
      onReply(reading);
      return;
    }
    if (isOverTcp) return;
    isOverTcp = true;
    void askOverTcp(uplink, server, question, { timeoutMs: options.timeoutMs, signal: overTcp.signal }, tally).then(
      (reply) => {
        if (isOpen) onReply(reply);
      },
    );
  });
  return {
    ask: () => {
      if (!isOpen || isOverTcp) return;
      if (isConnected) {
        send();
        return;
      }
      isConnected = true;
      socket.connect(DNS_PORT, server, () => {
        if (isOpen) send();
      });
    },
    close,
  };
}

/** Never rejects. */
async function askOverTcp(
  uplink: Uplink,
  server: string,
  question: Question,
  limits: Limits,
  tally: TrafficTally,
): Promise<Reply> {
  const id = randomInt(0x10000);
  const query = encodeQuery(id, question);
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt16BE(query.length);
  try {
    const socket = await connectTcp(uplink, { ...limits, address: server, port: DNS_PORT });
    try {
      const answer = await within<Buffer>(limits, ({ resolve, reject }) => {
        let received = Buffer.alloc(0);
        socket.on('data', (chunk: Buffer) => {
          received = Buffer.concat([received, chunk]);
          if (received.length < LENGTH_BYTES) return;
          const end = LENGTH_BYTES + received.readUInt16BE(0);
          if (received.length >= end) resolve(received.subarray(LENGTH_BYTES, end));
        });
        socket.on('error', reject);
        socket.on('close', () => {
          reject(new Error('the name server closed the connection'));
        });
        socket.write(Buffer.concat([length, query]));
      });
      const reading = readAnswer(answer, id, question);
      return reading.kind === 'truncated' || reading.kind === 'not-ours' ? { kind: 'garbage' } : reading;
    } finally {
      socket.resetAndDestroy();
      tally.add(tcpInfo(socket));
    }
  } catch (error) {
    const failure = asSocketError(error, `asking ${server} over TCP`);
    tally.add(failure.traffic);
    return { kind: 'unreachable', detail: failure.message };
  }
}

function unreachable(error: Error): Reply {
  switch (errorCode(error)) {
    case 'ECONNREFUSED':
      return { kind: 'unreachable', detail: 'runs no name service' };
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return { kind: 'unreachable', detail: 'is unreachable' };
    default:
      return { kind: 'unreachable', detail: `cannot be asked: ${error.message}` };
  }
}
