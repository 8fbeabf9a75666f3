/** A service that has been started and can be ended. */
export interface RunningService {
  /** Ends it in good order; never undoes what it did to the system. */
  close(): Promise<void>;
}
