import { attributes } from './message-reader.js';
import { MessageWriter } from './message-writer.js';
import { isMessage, type NetlinkSocket } from './netlink-socket.js';
import { refusal } from './listing.js';
import { ERRNO } from '../netlink-error.js';

/** Generic netlink (linux/genetlink.h): families by name, whose numbers the kernel gives out as they come. */
const CONTROLLER = 0x10;
const CTRL_CMD_GETFAMILY = 3;
const CTRL_ATTR = { familyId: 1, familyName: 2 } as const;

export const GENERIC_HEADER_BYTES = 4;

/** The header of a message to a family. */
export function genericHeader(command: number, version = 1): readonly number[] {
  return [command, version, 0, 0];
}

/** The number of a family of that name; undefined where the kernel has none, and no module that brings it. */
export function genericFamily(socket: NetlinkSocket, name: string): number | undefined {
  const writer = new MessageWriter();
  const sequence = writer.message(CONTROLLER, 0, () => {
    writer.raw(genericHeader(CTRL_CMD_GETFAMILY));
    writer.string(CTRL_ATTR.familyName, name);
  });
  const answer = socket.ask(writer.bytes, sequence);
  if (isMessage(answer)) return attributes(answer.body, GENERIC_HEADER_BYTES).get(CTRL_ATTR.familyId)?.readUInt16LE();
  if (answer.errno === ERRNO.noEntry) return undefined;
  throw refusal(`genl ctrl get name ${name}`, answer);
}
