import { closeSync } from 'node:fs';

import { openSocket } from './open-socket.js';
import { libc } from '../../libc/index.js';

const AF_PACKET = 17;
const ETH_P_IP = 0x0800;
const SOCKADDR_LL_BYTES = 20;

/** A socket that puts IPv4 packets onto a link as they are. It receives nothing. */
export class PacketSocket {
  readonly #fd: number;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /**
   * Opens a socket, which is to be closed.
   * @throws NetlinkError where the kernel cannot be called from here, or refuses (without CAP_NET_RAW), or there is no
   * such namespace.
   */
  static open(namespace: string | undefined): PacketSocket {
    return new PacketSocket(openSocket('packet', namespace));
  }

  /** Whether the packet was taken; not so where the link is down or gone, or its queue is full. */
  send(packet: Uint8Array, to: { readonly index: number; readonly linkAddress: Uint8Array }): boolean {
    const address = Buffer.alloc(SOCKADDR_LL_BYTES);
    address.writeUInt16LE(AF_PACKET, 0);
    address.writeUInt16BE(ETH_P_IP, 2);
    address.writeInt32LE(to.index, 4);
    address.writeUInt8(to.linkAddress.length, 11);
    address.set(to.linkAddress.subarray(0, 8), 12);
    return libc().sendto(this.#fd, packet, packet.length, 0, address, address.length) === packet.length;
  }

  close(): void {
    closeSync(this.#fd);
  }
}
