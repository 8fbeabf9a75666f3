import {
  internetAddresses,
  monotonicMs,
  portNames,
  type Lab,
  type PortFaultKind,
  type PortName,
} from '../../../lab/index.js';
import type { DetectionCase } from './case.js';
import { equalCosts, MEASURED, ship, shipOver, userLabel } from './configurations.js';

/** A fault of what passes through an ISP. */
const passing = (kind: PortFaultKind) => async (lab: Lab, port: PortName) => {
  const beforeMs = monotonicMs();
  await lab.isp(port).beginFault(kind);
  return { beforeMs, afterMs: monotonicMs() };
};
const internetDies = (lab: Lab, port: PortName) => lab.killInternetBehind(port);
const gatewayFallsSilent = (lab: Lab, port: PortName) => lab.blackholeGateway(port);
const cablePulled = (lab: Lab, port: PortName) => lab.pullCable(port);

/** A free port in use sends its signs of life every 4 s: a fault may come anywhere in between. */
const ONE_ROUND_MS = 4_000;

/** Longer than EVE needs to do the wrong thing (5 s). */
const WATCHED_MS = 8_000;

/** A full test comes every 45 s where no app begins connections. */
const FULL_ROUND_MS = 45_000;

/** What fails above the path, or is answered by somebody on the way; mended after each run. */
export const passingFaults = [
  'host-unreachable',
  'admin-prohibited',
  'time-exceeded',
  'tcp-dropped',
  'tcp-reset',
  'tcp-accelerated',
  'portal',
  'large-dropped',
  'echo-dropped',
  'icmp-limited',
] as const satisfies readonly PortFaultKind[];

const fromFree = { kind: 'leaves', from: 'eth0', to: 'wwan0', returns: true, within: ONE_ROUND_MS } as const;
const betweenEquals = { ...fromFree, returns: false } as const;

/** Every case of docs/design.md#what-eve-does, and of the proposal. */
export const cases: readonly DetectionCase[] = [
  {
    what: 'free port: internet dead behind a gateway that answers, app sending',
    goal: 'median 1 s, max 3 s',
    eve: 'never',
    configuration: ship,
    sending: true,
    measurement: { ...fromFree, fault: internetDies },
  },
  {
    what: 'the same, nothing sent',
    goal: 'max 6 s',
    eve: 'never',
    configuration: ship,
    sending: false,
    measurement: { ...fromFree, fault: internetDies },
  },
  ...(['host-unreachable', 'admin-prohibited', 'time-exceeded'] as const).flatMap((kind): readonly DetectionCase[] => [
    {
      what: `free port: ISP answers ${kind}, app sending`,
      ...{ goal: 'max 3 s', eve: 'never', configuration: ship, sending: true },
      measurement: { ...fromFree, fault: passing(kind) },
    },
    {
      what: `the same (${kind}), nothing sent`,
      ...{ goal: 'max 6 s', eve: 'never', configuration: ship, sending: false },
      measurement: { ...fromFree, fault: passing(kind) },
    },
  ]),
  ...(['tcp-dropped', 'portal', 'tcp-reset', 'tcp-accelerated'] as const).flatMap((kind): readonly DetectionCase[] => [
    {
      what: `free port: ${kind}, app begins TCP connections`,
      ...{ goal: 'max 10 s', eve: 'never', configuration: ship, sending: false, fetching: { bytes: 1 } },
      measurement: { ...fromFree, fault: passing(kind) },
    },
    {
      what: `the same (${kind}), nothing sent`,
      ...{ goal: 'max 60 s', eve: 'never', configuration: ship, sending: false },
      measurement: { ...fromFree, fault: passing(kind), within: FULL_ROUND_MS },
    },
  ]),
  {
    what: 'free port: large-dropped, app downloads',
    ...{ goal: 'max 30 s', eve: 'never', configuration: ship, sending: false, fetching: { bytes: 100_000 } },
    measurement: { ...fromFree, fault: passing('large-dropped') },
  },
  ...(['echo-dropped', 'icmp-limited'] as const).map((kind): DetectionCase => ({
    what: `${kind} on every port, nothing sent: moves`,
    ...{ goal: '0', eve: '-', configuration: ship, sending: false },
    measurement: {
      kind: 'stays',
      on: 'eth0',
      provoke: async ({ lab }) => {
        for (const port of portNames) await lab.isp(port).beginFault(kind);
      },
      undo: (rig) => rig.mendAll(),
      watchedMs: WATCHED_MS,
    },
  })),
  {
    what: 'metered port in use: internet dead, app sending',
    goal: 'max 10 s',
    eve: 'never',
    configuration: (lab) => shipOver(lab, [1, 2]),
    sending: true,
    measurement: { ...fromFree, from: 'wwan0', to: 'sat0', fault: internetDies },
  },
  {
    what: 'free port: gateway silent, app sending',
    goal: '',
    eve: '620 s',
    configuration: ship,
    sending: true,
    measurement: { ...fromFree, fault: gatewayFallsSilent },
  },
  {
    what: 'free port: cable pulled, app sending',
    goal: '',
    eve: '635 s (600-750)',
    configuration: ship,
    sending: true,
    measurement: { ...fromFree, fault: cablePulled },
  },
  {
    what: 'user label, dearer backup: cable pulled, app sending',
    goal: '',
    eve: 'never',
    configuration: userLabel,
    sending: true,
    measurement: { ...fromFree, fault: cablePulled },
  },
  {
    what: 'equal-cost ports: cable pulled, app sending',
    goal: '',
    eve: 'about 1 s',
    configuration: equalCosts,
    sending: true,
    measurement: { ...betweenEquals, fault: cablePulled },
  },
  {
    what: 'equal-cost ports: internet dead over the one in use, app sending',
    goal: '',
    eve: '620 s (controller dead)',
    configuration: equalCosts,
    sending: true,
    measurement: { ...betweenEquals, fault: internetDies },
  },
  {
    what: "on wwan0, eth0's gateway answers again, internet still dead: moves back",
    goal: '0',
    eve: 'within 5 s',
    configuration: ship,
    sending: true,
    measurement: {
      kind: 'stays',
      on: 'eth0',
      provoke: async ({ lab, watch }) => {
        await lab.blackholeGateway('eth0');
        await watch.applied(MEASURED, 'wwan0');
        await lab.killInternetBehind('eth0');
        await lab.restoreGateway('eth0');
      },
      undo: async ({ lab }) => {
        await lab.restoreInternetBehind('eth0');
      },
      watchedMs: WATCHED_MS,
    },
  },
  {
    what: 'controller dead for all: moves',
    goal: '0',
    eve: '-',
    configuration: ship,
    sending: true,
    measurement: {
      kind: 'stays',
      on: 'eth0',
      provoke: async ({ lab }) => {
        await Promise.all(portNames.map((port) => lab.blockDestination(port, internetAddresses.controller)));
      },
      undo: async ({ lab }) => {
        for (const port of portNames) await lab.restoreInternetBehind(port);
      },
      watchedMs: WATCHED_MS,
    },
  },
  {
    what: 'internet dead for all, nothing sent: moves',
    goal: '0',
    eve: '-',
    configuration: ship,
    sending: false,
    measurement: {
      kind: 'stays',
      on: 'eth0',
      provoke: async ({ lab }) => {
        await Promise.all(portNames.map((port) => lab.killInternetBehind(port)));
      },
      undo: async ({ lab }) => {
        for (const port of portNames) await lab.restoreInternetBehind(port);
      },
      watchedMs: WATCHED_MS,
    },
  },
];
