import { status } from '@grpc/grpc-js';
import { describe, expect, it } from '@jest/globals';
import { RpcError } from '../../lib/rpc/index.js';
import { CallProblem, CommandProblem, describeProblem } from './problem.js';

const SOCKET = 'unix:/run/x/zedagent.sock';
const START = 'Start it with: eve-uplink serve zedagent   (or all three: eve-uplink serve all)';

function called(code: status, message: string, address = SOCKET, violations: RpcError['violations'] = []): CallProblem {
  return new CallProblem('zedagent', address, new RpcError(code, message, { violations }));
}

const cases: readonly (readonly [string, unknown, readonly string[], number])[] = [
  [
    'no socket',
    called(status.UNAVAILABLE, 'No connection established. Last error: connect ENOENT /run/x/zedagent.sock'),
    ['zedagent is not running: there is no socket /run/x/zedagent.sock', START],
    4,
  ],
  [
    'a stale socket',
    called(status.UNAVAILABLE, 'Last error: connect ECONNREFUSED /run/x/zedagent.sock'),
    ['zedagent is not running: nobody listens on /run/x/zedagent.sock', START],
    4,
  ],
  [
    'a socket of others',
    called(status.UNAVAILABLE, 'Last error: connect EACCES /run/x/zedagent.sock'),
    ['No permission to use /run/x/zedagent.sock: be root, or a member of the group that owns it'],
    4,
  ],
  [
    'another machine',
    called(status.UNAVAILABLE, 'connect ECONNREFUSED 192.0.2.1:50051', '192.0.2.1:50051'),
    ['Nobody answers at 192.0.2.1:50051: connect ECONNREFUSED 192.0.2.1:50051'],
    4,
  ],
  [
    'silence',
    called(status.DEADLINE_EXCEEDED, 'Deadline exceeded'),
    [`zedagent did not answer in time at ${SOCKET}`],
    4,
  ],
  [
    'a bad configuration',
    called(status.INVALID_ARGUMENT, '2 problems', SOCKET, [
      { field: 'networkInstances[1].ip.subnet', description: 'overlaps ni1' },
      { field: '', description: 'and 3 more problems' },
    ]),
    ['2 problems', '  networkInstances[1].ip.subnet: overlaps ni1', '  and 3 more problems'],
    1,
  ],
  [
    'a denial',
    called(status.PERMISSION_DENIED, 'observers may not push'),
    ['Denied by zedagent: observers may not push'],
    3,
  ],
  ['a file', new CommandProblem('Cannot read x.json: ENOENT'), ['Cannot read x.json: ENOENT'], 1],
  ['wrong usage', new CommandProblem('TLS needs all three', 2), ['TLS needs all three'], 2],
  ['anything else', new TypeError('x is not a function'), ['x is not a function'], 1],
];

describe('describeProblem', () => {
  it.each(cases)('tells %s', (_what, error, lines, exitCode) => {
    expect(describeProblem(error)).toEqual({ lines, exitCode });
  });
});
