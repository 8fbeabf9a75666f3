/**
 * A lease file of dnsmasq without the leases that keep an app from its address: those of an address which belongs to
 * another MAC address now. dnsmasq honours such a lease until it ends, and writes it down over every restart.
 * `leases`: the file's text, a lease a line: end, MAC address, address, name, client. `dhcpHosts`: the hosts file's, a
 * host a line: MAC address, address, name.
 */
export function withoutStaleLeases(leases: string, dhcpHosts: string): string {
  const ownerOf = new Map(
    dhcpHosts.split('\n').map((line) => {
      const [macAddress = '', address = ''] = line.split(',');
      return [address, macAddress.toLowerCase()] as const;
    }),
  );
  return leases
    .split('\n')
    .filter((line) => {
      const [, macAddress = '', address = ''] = line.split(' ');
      const owner = ownerOf.get(address);
      return owner === undefined || address === '' || owner === macAddress.toLowerCase();
    })
    .join('\n');
}
