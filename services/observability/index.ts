export { createLogger, isLogLevel, logLevels, type Logger, type LogLevel } from './logger.js';
