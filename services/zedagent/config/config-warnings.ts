import type { EdgeDevConfig } from '../../../gen/config/devconfig.js';
import type { ConfigWarning } from '../../../gen/zedagent/v1/device_config.js';
import { accessNotices } from '../../../lib/acl/index.js';
import {
  boundedNotices,
  fieldNoticesSliced,
  switchNotices,
  type DeviceModel,
  type FieldNotices,
} from '../../../lib/configuration/index.js';
import type { Sliced } from '../../../lib/slices/index.js';
import { testWarnings, type TestWarning } from '../../../lib/decision/forecast/index.js';

/**
 * What is in order in a configuration, under the policy over it, and will not come about as it says. `notices`: what is
 * said of its fields, where that is known.
 */
export function* configWarnings(
  config: EdgeDevConfig,
  model: DeviceModel,
  notices?: FieldNotices,
): Sliced<ConfigWarning[]> {
  const ofFields = (notices ?? (yield* fieldNoticesSliced(config))).warned.map(({ field, description }) => ({
    field: field === '' ? 'config' : `config.${field}`,
    description,
  }));
  yield;
  const places = placesOf(config);
  const ofTests = testWarnings(model).map(({ subject, description }) => ({
    field: fieldOf(subject, config, places),
    description,
  }));
  yield;
  const ofAccess = (yield* accessNotices(config, model)).map(({ field, description }) => ({
    field: `config.${field}`,
    description,
  }));
  const ofSwitches = switchNotices(config, model).map(({ field, description }) => ({
    field: `config.${field}`,
    description,
  }));
  yield;
  return [...boundedNotices([...ofAccess, ...ofSwitches, ...ofFields, ...ofTests])];
}

/** Where each network instance stands, by its UUID in lower case. */
function placesOf({ networkInstances }: EdgeDevConfig): ReadonlyMap<string, number> {
  return new Map(
    networkInstances.map(({ uuidandversion }, index) => [uuidandversion?.uuid.toLowerCase() ?? '', index]),
  );
}

function fieldOf(subject: TestWarning['subject'], config: EdgeDevConfig, places: ReadonlyMap<string, number>): string {
  switch (subject.kind) {
    case 'network-instance':
      return `config.networkInstances[${places.get(subject.id) ?? -1}].test.${subject.setting}`;
    case 'port-test': {
      const key = subject.setting === 'interval' ? 'timer.port.testinterval' : 'timer.port.timeout';
      return `config.configItems[${config.configItems.findIndex((item) => item.key === key)}].value`;
    }
  }
}
