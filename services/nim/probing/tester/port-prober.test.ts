import { describe, expect, it } from '@jest/globals';

import { VirtualClock } from '../../../../lib/clock/index.js';
import { targetKey } from '../../../../lib/configuration/index.js';
import type { ProbeKind } from '../../../../lib/decision/health/index.js';
import type { ProbeResult } from '../probe/index.js';
import { targetOf } from '../probe/testing/target.js';
import { PortProber } from './port-prober.js';

const CONTROLLER = targetOf('https://controller.example/ping');
const PROXY = { host: '10.0.0.1', port: 3128 };
const PROXIES = { http: PROXY, https: PROXY, exceptions: ['straight.example'], certificateAuthorities: [] };

/** A prober whose attempts are noted and answered at once, from the proxy's address. */
function newProber(controller = CONTROLLER) {
  const attempts: string[] = [];
  const answered: ProbeResult = { kind: 'answered', latencyMs: 1, address: PROXY.host, bytes: 100 };
  const prober = new PortProber(
    { clock: new VirtualClock(), controller: { targetKey: targetKey(controller), certificateAuthority: undefined } },
    {
      probe: ({ proxies }, target, { padded = false }) => {
        attempts.push(
          `${targetKey(target)}${padded ? ' padded' : ''} ${proxies === undefined ? 'straight' : 'by proxy'}`,
        );
        return Promise.resolve(answered);
      },
      keepalive: (_port, address) => {
        attempts.push(`keepalive ${address}`);
        return Promise.resolve(answered);
      },
    },
  );
  const run = (probeKind: ProbeKind, target = controller) => {
    const settings = { failAfter: 3, recoverAfter: 2, patienceMs: 400, slowestMs: undefined, light: false };
    return prober.run(
      {
        port: {
          ...{ label: 'eth0', interfaceName: 'eth0', priority: 0, validSinceMs: 0, monthlyTestBytes: 1e6 },
          ...{ dnsServers: [], gateways: [], proxies: PROXIES },
        },
        assignment: {
          ...{ label: 'eth0', targetKey: targetKey(target), target, settings, intervalMs: undefined },
          ...{ timeoutMs: undefined, payloadBytes: 0, calmKeepalives: true, role: { kind: 'in-use' } },
        },
        ...{ probeKind, limitMs: 1_000, suspect: false, recovering: false },
      },
      new AbortController().signal,
    );
  };
  const means = (target = controller) =>
    prober.keepaliveMeans({ label: 'eth0', targetKey: targetKey(target), payloadBytes: 0 }).kind;
  return { attempts, run, means };
}

describe('over a port with a proxy', () => {
  it('the controller is asked by it, in full whatever is asked for: an echo would be answered by the proxy', async () => {
    const { attempts, run, means } = newProber();
    expect(await run('full')).toMatchObject({ kind: 'answered', layer: 'application' });
    expect(means()).toBe('none');
    expect(await run('keepalive')).toMatchObject({ layer: 'application' });
    expect(await run('size')).toMatchObject({ layer: 'size' });
    const key = targetKey(CONTROLLER);
    expect(attempts).toEqual([`${key} by proxy`, `${key} by proxy`, `${key} padded by proxy`]);
  });

  it('whatever else is tested is asked straight, as apps would ask', async () => {
    const { attempts, run, means } = newProber();
    const other = targetOf('https://other.example/');
    await run('full', other);
    expect(attempts).toEqual(['https://other.example/ straight']);
    expect(means(other)).not.toBe('none');
  });

  it('so is a controller that is an exception', async () => {
    const { attempts, run } = newProber(targetOf('https://controller.straight.example/ping'));
    await run('full');
    expect(attempts).toEqual(['https://controller.straight.example/ping straight']);
  });
});
