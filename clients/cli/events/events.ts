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
async function followEvents(options: ConnectionOptions, after: bigint, json: boolean): Promise<void> {
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
  readonly json?: boolean;
}

/** `events` */
export async function events({ follow: goOn, limit, json = false }: EventsOptions, command: Command): Promise<void> {
  const options = connectionOptionsOf(command);
  const kept = await listEvents(options, limit);
  if (json && goOn !== true) {
    printJson(await Promise.all(kept.map((event) => messageToJson('org.lfedge.eve.nim.v1.Event', Event, event))));
    return;
  }
  for (const event of kept) print(await eventText(event, json));
  if (goOn === true) await followEvents(options, kept.at(-1)?.sequence ?? 0n, json);
  else if (kept.length === 0) print('No events');
}
