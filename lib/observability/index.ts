export { createLogger, isLogLevel, logLevels, type Logger, type LogLevel } from './logger.js';
export { startMetrics, type MetricsOptions, type RunningMetrics } from './metrics.js';
export { gaugesOfEach, gaugesOfNetworkInstances, type AddGaugeOfEach, type Subjects } from './gauges-of-each.js';
export { Meters, seconds, type DurationMeter, type MeterDescription, type Sample } from './meters.js';
