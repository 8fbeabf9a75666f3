import type { StopReason } from './permission/verdict.js';

/** A port as it is shown. */
export interface PortShown {
  readonly label: string;
  readonly priority: number;
  /** The grant without which it would not be permitted, if there is one. */
  readonly grantId: string | undefined;
}

/** What happens in a download, for whoever shows it. */
export type DownloadEvent =
  | { readonly kind: 'begun'; readonly source: string; readonly file: string; readonly resumedBytes: number }
  /** A port was chosen, and the source is being connected to over it. */
  | { readonly kind: 'connecting'; readonly port: PortShown }
  /** Bytes begin to come. `fromBytes`: where in the file. */
  | {
      readonly kind: 'transferring';
      readonly port: PortShown;
      readonly fromBytes: number;
      readonly sizeBytes: number | undefined;
    }
  /** Some more have come; told at most ten times a second. */
  | {
      readonly kind: 'progress';
      readonly port: PortShown;
      readonly receivedBytes: number;
      readonly sizeBytes: number | undefined;
    }
  | { readonly kind: 'stopped'; readonly port: PortShown; readonly reason: StopReason; readonly receivedBytes: number }
  | { readonly kind: 'failed'; readonly port: PortShown; readonly why: string; readonly receivedBytes: number }
  | { readonly kind: 'anew'; readonly why: string; readonly discardedBytes: number }
  /**
   * For: a permitted port; a permitted port that has link and address; NIM; or the next round over ports that all
   * failed.
   */
  | { readonly kind: 'waiting'; readonly for: 'permission' | 'port' | 'nim' | 'retry'; readonly detail: string }
  | { readonly kind: 'done'; readonly result: DownloadResult };

export interface DownloadResult {
  readonly file: string;
  readonly sizeBytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
  /** Bytes of the file that came over each port, those included that were thrown away. */
  readonly portBytes: ReadonlyMap<string, number>;
  /** Until the last byte was there. */
  readonly fetchedMs: number;
  /** Until the file was checked and safely on the disk. */
  readonly tookMs: number;
}
