import { Socket } from 'node:net';

import { familyOf } from './addresses.js';
import { libc } from './libc.js';
import { openSocket } from './open-socket.js';
import { asSocketError } from './socket-error.js';
import { requireIpv6Source } from './source-address.js';
import { readTcpTraffic } from './tcp-traffic.js';
import type { Traffic } from './traffic.js';
import type { IpFamily, Limits, Uplink } from './uplink.js';
import { within } from './within.js';

/** Where a connection goes. */
export interface TcpOptions extends Limits {
  /** An IP address: names are for `resolve`. */
  readonly address: string;
  readonly port: number;
}

/**
 * A TCP connection over this port and no other. What takes a socket sits on top: tls.connect({ socket }), http.request({
 * createConnection }), undici's Agent({ connect }).
 * @throws SocketError (a rejection): ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, ECONNRESET, ABORT_ERR, and what openSocket
 * throws. Nothing is left open then; `traffic` says what it cost.
 */
export async function connectTcp(uplink: Uplink, options: TcpOptions): Promise<Socket> {
  const { address, port } = options;
  const family = familyOf(address);
  if (family === 6) requireIpv6Source(uplink, address);
  const socket = BoundTcpSocket.open(uplink, family);
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
 * What a socket of `connectTcp` has cost so far; what it had cost in the end, where it is closed (less the packets of an orderly end).
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

  static open(uplink: Uplink, family: IpFamily): BoundTcpSocket {
    const fd = openSocket(uplink, family, 'tcp');
    try {
      return new BoundTcpSocket(fd, family);
    } catch (error) {
      // Node has not taken it over.
      libc().close(fd);
      throw error;
    }
  }

  private constructor(fd: number, family: IpFamily) {
    // manualStart: nothing can be read before there is a connection. The types do not know it.
    const options = { fd, manualStart: true, readable: true, writable: true };
    super(options);
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
