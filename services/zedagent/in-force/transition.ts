import type { InForce } from './in-force.js';

/** What a request comes to: the answer, and what is in force from then on; without `next` everything stays. */
export interface Transition<Answer> {
  readonly answer: Answer;
  readonly next?: Partial<InForce>;
}
