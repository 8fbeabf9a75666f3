import type { BatchChild } from './batch-child.js';

/** What a query answered: the elements of the JSON array that ip printed; undefined where the command failed. */
export type IpAnswer = readonly unknown[] | undefined;

/**
 * A cheap query that no caller may ask (`netconf` is not among the objects of words.ts), so that its answer marks the end of a unit.
 * It names the loopback device because every namespace has one. Told a family, ip 6.1 answers it as text in spite of `-j`.
 */
const markerQuery = 'netconf show dev lo';
const markerAnswer = /^(\[\{("family":"?\w+"?,)?"interface":"lo"|inet6? lo )/;

/**
 * A few queries that are written together and followed by the marker. A query that fails prints nothing on stdout and its line number on
 * stderr; the two streams may arrive in either order, so a unit is complete when the marker has come and each query has either.
 */
export class ReadUnit {
  private readonly answers: string[] = [];
  private readonly failed = new Set<number>();
  private firstLine = 0;
  private marked = false;
  /** How often it was sent: reads are repeated, once, when a child dies under them. */
  attempts = 0;
  /** Its asker has been told that no answer will come. */
  abandoned = false;

  constructor(
    readonly queries: readonly string[],
    readonly onDone: (answers: readonly IpAnswer[]) => void,
    readonly onError: (error: Error) => void,
  ) {}

  send(child: BatchChild): void {
    this.answers.length = 0;
    this.failed.clear();
    this.marked = false;
    this.attempts += 1;
    this.firstLine = child.sentLines + 1;
    child.send(`${[...this.queries, markerQuery].join('\n')}\n`, this.queries.length + 1);
  }

  get outputComplete(): boolean {
    return this.marked;
  }

  get complete(): boolean {
    return this.marked && this.answers.length + this.failed.size === this.queries.length;
  }

  /** False where the answers cannot be told apart: more of them than queries. */
  get sound(): boolean {
    return this.answers.length + this.failed.size <= this.queries.length;
  }

  onOutput(text: string): void {
    if (markerAnswer.test(text)) this.marked = true;
    else this.answers.push(text);
  }

  /** Whether the line is one of this unit's. */
  onFailure(line: number): boolean {
    const index = line - this.firstLine;
    if (index < 0 || index >= this.queries.length) return false;
    this.failed.add(index);
    return true;
  }

  /** @throws SyntaxError where ip printed something other than JSON. */
  result(): readonly IpAnswer[] {
    let next = 0;
    return this.queries.map((_, index) => (this.failed.has(index) ? undefined : arrayOf(this.answers[next++] ?? '')));
  }
}

function arrayOf(text: string): readonly unknown[] {
  const value: unknown = JSON.parse(text);
  return Array.isArray(value) ? (value as readonly unknown[]) : [value];
}
