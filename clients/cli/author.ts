import { hostname, userInfo } from 'node:os';

/** Who changes something, unless told: the user and the machine. */
export function defaultAuthor(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    return hostname();
  }
}
