import type { EdgeDevConfig } from '../../gen/config/devconfig.js';
import { ACE } from '../../gen/config/fw.js';
import { AppInstanceConfig } from '../../gen/config/appconfig.js';
import { NetworkInstanceConfig } from '../../gen/config/netinst.js';
import type { Lab } from '../../lab/index.js';

const FIRST_EXTERNAL_PORT = 10_000;

/**
 * The ship with `instances` network instances in all, the lab's two first, and so many port maps in each of the others.
 */
export function scaledConfiguration(
  lab: Lab,
  scale: { readonly instances: number; readonly portMaps: number; readonly portMapsOfDefault?: number },
): EdgeDevConfig {
  const ship = lab.configuration({ failbackHoldSeconds: 0, allowedPriorities: { default: [0, 1] } });
  const added = Array.from(
    { length: Math.max(0, scale.instances - ship.networkInstances.length) },
    (_, index) => index,
  );
  const [pattern] = ship.networkInstances;
  return {
    ...ship,
    networkInstances: [
      ...ship.networkInstances.slice(0, scale.instances),
      ...added.map((index) => oneOfMany(pattern, index, idOf(1, index))),
    ],
    apps: [
      ...ship.apps.slice(0, scale.instances).map((app, index) => {
        const more = index === 0 ? portMaps(40_000, scale.portMapsOfDefault ?? 0) : [];
        return { ...app, interfaces: app.interfaces.map((each) => ({ ...each, acls: [...each.acls, ...more] })) };
      }),
      ...added.map((index) =>
        AppInstanceConfig.fromPartial({
          uuidandversion: { uuid: idOf(2, index), version: '1' },
          displayname: `added${index}`,
          activate: true,
          interfaces: [
            {
              name: 'eth0',
              networkId: idOf(1, index),
              acls: [OUTWARD, ...portMaps(FIRST_EXTERNAL_PORT + index * scale.portMaps, scale.portMaps)],
            },
          ],
        }),
      ),
    ],
  };
}

/** Network instance `index` of many, like `pattern` but for its name, id and subnet. */
export function oneOfMany(
  pattern: NetworkInstanceConfig | undefined,
  index: number,
  uuid: string,
): NetworkInstanceConfig {
  const network = `10.${100 + Math.floor(index / 250)}.${index % 250}`;
  return NetworkInstanceConfig.fromPartial({
    ...pattern,
    uuidandversion: { uuid, version: '1' },
    displayname: `ni${index}`,
    ip: { subnet: `${network}.0/24`, gateway: `${network}.1` },
  });
}

function idOf(kind: number, index: number): string {
  return `0b0${kind}0000-0000-4000-8000-${index.toString(16).padStart(12, '0')}`;
}

/** Lets an app out. */
const OUTWARD = ACE.fromPartial({ id: 1, matches: [{ type: 'ip', value: '0.0.0.0/0' }] });

function portMaps(firstPort: number, count: number): ACE[] {
  return Array.from({ length: count }, (_, index) =>
    ACE.fromPartial({
      id: 100 + index,
      matches: [
        { type: 'protocol', value: 'tcp' },
        { type: 'lport', value: String(firstPort + index) },
      ],
      actions: [{ portmap: true, appPort: 80 }],
    }),
  );
}
