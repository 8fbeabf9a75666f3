export { connectionOptionsOf } from './options.js';
export { addressOf } from './addresses.js';
export { ask, withConnection } from './clients.js';
export { CallProblem, CommandProblem } from './problem.js';
