import { bytesText } from '../amounts.js';
import type { DownloadEvent, PortShown } from '../events.js';

/** An event in a line for people; undefined where it is none worth a line. Pure. */
export function eventText(event: DownloadEvent): string | undefined {
  switch (event.kind) {
    case 'begun':
      return event.resumedBytes === 0
        ? `Fetching ${event.source}`
        : `Fetching ${event.source}, ${bytesText(event.resumedBytes)} are there already`;
    case 'connecting':
    case 'progress':
      return undefined;
    case 'transferring': {
      const size = event.sizeBytes === undefined ? 'of unknown size' : `of ${bytesText(event.sizeBytes)}`;
      return `Over ${portText(event.port)}, from ${bytesText(event.fromBytes)} ${size}`;
    }
    case 'stopped':
      return `Stopped on ${event.port.label}: ${event.reason.detail}`;
    case 'failed':
      return `Failed over ${event.port.label}: ${event.why}`;
    case 'anew':
      return `From the beginning again: ${event.why}`;
    case 'waiting':
      return `Waiting ${waits[event.for]}: ${event.detail}`;
    case 'done': {
      const { file, sizeBytes, sha256, tookMs, portBytes } = event.result;
      const over = [...portBytes].map(([label, bytes]) => `${label} ${bytesText(bytes)}`).join(', ');
      const rate = bytesText(Math.round(sizeBytes / Math.max(0.001, tookMs / 1000)));
      const how = over === '' ? '' : ` over ${over} (${rate}/s)`;
      return `${file}: ${bytesText(sizeBytes)}${how}, sha256 ${sha256}`;
    }
  }
}

/** `wwan0 (priority 1, grant ab12)`. */
export function portText({ label, priority, grantId }: PortShown): string {
  return `${label} (priority ${priority}${grantId === undefined ? '' : `, grant ${grantId}`})`;
}

const waits = {
  permission: 'until policy permits a port',
  port: 'until a permitted port has link and address',
  nim: 'for NIM',
  retry: 'before the next try',
} as const;

/** An event for programs: one JSON object in a line. Pure. */
export function eventJson(event: DownloadEvent): string {
  return JSON.stringify(event, (_key, value: unknown) =>
    value instanceof Map ? (Object.fromEntries(value) as unknown) : value,
  );
}
