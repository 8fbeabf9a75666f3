import {
  AccessVerdict,
  type AccessExplanation,
  type EntryDenials,
  type ExplainAccessRequest,
} from '../../../gen/zedrouter/v1/network_router.js';
import { describeEntry, verdict, type AccessFlow, type Surroundings, type Verdict } from '../../../lib/acl/index.js';
import { ipv4Number } from '../../../lib/ipv4/index.js';
import type { Denials } from '../apply/denials.js';
import { accessRules, entryMark, type AccessInterface } from '../desired/access.js';
import type { FlowSurroundings } from '../desired/refused-flows.js';
import type { ReconcileReport } from '../reconcile/report.js';

/** What is known of names and of what was denied. */
export interface AccessFacts {
  readonly isNamed: FlowSurroundings['isNamed'];
  readonly denials: readonly Denials[];
}

/** The interfaces of an app, by UUID or name, that have an access list; `name` empty: all of them. */
export function accessInterfacesOf(
  { inputs, ids }: Pick<ReconcileReport, 'inputs' | 'ids'>,
  app: string,
  name: string,
): readonly AccessInterface[] {
  return [...accessRules(inputs.config.model, ids).interfaces.values()].filter(
    (each) =>
      (each.appId === app.toLowerCase() || each.appName === app) && (name === '' || each.interfaceName === name),
  );
}

/** What the lists say of a flow from these interfaces, and of its arrival where it leads to another app. */
export function accessExplanations(
  report: Pick<ReconcileReport, 'inputs' | 'ids'>,
  from: readonly AccessInterface[],
  request: ExplainAccessRequest,
  facts: AccessFacts,
): AccessExplanation[] {
  const { interfaces } = accessRules(report.inputs.config.model, report.ids);
  return from.flatMap((each) => {
    const { remote, remotePort, protocol, localPort } = request;
    const flow: AccessFlow = {
      direction: 'egress',
      protocol,
      remoteAddress: ipv4Number(remote) === undefined ? '' : remote,
      remotePort: remotePort === 0 ? undefined : remotePort,
      localPort: localPort === 0 ? undefined : localPort,
      portMap: undefined,
      portLabels: [],
    };
    const reached = interfaces.get(remote);
    const arriving: AccessFlow = {
      ...flow,
      direction: 'ingress',
      remoteAddress: each.address,
      remotePort: flow.localPort,
      localPort: flow.remotePort,
    };
    return [
      explanation(report, each, flow, remote, facts),
      ...(reached?.niId === each.niId && reached.address !== each.address
        ? [explanation(report, reached, arriving, each.address, facts)]
        : []),
    ];
  });
}

function explanation(
  { inputs }: Pick<ReconcileReport, 'inputs'>,
  each: AccessInterface,
  flow: AccessFlow,
  remote: string,
  { isNamed, denials }: AccessFacts,
): AccessExplanation {
  const asked = remote.toLowerCase().replace(/\.$/, '');
  const surroundings: Surroundings = {
    isMember: (address) => each.members.has(address),
    isNamed: (name, address) =>
      address === '' ? `.${asked}`.endsWith(`.${name}`) : isNamed(each.niNumber, name, address),
  };
  const given = verdict(each.list, flow, surroundings);
  const position = given.kind === 'refused' ? -1 : each.list.indexOf(given.entry);
  return {
    appId: each.appId,
    appName: each.appName,
    interface: each.interfaceName,
    address: each.address,
    networkInstanceId: each.niId,
    networkInstanceName: inputs.config.model.networkInstances.find(({ id }) => id === each.niId)?.name ?? '',
    ingress: flow.direction === 'ingress',
    verdict: VERDICTS[given.kind],
    entryId: given.kind === 'refused' ? 0 : given.entry.id,
    place: position + 1,
    detail: detailOf(given, position, each),
    denied: entryDenials(each, denials),
  };
}

const VERDICTS = {
  allowed: AccessVerdict.ACCESS_VERDICT_ALLOWED,
  dropped: AccessVerdict.ACCESS_VERDICT_DROPPED,
  refused: AccessVerdict.ACCESS_VERDICT_REFUSED,
} as const satisfies Readonly<Record<Verdict['kind'], AccessVerdict>>;

function detailOf(given: Verdict, position: number, { list }: AccessInterface): string {
  if (given.kind !== 'refused') return `${given.kind} by ${describeEntry(given.entry, position)}`;
  return list.length === 0
    ? 'refused: the access list has no entries, so nothing is allowed'
    : 'refused: no entry of the access list allows it';
}

/** What the list of an interface has denied, by entry. */
export function entryDenials({ bridge, address, list }: AccessInterface, denials: readonly Denials[]): EntryDenials[] {
  const places = new Map(list.map((entry, position) => [entryMark(entry, position), { entry, position }]));
  return denials
    .filter((each) => each.bridge === bridge && each.address === address)
    .map(({ entry: mark, packets }) => {
      const found = places.get(mark);
      return {
        // Of one that is not in the list any more, what it was counted by.
        entryId: found?.entry.id ?? mark,
        place: found === undefined ? 0 : found.position + 1,
        packets: BigInt(packets),
      };
    })
    .sort((a, b) => a.place - b.place || a.entryId - b.entryId);
}

/** What the list of an app's interface has denied. */
export interface DeniedAtInterface extends AccessInterface {
  readonly denied: EntryDenials[];
}

/** What each interface's list has denied; those that have denied nothing are left out. */
export function deniedAtInterfaces(
  { inputs, ids }: Pick<ReconcileReport, 'inputs' | 'ids'>,
  denials: readonly Denials[],
): readonly DeniedAtInterface[] {
  const { interfaces } = accessRules(inputs.config.model, ids);
  return [...new Set(denials.map(({ address }) => address))].flatMap((address) => {
    const each = interfaces.get(address);
    return each === undefined ? [] : [{ ...each, denied: entryDenials(each, denials) }];
  });
}
