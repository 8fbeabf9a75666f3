/** Where each network instance's dnsmasq has its files. */
export function nameServiceDirectory(runDir: string): string {
  return `${runDir}/dnsmasq`;
}
