/** Where a file is, and what it takes to get it. */
export interface Source {
  readonly url: URL;
  /** For people, without credentials. */
  readonly text: string;
  /**
   * Headers that prove who asks; only ever sent to the origin of `url`. Made anew for each request: signatures carry
   * the time.
   */
  readonly credentials: () => Readonly<Record<string, string>>;
  /** PEM: who may have signed the server's certificate, beside those that this machine trusts. */
  readonly certificateAuthorities: readonly string[];
}
