import { closeSync } from 'node:fs';

import { NetlinkError } from '../netlink-error.js';
import { attributes, messagesIn, text, type Message } from './message-reader.js';
import { called, openSocket, resizeBuffer } from './open-socket.js';
import { checked, libc } from '../../libc/index.js';

const SOL_NETLINK = 270;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;
const NETLINK_GET_STRICT_CHK = 12;
const BUFFER_BYTES = 4 * 1024 * 1024;

const MSG_TRUNC = 0x20;
const EAGAIN = 11;

const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLM_F_DUMP_INTR = 0x10;
const NLM_F_CAPPED = 0x100;
const NLM_F_ACK_TLVS = 0x200;
const NLMSGERR_ATTR_MSG = 1;

/** Linux makes no dump message longer than 32 KiB. */
const RECEIVE_BYTES = 64 * 1024;
let receiveBuffer: Buffer | undefined;

/** The kernel's refusal: what it said instead of doing what it was asked. */
export interface KernelRefusal {
  readonly errno: number;
  /** In the words of the C library, and the kernel's own where it has any. */
  readonly text: string;
}

/**
 * A netlink socket for requests. The kernel does what a request asks before send() returns, and its answer then waits
 * in the socket; so nothing here ever waits, and no thread is needed.
 */
export class NetlinkSocket {
  readonly #fd: number;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /**
   * Opens a socket, which is to be closed; `withSocket` does both.
   * @throws NetlinkError where the kernel cannot be called from here, or there is no such namespace.
   */
  static open(protocol: 'route' | 'netfilter' | 'generic', namespace: string | undefined): NetlinkSocket {
    const fd = openSocket(protocol, namespace);
    const { setsockopt } = libc();
    const one = Buffer.from([1, 0, 0, 0]);
    // Kernels that lack one of these do without.
    for (const option of [NETLINK_CAP_ACK, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK]) {
      setsockopt(fd, SOL_NETLINK, option, one, one.length);
    }
    return new NetlinkSocket(fd);
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** Makes room for requests of up to 4 MiB and their answers; otherwise some 200 KiB. */
  enlarge(): void {
    resizeBuffer(this.#fd, 'send', BUFFER_BYTES);
    resizeBuffer(this.#fd, 'receive', BUFFER_BYTES);
  }

  /**
   * Sends a request from another thread: for what takes the kernel milliseconds. Its answer is read by `listed` or
   * `settled`.
   */
  async sendElsewhere(request: Uint8Array): Promise<void> {
    const answer = await libc().sendElsewhere(this.#fd, request, request.length, 0);
    if (answer < 0) throw failure('the request could not be sent');
  }

  /**
   * Sends one request for a listing and hands each message of the answer to `take`. Answers what the kernel refused
   * with; `interrupted` where what was listed changed meanwhile.
   */
  dump(
    request: Uint8Array,
    sequence: number,
    take: (message: Message) => void,
  ): { readonly error: KernelRefusal | undefined; readonly interrupted: boolean } {
    this.#send(request);
    return this.listed(sequence, take);
  }

  /** Reads the answer to a request for a listing that has been sent. */
  listed(
    sequence: number,
    take: (message: Message) => void,
  ): { readonly error: KernelRefusal | undefined; readonly interrupted: boolean } {
    let interrupted = false;
    for (;;) {
      for (const message of messagesIn(this.#readDatagram())) {
        if (message.sequence !== sequence) continue;
        interrupted ||= (message.flags & NLM_F_DUMP_INTR) !== 0;
        if (message.type === NLMSG_ERROR || message.type === NLMSG_DONE)
          return { error: errorIn(message), interrupted };
        take(message);
      }
    }
  }

  /**
   * Sends requests, each of which asks for an acknowledgement, and answers how the kernel refused those that it did, by
   * sequence number. Reads until `last` is answered.
   */
  acknowledged(requests: Uint8Array, last: number): ReadonlyMap<number, KernelRefusal> {
    this.#send(requests);
    return this.settled(last);
  }

  /** Reads the acknowledgements of requests that have been sent. */
  settled(last: number): ReadonlyMap<number, KernelRefusal> {
    const errors = new Map<number, KernelRefusal>();
    for (;;) {
      const received = this.#receiveIfAny();
      // A batch may be refused as a whole, and then its parts are not answered.
      if (received === undefined && errors.size > 0) return errors;
      if (received === undefined) throw failure('the kernel did not answer');
      for (const message of messagesIn(received)) {
        if (message.type !== NLMSG_ERROR) continue;
        const error = errorIn(message);
        if (error !== undefined) errors.set(message.sequence, error);
        if (message.sequence === last) return errors;
      }
    }
  }

  /** One request and its one answer: a message, or an error. */
  ask(request: Uint8Array, sequence: number): Message | KernelRefusal {
    this.#send(request);
    for (;;) {
      for (const message of messagesIn(this.#readDatagram())) {
        if (message.sequence !== sequence) continue;
        if (message.type !== NLMSG_ERROR) return message;
        const error = errorIn(message);
        if (error !== undefined) return error;
      }
    }
  }

  #send(bytes: Uint8Array): void {
    called('netlink', () => checked(libc().send(this.#fd, bytes, bytes.length, 0), 'send'));
  }

  #readDatagram(): Buffer {
    const received = this.#receiveIfAny();
    if (received === undefined) throw failure('the kernel did not answer');
    return received;
  }

  #receiveIfAny(): Buffer | undefined {
    const buffer = (receiveBuffer ??= Buffer.allocUnsafeSlow(RECEIVE_BYTES));
    const { recv, errorNumber } = libc();
    const length = recv(this.#fd, buffer, buffer.length, MSG_TRUNC);
    if (length < 0 && errorNumber() === EAGAIN) return undefined;
    if (called('netlink', () => checked(length, 'receive')) > buffer.length)
      throw failure(`an answer of ${length} bytes is too long`);
    return buffer.subarray(0, length);
  }
}

/** Whether the kernel answered with a message, rather than refused. */
export function isMessage(answer: Message | KernelRefusal): answer is Message {
  return !('errno' in answer);
}

/** Undefined: no error, the request was done. */
function errorIn({ type, flags, body }: Message): KernelRefusal | undefined {
  if (body.length < 4) return undefined;
  const errno = -body.readInt32LE(0);
  if (errno === 0) return undefined;
  const said = type === NLMSG_DONE ? undefined : kernelMessage(flags, body);
  const words = libc().strerror(errno);
  return { errno, text: said === undefined ? words : `${words} (${said})` };
}

/** The text that follows the request's header, or the whole request, in an error message (NLMSGERR_ATTR_MSG). */
function kernelMessage(flags: number, body: Buffer): string | undefined {
  if ((flags & NLM_F_ACK_TLVS) === 0 || body.length < 20) return undefined;
  const request = (flags & NLM_F_CAPPED) === 0 ? Math.ceil(body.readUInt32LE(4) / 4) * 4 : 16;
  const said = attributes(body, 4 + request).get(NLMSGERR_ATTR_MSG);
  return said === undefined ? undefined : text(said);
}

function failure(reason: string): NetlinkError {
  return new NetlinkError('netlink', reason);
}
