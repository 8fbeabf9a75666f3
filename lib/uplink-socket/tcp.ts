import { Socket } from 'node:net';

import { libc } from '../libc/index.js';
import { familyOf } from './addresses.js';
import { limitReceiveBuffer, openSocket } from './open-socket.js';
import type { ReadBuffers } from './read-buffers.js';
import { asSocketError } from './socket-error.js';
import { requireIpv6Source } from './source-address.js';
import { readTcpTraffic } from './tcp-traffic.js';
import type { Traffic } from './traffic.js';
import type { IpFamily, Limits, Uplink } from './uplink.js';
import { within } from './within.js';

/**
 * What may wait in a connection with read buffers: one chunk. More stays in the kernel, and so with the sender. Of
 * several, read() makes a new one by copying, and their buffers do not come back.
 */
const READ_AHEAD_BYTES = 1;

/** Where a connection goes. */
export interface TcpOptions extends Limits {
  /** An IP address: names are for `resolve`. */
  readonly address: string;
  readonly port: number;
  /** For much data: where it is read into. Undefined: a new buffer each time, as Node does it. */
  readonly readBuffers?: ReadBuffers | undefined;
  /**
   * SO_RCVBUF: bounds what may be on its way, or unread in the kernel, to about one and a half times this. So much is
   * lost when the connection is cut, and so much at most comes in a round trip. Undefined: as the kernel sees fit, up
   * to many megabytes.
   */
  readonly receiveBufferBytes?: number | undefined;
}

/**
 * A TCP connection over this port and no other. What takes a socket sits on top: tls.connect({ socket }),
 * http.request({ createConnection }).
 * @throws SocketError (a rejection): ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, ECONNRESET, ABORT_ERR, and
 * what openSocket throws. Nothing is left open then; `traffic` says what it cost.
 */
export async function connectTcp(uplink: Uplink, options: TcpOptions): Promise<Socket> {
  const { address, port } = options;
  const family = familyOf(address);
  if (family === 6) requireIpv6Source(uplink, address);
  const socket = BoundTcpSocket.open(uplink, family, options);
  try {
    await within(options, ({ resolve, reject }) => {
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(undefined);
      });
      socket.once('error', reject);
      socket.connect({ host: address, port });
    });
    return socket;
  } catch (error) {
    socket.destroy();
    const what = `connecting to ${family === 6 ? `[${address}]` : address}:${port} over ${uplink.interfaceName}`;
    throw asSocketError(error, what, socket.traffic);
  }
}

/**
 * What a socket of `connectTcp` has cost so far; what it had cost in the end, where it is closed (less the packets of
 * an orderly end).
 * @throws TypeError for other sockets
 */
export function tcpInfo(socket: Socket): Traffic {
  if (socket instanceof BoundTcpSocket) return socket.traffic;
  throw new TypeError('no socket of connectTcp');
}

class BoundTcpSocket extends Socket {
  readonly #fd: number;
  readonly #family: IpFamily;
  #wasConnected = false;
  #final: Traffic | undefined;

  static open(
    uplink: Uplink,
    family: IpFamily,
    { readBuffers, receiveBufferBytes }: Pick<TcpOptions, 'readBuffers' | 'receiveBufferBytes'>,
  ): BoundTcpSocket {
    const fd = openSocket(uplink, family, 'tcp');
    try {
      if (receiveBufferBytes !== undefined) limitReceiveBuffer(fd, receiveBufferBytes);
      return new BoundTcpSocket(fd, family, readBuffers);
    } catch (error) {
      // Node has not taken it over.
      libc().close(fd);
      throw error;
    }
  }

  private constructor(fd: number, family: IpFamily, readBuffers: ReadBuffers | undefined) {
    // manualStart: nothing can be read before there is a connection. The types do not know it.
    const options = { fd, manualStart: true, readable: true, writable: true };
    super(
      readBuffers === undefined ? options : { ...options, ...readingInto(readBuffers, (chunk) => this.push(chunk)) },
    );
    this.#fd = fd;
    this.#family = family;
    this.once('connect', () => {
      this.#wasConnected = true;
    });
  }

  get traffic(): Traffic {
    return this.#final ?? this.#read(false);
  }

  /** Node closes the file descriptor in here; the kernel's counters go with it. */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#final ??= this.#read('resetAndClosing' in this && this.resetAndClosing === true);
    super._destroy(error, callback);
  }

  #read(isResetNow: boolean): Traffic {
    return readTcpTraffic(this.#fd, this.#family, { wasConnected: this.#wasConnected, isResetNow });
  }
}

/**
 * Options of net.Socket; documented for net.connect, and the same here. What `push` answers says whether to go on
 * reading.
 */
function readingInto(readBuffers: ReadBuffers, push: (chunk: Buffer) => boolean): object {
  const callback = (bytes: number, buffer: Uint8Array): boolean => push(readBuffers.filled(buffer as Buffer, bytes));
  return { highWaterMark: READ_AHEAD_BYTES, onread: { buffer: () => readBuffers.take(), callback } };
}
