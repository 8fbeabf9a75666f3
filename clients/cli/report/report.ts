import type { Client, ClientReadableStream } from '@grpc/grpc-js';
import type { Command } from 'commander';
import type { PortTariff } from '../../../gen/config/devmodel.js';
import { systemClock } from '../../../lib/clock/index.js';
import { timestampOf } from '../../../lib/configuration/index.js';
import { HOUR_MS } from '../../../lib/history/index.js';
import { call, readRpcError } from '../../../lib/rpc/index.js';
import { ask, withConnection, type Connection } from '../../connection/clients.js';
import type { ConnectionOptions } from '../../terminal/addresses.js';
import { connectionOptionsOf } from '../../terminal/options.js';
import { print, printJson, terminalOptions } from '../../terminal/output.js';
import { CallProblem } from '../../terminal/problem.js';
import { billBeganMs } from './cost.js';
import { reportFigures, type ReportFigures, type ReportSources } from './figures.js';
import { reportCsv } from './report-csv.js';
import { reportText } from './report-text.js';

export interface ReportOptions {
  /** Milliseconds of the wall clock. */
  readonly since?: number;
  readonly month?: { readonly sinceMs: number; readonly untilMs: number };
  readonly json?: boolean;
  readonly csv?: boolean;
}

/** `report` */
export async function report({ since, month, json, csv }: ReportOptions, command: Command): Promise<void> {
  const nowMs = systemClock.wallMs();
  // The hour that it is in, whole: nothing is known of less.
  const sinceMs = month?.sinceMs ?? Math.floor((since ?? firstOfMonth(nowMs)) / HOUR_MS) * HOUR_MS;
  const untilMs = Math.min(month?.untilMs ?? nowMs, nowMs);
  const figures = reportFigures(await readSources(connectionOptionsOf(command), sinceMs, untilMs));
  if (json === true) printJson(reportJson(figures));
  else if (csv === true) process.stdout.write(reportCsv(figures));
  else print(reportText(figures, terminalOptions(process.stdout)));
}

function firstOfMonth(nowMs: number): number {
  const now = new Date(nowMs);
  return Date.UTC(now.getUTCFullYear(), now.getUTCMonth());
}

/** For programs: times as texts. */
function reportJson({ sinceMs, untilMs, ...figures }: ReportFigures): object {
  return { since: new Date(sinceMs).toISOString(), until: new Date(untilMs).toISOString(), ...figures };
}

async function readSources(options: ConnectionOptions, sinceMs: number, untilMs: number): Promise<ReportSources> {
  const range = { since: timestampOf(sinceMs), until: timestampOf(untilMs) };
  const ofNim = await withConnection('nim', options, async (nim) => {
    const { outages } = await ask(nim, (client, how) => call(client, 'listOutages', range, how));
    const { deviceNetworkStatus } = await ask(nim, (client, how) => call(client, 'getDeviceNetworkStatus', {}, how));
    const tariffs = new Map<string, PortTariff>(
      (deviceNetworkStatus?.ports ?? []).flatMap(({ logicalLabel, tariff }) =>
        tariff === undefined ? [] : [[logicalLabel, tariff]],
      ),
    );
    const periods = await all(nim, (client) => client.listAvailability(range));
    const availability = periods.flatMap(({ period }) => (period === undefined ? [] : [period]));
    return { outages, tariffs, availability };
  });
  const billsBegan = [...ofNim.tariffs.values()].map((tariff) => billBeganMs(tariff, sinceMs));
  const usage = await withConnection('zedrouter', options, async (zedrouter) => {
    const since = timestampOf(Math.min(sinceMs, ...billsBegan));
    const answers = await all(zedrouter, (client) => client.listUsage({ ...range, since }));
    return answers.flatMap(({ period }) => (period === undefined ? [] : [period]));
  });
  return { sinceMs, untilMs, usage, ...ofNim };
}

/** Reads a stream to its end. @throws CallProblem, which knows whom we asked */
async function all<C extends Client, Response>(
  { client, service, address }: Connection<C>,
  open: (client: C) => ClientReadableStream<Response>,
): Promise<readonly Response[]> {
  const responses: Response[] = [];
  try {
    for await (const response of open(client) as AsyncIterable<Response>) responses.push(response);
  } catch (error) {
    throw new CallProblem(service, address, readRpcError(error));
  }
  return responses;
}
