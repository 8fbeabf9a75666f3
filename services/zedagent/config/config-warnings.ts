import type { EdgeDevConfig } from '../../../gen/config/devconfig.js';
import type { ConfigWarning } from '../../../gen/zedagent/v1/device_config.js';
import { accessNotices } from '../../../lib/acl/index.js';
import { boundedNotices, fieldNotices, type DeviceModel } from '../../../lib/configuration/index.js';
import { testWarnings, type TestWarning } from '../../../lib/decision/forecast/index.js';

/** What is in order in a configuration, under the policy over it, and will not come about as it says. */
export function configWarnings(config: EdgeDevConfig, model: DeviceModel): ConfigWarning[] {
  const ofFields = fieldNotices(config).warned.map(({ field, description }) => ({
    field: field === '' ? 'config' : `config.${field}`,
    description,
  }));
  const ofTests = testWarnings(model).map(({ subject, description }) => ({
    field: fieldOf(subject, config),
    description,
  }));
  const ofAccess = accessNotices(config, model).map(({ field, description }) => ({
    field: `config.${field}`,
    description,
  }));
  return [...boundedNotices([...ofAccess, ...ofFields, ...ofTests])];
}

function fieldOf(subject: TestWarning['subject'], config: EdgeDevConfig): string {
  switch (subject.kind) {
    case 'network-instance': {
      const index = config.networkInstances.findIndex(
        ({ uuidandversion }) => uuidandversion?.uuid.toLowerCase() === subject.id,
      );
      return `config.networkInstances[${index}].test.${subject.setting}`;
    }
    case 'port-test': {
      const key = subject.setting === 'interval' ? 'timer.port.testinterval' : 'timer.port.timeout';
      return `config.configItems[${config.configItems.findIndex((item) => item.key === key)}].value`;
    }
  }
}
