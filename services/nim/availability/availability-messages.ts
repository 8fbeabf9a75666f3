import type {
  AvailabilityPeriod,
  NetworkInstanceAvailability,
  Outage as OutageMessage,
  PortAvailability,
} from '../../../gen/nim/v1/availability.js';
import { durationOf, timestampOf } from '../../../lib/configuration/index.js';
import type { Period } from '../../../lib/history/index.js';
import { causeMessages } from '../publish/index.js';
import type { Outage } from './outage.js';
import { availabilitySeriesOf } from './series.js';

/** A period as it is told. */
export function availabilityPeriodMessage({ beginMs, lengthMs, counts }: Period): AvailabilityPeriod {
  const ports: PortAvailability[] = [];
  const instances = new Map<string, NetworkInstanceAvailability>();
  const instance = (id: string): NetworkInstanceAvailability => {
    const known = instances.get(id) ?? {
      ...{ networkInstanceId: id, displayName: '', online: undefined, failing: undefined, withoutPort: undefined },
      ...{ ports: [], causes: [] },
    };
    instances.set(id, known);
    return known;
  };
  for (const [name, values] of counts) {
    const series = availabilitySeriesOf(name);
    const durations = values.map(durationOf);
    switch (series?.kind) {
      case 'port': {
        const [working, untested, failing, unusable] = durations;
        const testBytes = BigInt(values[4] ?? 0);
        ports.push({ logicalLabel: series.port, working, untested, failing, unusable, testBytes });
        break;
      }
      case 'instance': {
        const [online, failing, withoutPort] = durations;
        Object.assign(instance(series.id), { displayName: series.name, online, failing, withoutPort });
        break;
      }
      case 'share': {
        const { port: logicalLabel, priority } = series;
        instance(series.id).ports.push({ logicalLabel, priority, selected: durations[0] });
        break;
      }
      case 'cause':
        instance(series.id).causes.push({ cause: causeMessages[series.cause], count: values[0] ?? 0 });
        break;
      case undefined:
        break;
    }
  }
  return {
    ...{ begin: timestampOf(beginMs), length: durationOf(lengthMs), ports },
    networkInstances: [...instances.values()],
  };
}

export function outageMessage(outage: Outage): OutageMessage {
  const { kind, id, name, beginMs, endMs, detectionMs, cause, failure, fromPort, toPort } = outage;
  return {
    subject: kind === 'port' ? { $case: 'port', value: id } : { $case: 'networkInstance', value: id },
    displayName: name,
    begin: timestampOf(Math.round(beginMs)),
    end: endMs === undefined ? undefined : timestampOf(Math.round(endMs)),
    detection: durationOf(Math.round(detectionMs)),
    ...{ cause, failure, fromPort, toPort },
  };
}
