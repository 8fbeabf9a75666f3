import { attributes, text, type Message } from './message-reader.js';
import { HEADER, IFA, IFLA, RTA, RTM } from './rtnetlink.js';

const AF_UNSPEC = 0;

/**
 * The line, or the beginning of it, that `ip -o monitor` prints of an event; undefined where ip would print something else, and where
 * nothing has changed but how a bridge uses its port. A route's interfaces are not named: the kernel tells their indexes only.
 */
export function eventLine({ type, body }: Message): string | undefined {
  switch (type) {
    case RTM.newLink:
      return linkLine('', body);
    case RTM.deleteLink:
      return linkLine('Deleted ', body);
    case RTM.newAddress:
      return addressLine('', body);
    case RTM.deleteAddress:
      return addressLine('Deleted ', body);
    case RTM.newRoute:
      return routeLine('', body);
    case RTM.deleteRoute:
      return routeLine('Deleted ', body);
    default:
      return undefined;
  }
}

function linkLine(deleted: string, body: Buffer): string | undefined {
  const name = attributes(body, HEADER.link).get(IFLA.name);
  if (name === undefined || body.readUInt8(0) !== AF_UNSPEC) return undefined;
  return `${deleted}${body.readInt32LE(4)}: ${text(name)}: <`;
}

/** An IPv4 address has a label: the name of its link, and perhaps a colon and more. */
function addressLine(deleted: string, body: Buffer): string | undefined {
  const label = attributes(body, HEADER.address).get(IFA.label);
  if (label === undefined) return undefined;
  return `${deleted}${body.readUInt32LE(4)}: ${text(label).replace(/:.*/, '')}    inet `;
}

function routeLine(deleted: string, body: Buffer): string {
  const table = attributes(body, HEADER.route).get(RTA.table)?.readUInt32LE() ?? body.readUInt8(4);
  const destination = body.readUInt8(1) === 0 ? 'default' : '0.0.0.0';
  return `${deleted}${destination} table ${table} `;
}
