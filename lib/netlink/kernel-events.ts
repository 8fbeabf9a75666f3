import type { Socket } from 'node:dgram';

import { familyName, type IpFamily } from './ip-address.js';
import { EventSocket, type KernelObject } from './wire/event-socket.js';
import { attributes, messagesIn, text, type Message } from './wire/message-reader.js';
import { polled } from './wire/polled-socket.js';
import { HEADER, IFLA, RTA, RTM } from './wire/rtnetlink.js';

/**
 * That something changed, and where: what it is now is to be read. `isGone`: it went; otherwise it came, or changed.
 */
export type KernelEvent =
  | { readonly kind: 'link'; readonly index: number; readonly name: string; readonly isGone: boolean }
  | { readonly kind: 'address'; readonly linkIndex: number; readonly family: IpFamily; readonly isGone: boolean }
  | {
      readonly kind: 'route';
      readonly table: number;
      readonly family: IpFamily;
      /** Who owns it (RTPROT_*). */
      readonly protocol: number;
      /** Undefined: several ways, or none. */
      readonly linkIndex: number | undefined;
      readonly isGone: boolean;
    };

export interface KernelEventsOptions {
  readonly objects: readonly Exclude<KernelObject, 'rule' | 'forwarding' | 'filter'>[];
  readonly namespace?: string | undefined;
  readonly onEvent: (event: KernelEvent) => void;
  /** More came than had room, or the socket failed: everything may have changed. */
  readonly onLost: (error: Error) => void;
}

/** Some thousand events. */
const BUFFER_BYTES = 4 * 1024 * 1024;

/**
 * Tells its owner of links, addresses and routes that change, by netlink multicast: without a process between the
 * kernel and us, which on a busy machine would have to wait for a processor of its own. Events are heard from the
 * constructor on, so that a snapshot which is read after it misses none.
 */
export class KernelEvents {
  readonly #socket: Socket;

  /** @throws NetlinkError where the kernel cannot be asked, or there is no such namespace. */
  constructor({ objects, namespace, onEvent, onLost }: KernelEventsOptions) {
    this.#socket = polled(EventSocket.open({ objects, namespace, bufferBytes: BUFFER_BYTES }).fd);
    this.#socket.on('message', (bytes) => {
      for (const message of messagesIn(bytes)) {
        const event = eventIn(message);
        if (event !== undefined) onEvent(event);
      }
    });
    // ENOBUFS: more came than had room. Nothing else is known to happen to such a socket; it goes on either way.
    this.#socket.on('error', onLost);
    this.#socket.unref();
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(resolve));
  }
}

/** Undefined: of no kind that is told, or nothing but how a bridge uses its port. */
export function eventIn({ type, body }: Message): KernelEvent | undefined {
  switch (type) {
    case RTM.newLink:
    case RTM.deleteLink: {
      const name = attributes(body, HEADER.link).get(IFLA.name);
      if (name === undefined || body.readUInt8(0) !== AF_UNSPEC) return undefined;
      return { kind: 'link', index: body.readInt32LE(4), name: text(name), isGone: type === RTM.deleteLink };
    }
    case RTM.newAddress:
    case RTM.deleteAddress: {
      const family = familyName(body.readUInt8(0));
      if (family === undefined) return undefined;
      return { kind: 'address', linkIndex: body.readUInt32LE(4), family, isGone: type === RTM.deleteAddress };
    }
    case RTM.newRoute:
    case RTM.deleteRoute: {
      const family = familyName(body.readUInt8(0));
      if (family === undefined) return undefined;
      const fields = attributes(body, HEADER.route);
      return {
        kind: 'route',
        table: fields.get(RTA.table)?.readUInt32LE() ?? body.readUInt8(4),
        family,
        protocol: body.readUInt8(5),
        linkIndex: fields.get(RTA.outputInterface)?.readUInt32LE(),
        isGone: type === RTM.deleteRoute,
      };
    }
    default:
      return undefined;
  }
}

const AF_UNSPEC = 0;
