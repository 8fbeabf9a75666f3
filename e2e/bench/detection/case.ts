import type { EdgeDevConfig } from '../../../gen/config/devconfig.js';
import type { DoneAt, Lab, PortName } from '../../../lab/index.js';
import type { DetectionRig } from './rig.js';

/** A fault that an uplink of a real ship has, and what is measured of it. */
export interface DetectionCase {
  readonly what: string;
  /** What the project promises. */
  readonly goal: string;
  /** What EVE does (docs/design.md#what-eve-does): measured with its own selection code at its defaults. */
  readonly eve: string;
  readonly configuration: (lab: Lab) => EdgeDevConfig;
  /** Whether the app is sending, and is answered, by UDP while it happens. */
  readonly sending: boolean;
  /** Whether it also begins TCP connections, and what it asks for over each; undefined: it does not. */
  readonly fetching?: { readonly bytes: number };
  readonly measurement: Measuring;
}

export type Measuring =
  /** The port in use fails, and traffic goes over the other one. With equal ports, back and forth. */
  | {
      readonly kind: 'leaves';
      readonly from: PortName;
      readonly to: PortName;
      readonly returns: boolean;
      readonly fault: (lab: Lab, port: PortName) => Promise<DoneAt>;
      /** A fault comes at any moment within this time after all is well. */
      readonly within: number;
    }
  /** Something happens that must move nobody: switches are counted. */
  | {
      readonly kind: 'stays';
      readonly on: PortName;
      /** Up to the moment from which on nobody may move. */
      readonly provoke: (rig: DetectionRig) => Promise<void>;
      /** Undoes it, so that another run can follow. */
      readonly undo: (rig: DetectionRig) => Promise<void>;
      readonly watchedMs: number;
    };
