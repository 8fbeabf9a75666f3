import { internetAddresses, portNames, type Lab, type PortName } from '../../../lab/index.js';
import type { DetectionCase } from './case.js';
import { equalCosts, measured, ship, shipOver, userLabel } from './configurations.js';

const internetDies = (lab: Lab, port: PortName) => lab.killInternetBehind(port);
const gatewayFallsSilent = (lab: Lab, port: PortName) => lab.blackholeGateway(port);
const cablePulled = (lab: Lab, port: PortName) => lab.pullCable(port);

/** A free port in use sends its signs of life every 4 s: a fault may come anywhere in between. */
const oneRoundMs = 4_000;

/** Longer than EVE needs to do the wrong thing (5 s). */
const watchedMs = 8_000;

const fromFree = { kind: 'leaves', from: 'eth0', to: 'wwan0', returns: true, within: oneRoundMs } as const;
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
        await watch.applied(measured, 'wwan0');
        await lab.killInternetBehind('eth0');
        await lab.restoreGateway('eth0');
      },
      undo: async ({ lab }) => {
        await lab.restoreInternetBehind('eth0');
      },
      watchedMs,
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
      watchedMs,
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
      watchedMs,
    },
  },
];
