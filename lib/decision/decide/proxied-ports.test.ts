import { describe, expect, it } from '@jest/globals';

import type { PortProxies } from '../../configuration/index.js';
import { controllerProfileOf, Profiles } from './index.js';
import { controllerTarget, policyFor, portPolicy, targetOf } from './testing/scenario.js';

const PROXY = { host: '10.0.0.1', port: 3128 };

function keysOver(proxies: PortProxies | undefined, target?: string) {
  const port = portPolicy('eth0', 0, { proxies });
  const plain = policyFor([port]);
  const networkInstances = plain.networkInstances.map((one) => ({
    ...one,
    test: { ...one.test, target: target === undefined ? undefined : targetOf(target) },
  }));
  const policy = { ...plain, networkInstances, controllerTarget };
  const [networkInstance] = networkInstances;
  if (networkInstance === undefined) throw new Error('no network instance');
  const profile = new Profiles(policy).of({ kind: 'network-instance', networkInstance }, port);
  return {
    ofDevice: controllerProfileOf(port, policy)?.targetKey,
    ofApps: profile.kind === 'target' ? profile.targetKey : undefined,
  };
}

describe('a port with proxies', () => {
  const ofDevice = 'https://controller.example/api/v2/edgedevice/ping';
  const proxies = { http: PROXY, https: PROXY, exceptions: [], certificateAuthorities: [] };

  it.each<[string, PortProxies | undefined, string | undefined, string | undefined]>([
    ['none', undefined, undefined, ofDevice],
    ['for the controller: apps go by link and address', proxies, undefined, undefined],
    ['for the controller, and a target of their own', proxies, 'icmp://192.0.2.9', 'icmp://192.0.2.9'],
    ['for others', { ...proxies, exceptions: ['controller.example'] }, undefined, ofDevice],
    ['for another scheme', { ...proxies, https: undefined }, undefined, ofDevice],
  ])('%s', (_what, of, target, ofApps) => {
    expect(keysOver(of, target)).toEqual({ ofDevice, ofApps });
  });
});
