import type { Obstacle } from './obstacle.js';
import type { PassageMemory } from './passage.js';
import { passageOf, type ForeignChain, type ForeignFilters, type Passage, type SamplePacket } from './packet-filter.js';

/** A network instance, as far as filters of others are concerned. */
export interface FilteredInstance {
  readonly bridge: string;
  /** The interface of the port in use; undefined: it has none. */
  readonly interfaceInUse: string | undefined;
}

/** What apps need of the host itself. */
const SERVICES = [
  { what: 'address requests (DHCP)', protocol: 'udp', destinationPort: 67 },
  { what: 'name requests', protocol: 'udp', destinationPort: 53 },
] as const;

/**
 * What of others' filters stands in the way of a network instance. Counts outrank what rules seem to say: where packets
 * get through there is no obstacle, and where none does there is one, whoever drops them.
 */
export function foreignObstacles(
  filters: ForeignFilters,
  { bridge, interfaceInUse }: FilteredInstance,
  passage: PassageMemory | undefined,
): readonly Obstacle[] {
  const forward = interfaceInUse === undefined ? [] : forwardObstacles(filters, bridge, interfaceInUse, passage?.gets);
  return [...forward, ...inputObstacles(filters, bridge)];
}

function forwardObstacles(
  filters: ForeignFilters,
  bridge: string,
  port: string,
  gets: PassageMemory['gets'],
): readonly Obstacle[] {
  if (gets === 'through') return [];
  const verdicts = baseChains(filters, 'forward').map((chain) => ({
    chain,
    passage: worst(
      (['tcp', 'udp'] as const).map((protocol) =>
        passageOf(filters, chain, {
          hook: 'forward',
          inputInterface: bridge,
          outputInterface: port,
          protocol,
          destinationPort: undefined,
        }),
      ),
    ),
  }));
  const named = verdicts.filter(
    ({ passage }) => passage === 'dropped' || (gets === 'nowhere' && passage === 'depends'),
  );
  if (named.length > 0) {
    return named.map(({ chain }) => ({
      kind: 'forward-dropped',
      subject: textOf(chain),
      detail: `the firewall of this host does not forward from ${bridge} to ${port}`,
      remedy: remedyOf(filters, chain, 'forward'),
    }));
  }
  if (gets !== 'nowhere') return [];
  return [
    {
      kind: 'packets-lost',
      subject: `${bridge} to ${port}`,
      detail: 'packets of the apps arrive and are not forwarded, and no nft chain that can be read drops them',
      remedy: `look for a filter of another kind: iptables-legacy -S FORWARD; ${IPTABLES}`,
    },
  ];
}

function inputObstacles(filters: ForeignFilters, bridge: string): readonly Obstacle[] {
  return baseChains(filters, 'input').flatMap((chain) => {
    const dropped = SERVICES.filter(({ protocol, destinationPort }) => {
      const packet: SamplePacket = {
        hook: 'input',
        inputInterface: bridge,
        outputInterface: undefined,
        protocol,
        destinationPort,
      };
      return passageOf(filters, chain, packet) === 'dropped';
    });
    if (dropped.length === 0) return [];
    return [
      {
        kind: 'input-dropped' as const,
        subject: textOf(chain),
        detail: `the firewall of this host drops ${dropped.map(({ what }) => what).join(' and ')} from ${bridge}`,
        remedy: remedyOf(filters, chain, 'input'),
      },
    ];
  });
}

function baseChains({ base }: ForeignFilters, hook: SamplePacket['hook']): readonly ForeignChain[] {
  return base.filter((chain) => chain.hook === hook);
}

function worst(passages: readonly Passage[]): Passage {
  if (passages.includes('dropped')) return 'dropped';
  return passages.includes('depends') ? 'depends' : 'passes';
}

function textOf({ family, table, name }: ForeignChain): string {
  return `chain ${name} of table ${family} ${table}`;
}

const IPTABLES = 'iptables -I FORWARD -i bn+ -j ACCEPT && iptables -I FORWARD -o bn+ -j ACCEPT';

/** In the words of the program that owns the chain, as far as its names tell. */
function remedyOf(filters: ForeignFilters, { family, table, name }: ForeignChain, hook: SamplePacket['hook']): string {
  const chains = [...filters.rules.keys()].filter((key) => key.startsWith(`${family} ${table} `));
  const has = (prefix: string): boolean => chains.some((key) => key.startsWith(`${family} ${table} ${prefix}`));
  if (table === 'firewalld') {
    return 'firewall-cmd --permanent --zone=trusted --add-interface=bn+ && firewall-cmd --reload';
  }
  if (has('ufw-')) {
    return hook === 'forward'
      ? 'ufw route allow in on bn+ && ufw route allow out on bn+'
      : 'ufw allow in on bn+ to any port 67 proto udp && ufw allow in on bn+ to any port 53';
  }
  if (family === 'ip' && table === 'filter') {
    if (hook === 'input')
      return 'iptables -I INPUT -i bn+ -p udp --dport 67 -j ACCEPT && iptables -I INPUT -i bn+ -p udp --dport 53 -j ACCEPT';
    if (has('DOCKER-USER'))
      return 'iptables -I DOCKER-USER -i bn+ -j ACCEPT && iptables -I DOCKER-USER -o bn+ -j ACCEPT';
    return IPTABLES;
  }
  const rule = `nft insert rule ${family} ${table} ${name}`;
  return hook === 'forward'
    ? `${rule} iifname 'bn*' accept && ${rule} oifname 'bn*' accept`
    : `${rule} iifname 'bn*' udp dport '{ 53, 67 }' accept`;
}
