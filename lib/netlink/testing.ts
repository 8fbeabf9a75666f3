import type { Message } from './wire/message-reader.js';
import { messagesIn } from './wire/message-reader.js';
import { MessageWriter } from './wire/message-writer.js';
import type { NetlinkSocket } from './wire/netlink-socket.js';

/** A message as a kernel would send it; `body` writes what comes after the netlink header. */
export function messageOf(type: number, body: (writer: MessageWriter) => void): Message {
  const writer = new MessageWriter();
  writer.message(type, 0, () => {
    body(writer);
  });
  const [message] = messagesIn(writer.bytes);
  if (message === undefined) throw new Error('nothing was written');
  return message;
}

/** A kernel that answers any question with these messages, a single question with the first of them. */
export function kernelThatAnswers(messages: readonly Message[]): NetlinkSocket {
  const socket: Pick<NetlinkSocket, 'dump' | 'ask'> = {
    dump: (_request, _sequence, take) => {
      messages.forEach(take);
      return { error: undefined, interrupted: false };
    },
    ask: () => messages[0] ?? { errno: 2, text: 'No such file or directory' },
  };
  // The rest of a socket is of no use without a kernel.
  return socket as NetlinkSocket;
}
