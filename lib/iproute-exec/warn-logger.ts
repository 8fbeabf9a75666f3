/** The little that this package asks of a logger; a pino Logger fits. */
export interface WarnLogger {
  warn(fields: object, message: string): void;
}
