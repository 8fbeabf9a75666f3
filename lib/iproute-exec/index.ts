/*
 * Executes the system's tools: `nft -f -` to load a ruleset, dnsmasq, sysctls, a one-shot `ip` where it is rare.
 * Argument vectors only, bounded in time and output, every failure a `CommandError` that names the command. What
 * happens often, or in a switch, goes by lib/netlink. A workspace of its own: it imports no other room.
 */
export { CommandError, type CommandFailure } from './command-error.js';
export {
  reloadDnsmasq,
  runningDnsmasq,
  startDnsmasq,
  stopDnsmasq,
  type DnsmasqOptions,
  type RunningDnsmasq,
} from './dnsmasq.js';
export { missingTools, type MissingTool } from './environment.js';
export { listRulesetJson, listTableText, type NftListOptions } from './nft-list.js';
export { loadRuleset, type LoadOptions } from './nft-load.js';
export { readText } from './read-text.js';
export { startWireGuardGo, wireGuardGoSocket } from './wireguard-go.js';
export { run, type RunOptions, type RunResult } from './run.js';
export { readSysctl, writeSysctl, type SysctlOptions } from './sysctl.js';
