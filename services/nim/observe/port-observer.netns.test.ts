import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { eventually } from '../../../lib/clock/testing/eventually.js';
import { systemClock } from '../../../lib/clock/index.js';
import { KernelEvents, Rtnetlink } from '../../../lib/netlink/index.js';
import { createLogger } from '../../../lib/observability/index.js';
import { formatObservedRoute, type PortObservation } from '../../../lib/decision/snapshot/index.js';
import { defaultRouteVia } from '../../../lib/decision/decide/testing/scenario.js';
import { TestNamespace } from '../testing/namespace.js';
import { PortObserver, type Reading } from './port-observer.js';

let namespace: TestNamespace;
let kernel: Rtnetlink;
let kernelEvents: KernelEvents;
let observer: PortObserver;
let readings: Reading[];

beforeEach(async () => {
  namespace = await TestNamespace.create();
  await namespace.addPort('eth0', { index: 2101, address: '192.0.2.7/24', gateway: '192.0.2.1' });
  await namespace.addPort('wwan0', { index: 2102, address: '198.51.100.8/24', gateway: '198.51.100.1' });
  readings = [];
  const logger = createLogger({ service: 'test', level: 'silent' });
  kernel = new Rtnetlink(namespace.name);
  observer = new PortObserver({
    reader: kernel,
    nameServers: {
      of: () => ({ nameServers: [], ntpServers: [] }),
      follow: () => undefined,
      refresh: () => Promise.resolve(),
    },
    clock: systemClock,
    logger,
    onReading: (reading) => {
      readings.push(reading);
    },
    untilTold: () => Promise.resolve(),
  });
  kernelEvents = new KernelEvents({
    namespace: namespace.name,
    objects: ['link', 'address', 'route'],
    onEvent: (event) => {
      observer.onKernelEvent(event);
    },
    onLost: () => {
      observer.onEventsLost();
    },
  });
  observer.observe([
    { label: 'shore', interfaceName: 'eth0' },
    { label: 'lte', interfaceName: 'wwan0' },
  ]);
  await eventually(() => {
    expect(observationOf('shore')).toMatchObject({ link: 'up', routes: [{ gateway: '192.0.2.1' }] });
    expect(observationOf('lte')).toMatchObject({ link: 'up', routes: [{ gateway: '198.51.100.1' }] });
  });
  readings.length = 0;
});

afterEach(async () => {
  observer.close();
  await kernelEvents.close();
  await namespace.remove();
});

function observationOf(label: string): PortObservation | undefined {
  return readings.at(-1)?.observations.get(label)?.observation;
}

function routesOf(label: string): readonly string[] {
  const observation = observationOf(label);
  return observation?.kind === 'present' ? observation.routes.map(formatObservedRoute) : [];
}

/** Waits until the changes of a port, in words, are these, in this order. */
async function changesOf(label: string, want: readonly (string | RegExp)[]): Promise<void> {
  await eventually(() => {
    const seen = readings.flatMap(({ changed }) =>
      changed.filter((one) => one.label === label).flatMap(({ changes }) => changes),
    );
    expect(seen).toEqual(want.map((text) => (typeof text === 'string' ? text : expect.stringMatching(text))));
  });
}

