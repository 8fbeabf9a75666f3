import { describe, expect, it } from '@jest/globals';

import { deviceFaultKinds, faultFromText, faultText, portFaultKinds, type Fault } from './fault.js';

describe('a fault as text', () => {
  const faults: readonly Fault[] = [
    ...portFaultKinds.map((kind) =>
      kind === 'loss' ? { kind, port: 'sat0' as const, share: 0.17 } : { kind, port: 'eth0' as const },
    ),
    ...deviceFaultKinds.map((kind) => ({ kind })),
  ];

  it.each(faults.map((fault) => ({ fault, text: faultText(fault) })))('$text is read back', ({ text, fault }) => {
    expect(faultFromText(text)).toEqual(fault);
  });

  it.each(['eth0', 'eth9 no-carrier', 'eth0 tired', 'device no-carrier', 'eth0 loss', 'eth0 no-carrier=1', ''])(
    '%j is none',
    (text) => {
      expect(() => faultFromText(text)).toThrow();
    },
  );
});
