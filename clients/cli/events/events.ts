import type { Command } from 'commander';
import { pino } from 'pino';
import { Event } from '../../../gen/nim/v1/event.js';
import { call, follow } from '../../../lib/rpc/index.js';
import { ask, connect, withConnection } from '../../connection/clients.js';
import { connectionOptionsOf } from '../../terminal/options.js';
import type { ConnectionOptions } from '../../terminal/addresses.js';
import { print, printJson, untilInterrupted } from '../../terminal/output.js';
import { eventLine } from '../../render/event-line.js';
import { messageToJson } from '../../terminal/json.js';
import { isWanted, type EventFilter } from './event-filter.js';

async function eventText(event: Event, json: boolean): Promise<string> {
  return json ? JSON.stringify(await messageToJson('org.lfedge.eve.nim.v1.Event', Event, event)) : eventLine(event);
}

async function listEvents(options: ConnectionOptions, limit: number): Promise<readonly Event[]> {
  const { events } = await withConnection('nim', options, (nim) =>
    ask(nim, (client, callOptions) => call(client, 'listEvents', { afterSequence: 0n, limit }, callOptions)),
  );
  return events;
}

/** Prints events as they come, and none twice, however often the stream has to be reopened. */
async function followEvents(
  options: ConnectionOptions,
  after: bigint,
  json: boolean,
  isWantedEvent: (event: Event) => boolean,
): Promise<void> {
  const nim = connect('nim', options);
  let last = after;
  let printed: Promise<void> = Promise.resolve();
  const printEvent = async (event: Event): Promise<void> => {
    print(await eventText(event, json));
  };
  try {
    await follow({
      open: () => nim.client.watchEvents({ afterSequence: last }),
      onMessage: ({ event }) => {
        if (event === undefined || event.sequence <= last) return;
        last = event.sequence;
        if (!isWantedEvent(event)) return;
        printed = printed.then(() => printEvent(event));
      },
      signal: untilInterrupted(),
      logger: pino({ level: 'silent' }),
    });
    await printed;
  } finally {
    nim.client.close();
  }
}

export interface EventsOptions {
  readonly follow?: boolean;
  readonly limit: number;
  /** Milliseconds of the wall clock. */
  readonly since?: number;
  readonly port?: string;
  readonly ni?: string;
  readonly json?: boolean;
}

/** `events` */
export async function events(
  { follow: goOn, limit, since, port, ni, json = false }: EventsOptions,
  command: Command,
): Promise<void> {
  const options = connectionOptionsOf(command);
  const filter: EventFilter = { sinceMs: since, port, networkInstance: ni };
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  const isWantedEvent = (event: Event): boolean => isWanted(event, filter);
  const all = await listEvents(options, isFiltered ? 0 : limit);
  const wanted = all.filter(isWantedEvent);
  const kept = limit === 0 ? wanted : wanted.slice(-limit);
  if (json && goOn !== true) {
    printJson(await Promise.all(kept.map((event) => messageToJson('org.lfedge.eve.nim.v1.Event', Event, event))));
    return;
  }
  for (const event of kept) print(await eventText(event, json));
  if (goOn === true) await followEvents(options, all.at(-1)?.sequence ?? 0n, json, isWantedEvent);
  else if (kept.length === 0) print(isFiltered ? 'No such events' : 'No events');
}
