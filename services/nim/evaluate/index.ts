/*
 * What if: decides as NIM does over assumed ports, tests, policy and grants. Uses `decide` and `evaluatePort` and has
 * no rules of its own; changes nothing.
 */
export { evaluate } from './evaluate.js';
