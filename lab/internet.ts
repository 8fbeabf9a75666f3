import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { Agent } from './hosts/agent-client.js';
import { issueServerCertificate } from './hosts/certificates.js';
import { internetAddresses, internetHostName, servicePorts } from './topology.js';

/** In the lab's folder: who signed the controller's certificate. */
export const CERTIFICATE_AUTHORITY_FILE = 'controller-ca.pem';

export interface Internet {
  readonly agent: Agent;
  /** PEM: who signed the controller's certificate. */
  readonly certificateAuthority: string;
}

/** Starts the internet's servers: controller (HTTP and HTTPS), echo (UDP and TCP, three addresses) and web server. */
export async function startInternet(options: {
  readonly namespace: string;
  readonly agentProgram: string;
  readonly folder: string;
}): Promise<Internet> {
  const { certificateAuthority, certificate, key } = issueServerCertificate(
    [internetHostName('controller')],
    [internetAddresses.controller],
    Date.now(),
  );
  await writeFile(join(options.folder, CERTIFICATE_AUTHORITY_FILE), certificateAuthority);
  const agent = await Agent.start({
    name: 'internet',
    namespace: options.namespace,
    program: options.agentProgram,
    logFile: join(options.folder, 'internet.log'),
  });
  const { controller, web } = internetAddresses;
  await Promise.all([
    agent.call('startServer', {
      kind: 'controller',
      label: 'controller',
      address: controller,
      port: servicePorts.http,
    }),
    agent.call('startServer', {
      ...{ kind: 'controller', label: 'controller', address: controller, port: servicePorts.https },
      tls: { certificate, key },
    }),
    agent.call('startServer', { kind: 'web', label: 'web', address: web, port: servicePorts.http }),
    ...(['echo', 'echo1', 'echo2'] as const).flatMap((label) => {
      const server = { label, address: internetAddresses[label] };
      return [
        agent.call('startServer', { ...server, kind: 'udp-echo', port: servicePorts.echo }),
        agent.call('startServer', { ...server, kind: 'tcp-echo', port: servicePorts.echo }),
        agent.call('startServer', { ...server, kind: 'who-are-you', port: servicePorts.http }),
      ];
    }),
  ]);
  return { agent, certificateAuthority };
}
