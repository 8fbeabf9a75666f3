import type { Clock } from '../clock/index.js';
import type { Logger, Meters } from '../observability/index.js';
import type { CallErrors } from './call-errors.js';

/** What each service is started with. */
export interface ServiceOptions {
  /** The services' sockets, and what need not outlive the boot. */
  readonly runDir: string;
  /** What is to outlive it. */
  readonly stateDir: string;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Where it can be measured; undefined: nowhere. */
  readonly meters?: Meters | undefined;
  readonly callErrors?: CallErrors | undefined;
}

/** A service that has been started and can be ended. */
export interface RunningService {
  /** Reads again what may be replaced while it runs: certificates. Rejects, and goes on with what was in force. */
  reload?(): Promise<void>;
  /** Ends it in good order; never undoes what it did to the system. */
  close(): Promise<void>;
}
