import { closeSync } from 'node:fs';

import { called, openSocket, resizeBuffer } from './open-socket.js';
import { checked, libc } from '../../libc/index.js';

const AF_NETLINK = 16;
const SOCKADDR_NL_BYTES = 12;
const MSG_DONTWAIT = 0x40;
const EAGAIN = 11;
const ENOBUFS = 105;

/**
 * What can be heard of, by the multicast group that tells it (RTMGRP_* of linux/rtnetlink.h); of IPv4, as far as there
 * are families.
 */
const groups = { link: 0x1, filter: 0x8, address: 0x10, route: 0x40, rule: 0x80, forwarding: 0x80_0000 } as const;

export type KernelObject = keyof typeof groups;

/** A netlink socket that hears of what changes in the kernel, from the moment it is open. */
export class EventSocket {
  readonly fd: number;

  private constructor(fd: number) {
    this.fd = fd;
  }

  /**
   * Opens a socket, which is to be closed. `bufferBytes`: how much may wait in it; beyond that the kernel drops events,
   * and says so.
   * @throws NetlinkError where the kernel cannot be called from here, or there is no such namespace.
   */
  static open(options: {
    readonly objects: readonly KernelObject[];
    readonly namespace: string | undefined;
    readonly bufferBytes: number;
  }): EventSocket {
    const fd = openSocket('route', options.namespace);
    resizeBuffer(fd, 'receive', options.bufferBytes);
    const address = Buffer.alloc(SOCKADDR_NL_BYTES);
    address.writeUInt16LE(AF_NETLINK, 0);
    address.writeUInt32LE(
      options.objects.reduce((mask, object) => mask | groups[object], 0),
      8,
    );
    try {
      called('netlink groups', () => checked(libc().bind(fd, address, address.length), 'bind'));
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    return new EventSocket(fd);
  }

  /** Whether anything was heard since this was asked last; what it was is dropped. Where that cannot be known: yes. */
  heardAnything(): boolean {
    const { recv, errorNumber } = libc();
    const nowhere = Buffer.alloc(1);
    for (let heard = false; ; heard = true) {
      if (recv(this.fd, nowhere, nowhere.length, MSG_DONTWAIT) >= 0) continue;
      const error = errorNumber();
      if (error === EAGAIN) return heard;
      if (error !== ENOBUFS) return true;
    }
  }

  close(): void {
    closeSync(this.fd);
  }
}
