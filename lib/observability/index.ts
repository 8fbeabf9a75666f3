/*
 * The log, the metrics and the table of log events. Services write to a Logger and to Meters; only this room knows pino
 * and prom-client. Event names are an interface: add to log-events.ts, rename nothing.
 */
export {
  createLogger,
  isJournal,
  isLogLevel,
  logLevels,
  type LevelledLogger,
  type LogFields,
  type Logger,
  type LogLevel,
} from './logger.js';
export { logEvents, type LogEventName } from './log-events.js';
export { startMetrics, type MetricsOptions, type RunningMetrics } from './metrics.js';
export { gaugesOfEach, gaugesOfNetworkInstances, type AddGaugeOfEach, type Subjects } from './gauges-of-each.js';
export { Meters, seconds, type DurationMeter, type MeterDescription, type Sample } from './meters.js';
