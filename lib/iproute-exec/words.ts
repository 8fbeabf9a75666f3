/** Why this is no name for a network namespace; undefined where it is one. They are files in /run/netns. */
export function problemOfNamespace(namespace: string): string | undefined {
  if (/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(namespace)) return undefined;
  return `${printable(namespace)} is no name of a network namespace`;
}

/** A word as an error message may carry it. */
export function printable(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text);
}
