import type { AccessEntry } from '../model.js';

/** An entry that matches everything: what an entry with matches differs from. */
export const EVERYTHING: AccessEntry = {
  id: 1,
  name: '',
  direction: 'both',
  remoteNetwork: undefined,
  remoteName: undefined,
  remoteIsMember: false,
  protocol: undefined,
  localPorts: undefined,
  remotePorts: undefined,
  adapterLabel: undefined,
  action: 'allow',
  rate: undefined,
  portMap: undefined,
};
