import type { IpFamily } from './uplink.js';

/** What went over a port, in bytes and packets as IP counts them: with the headers of IP and of what is above it. */
export interface Traffic {
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly packetsSent: number;
  readonly packetsReceived: number;
}

export const noTraffic: Traffic = { bytesSent: 0, bytesReceived: 0, packetsSent: 0, packetsReceived: 0 };

/** Header of IP without options (RFC 791, RFC 8200). */
export const ipHeaderBytes: Readonly<Record<IpFamily, number>> = { 4: 20, 6: 40 };

/** UDP's header (RFC 768). */
export const UDP_HEADER_BYTES = 8;

export function addTraffic(a: Traffic, b: Traffic): Traffic {
  return {
    bytesSent: a.bytesSent + b.bytesSent,
    bytesReceived: a.bytesReceived + b.bytesReceived,
    packetsSent: a.packetsSent + b.packetsSent,
    packetsReceived: a.packetsReceived + b.packetsReceived,
  };
}

/** Sums up what the steps of an exchange cost, also of those that fail or are given up. */
export class TrafficTally {
  #total = noTraffic;

  get total(): Traffic {
    return this.#total;
  }

  add(traffic: Traffic): void {
    this.#total = addTraffic(this.#total, traffic);
  }

  /** One packet out, of this size at IP level. */
  sent(bytes: number): void {
    this.add({ ...noTraffic, bytesSent: bytes, packetsSent: 1 });
  }

  /** One packet in, of this size at IP level. */
  received(bytes: number): void {
    this.add({ ...noTraffic, bytesReceived: bytes, packetsReceived: 1 });
  }
}
