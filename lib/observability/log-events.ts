/**
 * The events that the services log: the stable name in the field `event` of a line, and what it means. Names stay; the
 * message beside them is for people and may change. A new line in the log begins with a name here.
 */
export const logEvents = {
  // Starting and serving
  'service-started': 'A gRPC server listens, at `socket` and, with mutual TLS, at `tlsPort`.',
  'metrics-started': 'Metrics are served over HTTP at `host` and `port`.',
  'metrics-failed': 'Collecting the metrics for a scrape failed; the scrape got status 500.',
  'rpc-failed': 'A handler threw an error that is no answer; the caller got INTERNAL. A bug: `err` has the stack.',
  'reflection-failed': 'A reflection request failed; the caller got INTERNAL. A bug: `err` has the stack.',
  'call-refused': 'A call was refused by role, certificate or size; one line a second, `unlogged` had none.',
  'connection-refused': 'A connection of the network listener was refused (`why`); rate as of `call-refused`.',
  'certificates-reloaded': 'The network listener has read its certificates again (SIGHUP).',
  'reload-failed': 'What SIGHUP asks to read again cannot be read (`err`); what was in force stays.',
  'service-manager-deaf': 'The service manager (NOTIFY_SOCKET) cannot be told how this process is.',
  'service-not-alive': 'A service does not answer itself; the watchdog of the service manager is not fed.',
  'log-level-changed': 'SIGHUP: the log level is `logLevel` from now on.',
  'tools-missing':
    'Commands that the dataplane needs are not installed; `packages` are the Debian packages to install.',
  'ping-group-range-widened': 'net.ipv4.ping_group_range was widened, so that ports can be tested by ICMP echo.',
  'ping-not-permitted': 'ICMP echo is not permitted and cannot be; ports are tested by other means.',

  // Streams between the services
  'stream-disconnected': 'A stream from another service ended (`why`); it is opened again with backoff.',
  'stream-message-failed': 'A message of a stream failed to be processed; the stream is opened again.',
  'config-stream-state': "The state of NIM's configuration stream changed to `state`.",

  // Files that outlive a restart
  'state-file-corrupt': 'A state file cannot be decoded and was moved to `aside`; the last good copy follows, or none.',
  'state-file-recovered': 'The last good copy of a state file is used instead of the newest one.',
  'stored-config-rejected': 'The stored configuration is invalid for this version; `problems` says why.',
  'config-history-unreadable': 'A former configuration that is kept cannot be read.',
  'config-history-not-kept':
    'The former configuration cannot be kept: it cannot be gone back to. The new one is in force.',
  'config-history-not-pruned': 'Former configurations beyond the bounds cannot be removed.',
  'config-returned':
    'A configuration was not confirmed before a start, and the version before is in force; `reason` tells.',
  'config-not-returned': 'A configuration was not confirmed, and `returnTo` is not kept: it stays in force.',
  'configuration-given-up': 'NIM gave an unconfirmed configuration up: the controller was lost over every port.',
  'configuration-not-given-up': 'zedagent did not let the version before return (`why`); it is asked again.',
  'configuration-confirmed': 'A configuration that was pushed with a time to confirm it was confirmed.',
  'change-not-persisted': 'A requested change was not written to disk, so it was refused.',
  'policy-not-persisted': 'The policy in force was not written to disk; it is written with the next change.',
  'grants-not-persisted': 'What remains of the grants was not written to disk; the next checkpoint tries again.',
  'decision-memory-damaged': 'The decision memory of this boot is damaged and ignored.',
  'decision-memory-unreadable': 'The decision memory cannot be read.',
  'decision-memory-not-saved': 'The decision memory cannot be written.',
  'event-log-damaged': 'Damaged lines of the event log were skipped.',
  'event-log-unreadable': 'The event log cannot be read and starts empty.',
  'event-log-write-failed': 'The event log cannot be written; events are lost. Logged once until a write succeeds.',
  'event-log-sync-failed': 'The event log was written, and cannot be synced to disk.',
  'history-unreadable': 'Kept history (usage, availability) cannot be read; it is counted anew.',
  'history-not-saved': 'History cannot be written; it is tried again. Logged once until it succeeds.',
  'test-budget-unreadable': 'The count of bytes spent on tests cannot be read and starts at zero.',
  'test-budget-not-saved': 'The count of bytes spent on tests cannot be written.',

  // Configuration and policy
  'configuration-accepted': 'zedagent put a pushed configuration in force.',
  'configuration-rejected': 'A received configuration is invalid; the one before it stays in force.',
  'configuration-changed': 'NIM decides by another configuration.',
  'policy-changed': 'The policy changed: an update, or a grant created, revoked, ended or dropped.',

  // Ports and selections
  'port-changed': 'Link, address or routes of a port changed; `changes` says what.',
  'port-test-changed': 'The test state of a port for one target changed.',
  'selection-changed': 'A network instance uses another port; `cause` and `causeDetail` say why.',
  'probe-finished': 'One attempt of a test ended; at level trace only.',
  'traffic-counters-unreadable': 'The packet counters of the apps cannot be read; tests go on without them.',
  'usage-unreadable': 'What ports and apps have sent and received cannot be read; it is read again.',
  'port-state-unreadable': 'The kernel state of the ports cannot be read; the last reading stands.',
  'lease-watch-failed': 'Changes of the DHCP leases’ name servers cannot be watched.',
  'lease-unreadable': 'The name servers of a DHCP lease cannot be read.',

  // The dataplane
  'netlink-events-lost': 'The netlink socket lost events; NIM reads everything again.',
  'dataplane-changed': 'zedrouter changed the kernel; `tookMs` says how long it took.',
  'dataplane-plan': 'The operations of one reconciliation; at level debug only.',
  'name-service-ended': 'The dnsmasq of a network instance, or a forwarder of a port, has ended; it is started again.',
  'obstacle-found': 'Something on this host stands in the way of a network instance; `remedy` says what to do.',
  'obstacle-gone': 'What stood in the way of a network instance does so no longer.',
  'filters-unreadable': 'The packet filters of the host cannot be read; what is known of them stands.',
  'dataplane-drift': 'The kernel differed from what zedrouter had applied; it is repaired.',
  'kernel-name-taken': 'A user without rights holds the name by which two zedrouters would find each other.',
  'kernel-unreadable': 'The kernel state cannot be read; what is known of it stands.',
  'former-settings-not-kept': 'Former kernel settings cannot be saved; `--cleanup` cannot give these back.',
  'ids-not-kept': 'Ids of ports and network instances cannot be saved; traffic follows, saving is tried again.',
  'reconcile-failed': 'A reconciliation failed; it is tried again.',
  'operation-failed': 'One operation on the kernel failed; `operation` and `message` say which and why.',
  'sessions-reset': 'Apps were told that their sessions over the former port have ended; at level debug only.',
  'session-reset-unavailable': 'Apps cannot be told that sessions have ended; they notice with their next packet.',
  'host-sets-kept': 'Sets of the addresses of names could not be emptied: entries that match a name match longer.',
  'switch-failed': 'A switch, its rules or the way to its port cannot be made; `message` says why. Tried again.',
  'tunnel-failed': 'A tunnel device cannot be made, or not be made as configured; `message` says why. Tried again.',
  'tunnel-ended': 'The wireguard-go of a tunnel has ended; it is started again.',
  'dataplane-removed': 'Everything that zedrouter owns was removed from the kernel (`--cleanup`).',
} as const satisfies Readonly<Record<string, string>>;

export type LogEventName = keyof typeof logEvents;