describe('PortObserver on a kernel', () => {
  it('reads what is there', async () => {
    observer.readEverything();
    await eventually(() => {
      expect(observationOf('shore')).toEqual({
        kind: 'present',
        link: 'up',
        index: 2101,
        macAddress: expect.stringMatching(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/) as unknown,
        mtu: 1500,
        addresses: [{ address: '192.0.2.7', prefixLength: 24 }],
        routes: [defaultRouteVia('192.0.2.1', 2101)],
        dnsServers: [],
      });
    });
  });

  it('sees the carrier go and come', async () => {
    await namespace.setCarrier('eth0', 'down');
    await changesOf('shore', ['carrier lost']);
    await namespace.setCarrier('eth0', 'up');
    await changesOf('shore', ['carrier lost', 'carrier back']);
    await changesOf('lte', []);
  });

  it('does not take a carrier for a way out that the kernel does not send over yet', async () => {
    await namespace.ip('link', 'set', 'eth0', 'mode', 'dormant');
    await namespace.setCarrier('eth0', 'down');
    await changesOf('shore', ['carrier lost']);
    await namespace.setCarrier('eth0', 'up');
    await eventually(() => {
      expect(kernel.link('eth0')).toMatchObject({
        operState: 'dormant',
        isUp: true,
        hasLowerUp: true,
        isNotRunning: true,
      });
    });
    const before = readings.length;
    observer.readEverything();
    await eventually(() => {
      expect(readings.length).toBeGreaterThan(before);
    });
    await changesOf('shore', ['carrier lost']);
    await namespace.ip('link', 'set', 'eth0', 'state', 'UP');
    await changesOf('shore', ['carrier lost', 'carrier back']);
  });

  it('sees a port switched off, and the route that the kernel drops without a word', async () => {
    await namespace.ip('link', 'set', 'eth0', 'down');
    await changesOf('shore', ['switched off', 'gateway gone']);
    await namespace.ip('link', 'set', 'eth0', 'up');
    await changesOf('shore', ['switched off', 'gateway gone', /^switched on/]);
  });

  it('sees addresses come and go', async () => {
    await namespace.ip('addr', 'add', '192.0.2.8/25', 'dev', 'eth0');
    await changesOf('shore', ['address 192.0.2.8/25 added']);
    await namespace.ip('addr', 'del', '192.0.2.7/24', 'dev', 'eth0');
    await changesOf('shore', ['address 192.0.2.8/25 added', 'address 192.0.2.7/24 gone']);
    readings.length = 0;
    await namespace.ip('addr', 'del', '192.0.2.8/25', 'dev', 'eth0');
    await changesOf('shore', ['address 192.0.2.8/25 gone', 'gateway gone']);
  });

  it('sees an address whose lifetime ends', async () => {
    await namespace.ip('addr', 'add', '203.0.113.9/24', 'dev', 'eth0', 'valid_lft', '2', 'preferred_lft', '2');
    await changesOf('shore', ['address 203.0.113.9/24 added']);
    await changesOf('shore', ['address 203.0.113.9/24 added', 'address 203.0.113.9/24 gone']);
  });

  it('ignores link-local and IPv6 addresses, and routes of the tables that zedrouter makes', async () => {
    await namespace.ip('addr', 'add', '169.254.7.7/16', 'dev', 'eth0', 'scope', 'link');
    await namespace.ip('addr', 'add', '2001:db8::7/64', 'dev', 'eth0');
    await namespace.ip('route', 'add', 'default', 'via', '192.0.2.99', 'dev', 'eth0', 'table', '501');
    await namespace.ip('addr', 'add', '192.0.2.9/32', 'dev', 'eth0');
    await changesOf('shore', ['address 192.0.2.9/32 added']);
  });

  it('follows the routes of the main table, and of another where that has no way out', async () => {
    const add = (...words: readonly string[]): Promise<unknown> => namespace.ip('-4', 'route', 'add', ...words);
    await add('10.50.0.0/16', 'via', '192.0.2.254', 'dev', 'eth0');
    await add('default', 'via', '192.0.2.2', 'dev', 'eth0', 'metric', '5');
    await add('default', 'via', '192.0.2.3', 'dev', 'eth0', 'table', '77', 'metric', '9000');
    await add('default', 'via', 'inet6', 'fe80::1', 'dev', 'eth0', 'metric', '6');
    await eventually(() => {
      expect(routesOf('shore')).toEqual([
        'default via 192.0.2.2 metric 5',
        'default via inet6 fe80::1 metric 6',
        'default via 192.0.2.1 metric 2101',
        '10.50.0.0/16 via 192.0.2.254',
      ]);
    });
    await namespace.ip('route', 'flush', 'table', 'main', 'root', '0.0.0.0/0', 'exact', '0.0.0.0/0');
    await eventually(() => {
      expect(routesOf('shore')).toEqual(['default via 192.0.2.3 metric 9000', '10.50.0.0/16 via 192.0.2.254']);
    });
  });

  it('sees a way out without a gateway, and the address that is deprecated', async () => {
    await namespace.ip('route', 'replace', 'default', 'dev', 'eth0', 'src', '192.0.2.7', 'metric', '2101');
    await changesOf('shore', ['gateway now none needed (on the link)']);
    await namespace.ip('addr', 'change', '192.0.2.7/24', 'dev', 'eth0', 'preferred_lft', '0');
    await eventually(() => {
      expect(observationOf('shore')).toMatchObject({ addresses: [{ address: '192.0.2.7', isDeprecated: true }] });
    });
    expect(routesOf('shore')).toEqual(['default src 192.0.2.7 metric 2101']);
  });

  it('sees a port renamed away and back', async () => {
    await namespace.ip('link', 'set', 'eth0', 'down');
    await namespace.ip('link', 'set', 'eth0', 'name', 'lan0');
    await changesOf('shore', ['switched off', 'gateway gone', 'interface missing']);
    await namespace.ip('link', 'set', 'lan0', 'name', 'eth0');
    await namespace.ip('link', 'set', 'eth0', 'up');
    await eventually(() => {
      expect(observationOf('shore')).toMatchObject({ link: 'up', index: 2101, addresses: [{ address: '192.0.2.7' }] });
    });
  });

  it('does not take an interface for the port that has its name as an alternative one', async () => {
    await namespace.ip('link', 'set', 'eth0', 'down');
    await namespace.ip('link', 'set', 'eth0', 'name', 'lan0');
    await namespace.ip('link', 'property', 'add', 'dev', 'lan0', 'altname', 'eth0');
    await changesOf('shore', ['switched off', 'gateway gone', 'interface missing']);
    expect(kernel.link('eth0')).toMatchObject({ name: 'lan0' });
    const before = readings.length;
    observer.readEverything();
    await eventually(() => {
      expect(readings.length).toBeGreaterThan(before);
    });
    expect(observationOf('shore')).toEqual({ kind: 'missing' });
  });

  it('sees a port deleted, and made anew with another index', async () => {
    await namespace.ip('link', 'del', 'eth0');
    await eventually(() => {
      expect(observationOf('shore')).toEqual({ kind: 'missing' });
    });
    await namespace.addPort('eth0', { index: 2777, address: '192.0.2.9/24' });
    await eventually(() => {
      expect(observationOf('shore')).toMatchObject({ link: 'up', index: 2777, addresses: [{ address: '192.0.2.9' }] });
    });
    await namespace.setCarrier('eth0', 'down');
    await eventually(() => {
      expect(observationOf('shore')).toMatchObject({ link: 'no-carrier', index: 2777 });
    });
  });

  it('is not confused by a port that is deleted and made anew at once', async () => {
    for (let index = 2800; index < 2805; index += 1) {
      await namespace.ip('link', 'del', 'eth0');
      await namespace.addPort('eth0', { index, address: '192.0.2.9/24' });
      await eventually(() => {
        expect(observationOf('shore')).toMatchObject({ link: 'up', index, addresses: [{ address: '192.0.2.9' }] });
      });
    }
  });

  it('reads nothing for the bridges and veths of others', async () => {
    const before = observer.counts.readings;
    for (let number = 1; number <= 5; number += 1) {
      await namespace.ip('link', 'add', `bn${number}`, 'type', 'bridge');
      await namespace.ip('addr', 'add', `10.0.${number}.1/24`, 'dev', `bn${number}`);
      await namespace.ip('link', 'set', `bn${number}`, 'up');
      await namespace.ip('route', 'add', 'default', 'via', '192.0.2.1', 'dev', 'eth0', 'table', String(500 + number));
    }
    await namespace.ip('addr', 'add', '192.0.2.10/32', 'dev', 'eth0');
    await changesOf('shore', ['address 192.0.2.10/32 added']);
    expect(observer.counts.readings - before).toBeLessThanOrEqual(2);
  });
});
