import { createServer, type Server, type ServerResponse } from 'node:http';

import type { Logger } from './logger.js';
import { Meters } from './meters.js';

export interface MetricsOptions {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  readonly logger: Logger;
}

/** Metrics that are offered over HTTP. */
export interface RunningMetrics {
  /** Where services say what can be measured of them. */
  readonly meters: Meters;
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Offers metrics of this process (prom-client's default set, and whatever is added to the meters) at
 * http://host:port/metrics for Prometheus. Rejects where the address cannot be had. prom-client is loaded here and not
 * before: who does not ask for metrics does not pay for them.
 */
export async function startMetrics({ host, port, logger }: MetricsOptions): Promise<RunningMetrics> {
  const client = await import('prom-client');
  const registry = new client.Registry();
  client.collectDefaultMetrics({ register: registry });
  const meters = new Meters(client, registry);
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') {
      response.writeHead(request.url === '/metrics' ? 405 : 404).end();
      return;
    }
    answer(meters, registry.contentType, response).catch((error: unknown) => {
      logger.error({ event: 'metrics-failed', err: error }, 'collecting metrics failed');
      response.writeHead(500).end();
    });
  });
  const taken = await listen(server, host, port);
  logger.info({ event: 'metrics-started', host, port: taken }, 'serving metrics');
  return { meters, port: taken, close: () => close(server) };
}

async function answer(meters: Meters, contentType: string, response: ServerResponse): Promise<void> {
  const text = await meters.text();
  response.writeHead(200, { 'content-type': contentType }).end(text);
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
}
