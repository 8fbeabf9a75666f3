#!/bin/sh
# What udhcpc runs when its lease changes, on the device's ports and in the apps.
#
# From the lab:   METRIC     of the default route in the main table
#                 DNS_FILE   gets the name servers, in the syntax of resolv.conf(5), and the time servers as `ntp ADDRESS`
#                 DNS_WRITE  replace (a new file takes its place in one step) or overwrite (the file is a mount point)
# From udhcpc:    $1, interface, ip, mask (prefix length), router, staticroutes (network router ...), mtu, dns, ntpsrv,
#                 domain, lease (seconds)
set -eu

forget() {
  case "$DNS_WRITE" in
    replace) rm -f "$DNS_FILE" ;;
    overwrite) : >"$DNS_FILE" ;;
  esac
  # The interface may be gone, and then so are its addresses.
  ip -4 address flush dev "$interface" scope global 2>/dev/null || true
}

name_servers() {
  [ -z "${domain:-}" ] || echo "search $domain"
  for server in ${dns:-}; do echo "nameserver $server"; done
  for server in ${ntpsrv:-}; do echo "ntp $server"; done
}

# RFC 3442: where there are classless routes, the router option does not count.
routes() {
  set -- ${staticroutes:-${router:+0.0.0.0/0 ${router%% *}}}
  ip -4 route flush dev "$interface" proto dhcp
  while [ $# -ge 2 ]; do
    ip -4 route replace "$1" via "$2" dev "$interface" metric "$METRIC" proto dhcp
    shift 2
  done
}

keep() {
  # With its lifetime: a lease that is not renewed expires in the kernel, whatever becomes of the client.
  ip -4 address replace "$ip/$mask" broadcast + dev "$interface" valid_lft "$lease" preferred_lft "$lease"
  ip -4 -o address show dev "$interface" scope global | while read -r _ _ _ other _; do
    [ "$other" = "$ip/$mask" ] || ip -4 address delete "$other" dev "$interface"
  done
  [ -z "${mtu:-}" ] || ip link set dev "$interface" mtu "$mtu"
  routes
  case "$DNS_WRITE" in
    replace)
      name_servers >"$DNS_FILE.new"
      mv "$DNS_FILE.new" "$DNS_FILE"
      ;;
    overwrite) name_servers >"$DNS_FILE" ;;
  esac
}

case "$1" in
  deconfig)
    forget
    ip link set "$interface" up 2>/dev/null || true
    ;;
  leasefail | nak) forget ;;
  bound | renew) keep ;;
esac
