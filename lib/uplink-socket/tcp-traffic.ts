import { checked, libc } from '../libc/index.js';
import { withSocketErrors } from './socket-error.js';
import { ipHeaderBytes, type Traffic } from './traffic.js';
import type { IpFamily } from './uplink.js';

const SOL_TCP = 6;
const TCP_INFO = 11;

// struct tcp_info of linux/tcp.h; bytes_sent came with Linux 4.19.
const STATE = 0;
const OPTIONS = 5;
const BYTES_RECEIVED = 128;
const SEGMENTS_OUT = 136;
const SEGMENTS_IN = 140;
const BYTES_SENT = 200;
const STRUCT_BYTES = 240;

const TCPI_OPT_TIMESTAMPS = 1;
const TCP_SYN_SENT = 2;

const TCP_HEADER_BYTES = 20;
/** MSS, SACK permitted, timestamps, window scale: what Linux asks for, and what a Linux answers. */
const SYN_OPTION_BYTES = 20;
const TIMESTAMP_OPTION_BYTES = 12;

/** What the kernel's counters do not say. */
export interface TcpCircumstances {
  readonly wasConnected: boolean;
  /** A reset is about to end the connection at once: one packet, where an orderly end takes three. */
  readonly isResetNow: boolean;
}

/**
 * What a TCP socket has cost so far at IP level, from the kernel's own counters: retransmitted data and bare
 * acknowledgements included. Exact but for options: SYN segments count as Linux makes them, selective acknowledgements
 * (12 bytes each, under loss) not at all.
 */
export function readTcpTraffic(fd: number, family: IpFamily, { wasConnected, isResetNow }: TcpCircumstances): Traffic {
  const info = Buffer.alloc(STRUCT_BYTES);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(STRUCT_BYTES);
  withSocketErrors(() => checked(libc().getsockopt(fd, SOL_TCP, TCP_INFO, info, length), 'reading TCP_INFO'));
  const packetsSent = info.readUInt32LE(SEGMENTS_OUT) + (wasConnected && isResetNow ? 1 : 0);
  const packetsReceived = info.readUInt32LE(SEGMENTS_IN);
  const bare = ipHeaderBytes[family] + TCP_HEADER_BYTES;
  if (!wasConnected || info.readUInt8(STATE) === TCP_SYN_SENT) {
    // SYNs, and a bare reset where somebody refused.
    return {
      bytesSent: packetsSent * (bare + SYN_OPTION_BYTES),
      bytesReceived: packetsReceived * bare,
      packetsSent,
      packetsReceived,
    };
  }
  const options = (info.readUInt8(OPTIONS) & TCPI_OPT_TIMESTAMPS) === 0 ? 0 : TIMESTAMP_OPTION_BYTES;
  const headersOf = (packets: number): number => packets * (bare + options) + SYN_OPTION_BYTES - options;
  return {
    bytesSent: headersOf(packetsSent) + Number(info.readBigUInt64LE(BYTES_SENT)),
    bytesReceived: headersOf(packetsReceived) + Number(info.readBigUInt64LE(BYTES_RECEIVED)),
    packetsSent,
    packetsReceived,
  };
}
