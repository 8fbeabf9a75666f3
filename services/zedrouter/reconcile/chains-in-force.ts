import type { RulesetCache } from '../apply/ruleset-cache.js';

/** How the chains of our nft table read while they are right, and whether somebody may have changed them since. */
export class ChainsInForce {
  readonly #ruleset: Pick<RulesetCache, 'chainsDigest' | 'chainsAsLoaded'>;
  #digest: string | undefined;
  /** How they read after they were loaded last, whether or not that is right. */
  #loadedDigest: string | undefined;
  #isSuspect = false;

  constructor(ruleset: Pick<RulesetCache, 'chainsDigest' | 'chainsAsLoaded'>) {
    this.#ruleset = ruleset;
  }

  /** Undefined: they were never seen right. */
  get digest(): string | undefined {
    return this.#digest;
  }

  /** Somebody has changed a ruleset. */
  suspect(): void {
    this.#isSuspect = true;
  }

  /** Whether they are not as they were left; asks the kernel once for each suspicion. @throws NetlinkError */
  areFoundWrong(): boolean {
    if (!this.#isSuspect) return false;
    this.#isSuspect = false;
    return this.#digest !== undefined && this.#ruleset.chainsDigest() !== this.#digest;
  }

  /** What was not loaded is loaded with the next try, whatever is there. */
  forget(): void {
    this.#digest = undefined;
  }

  /**
   * Notes how the chains read that were just loaded, and answers whether that is believed. Where somebody else has
   * changed a ruleset meanwhile, they may have been ours, emptied: then only if they read as before, or as after the
   * load before. `boottimeMs`: CLOCK_BOOTTIME now. @throws NetlinkError
   */
  noteLoaded(boottimeMs: number): boolean {
    const { digest, isOurs } = this.#ruleset.chainsAsLoaded(boottimeMs);
    const isKnown = digest !== undefined && (digest === this.#digest || digest === this.#loadedDigest);
    this.#loadedDigest = digest;
    this.#digest = isOurs || isKnown ? digest : undefined;
    return this.#digest !== undefined;
  }
}
