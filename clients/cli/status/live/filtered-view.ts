import { networkInstancesOf, type StatusView } from '../../../status-view/view.js';

/**
 * What of a view has this text in it, in whatever case: network instances by their name, apps and ports, and ports by
 * their label and interface, with those that the network instances use or may use next. Troubles concern everybody.
 * Empty text: all of it.
 */
export function filteredView(view: StatusView, text: string): StatusView {
  if (text === '') return view;
  const wanted = text.toLowerCase();
  const has = (...words: readonly string[]): boolean => words.some((word) => word.toLowerCase().includes(wanted));
  const kept = new Set<string>();
  const portsInUse = new Set<string>();
  for (const { id, name, selection, applied } of networkInstancesOf(view)) {
    const apps = (applied?.appInterfaces ?? []).flatMap(({ appName, appId }) => [appName, appId]);
    const ports = [selection?.selectedPort?.logicalLabel ?? '', ...(applied?.armedPorts ?? [])];
    if (!has(name, ...apps, ...ports, applied?.interfaceInUse ?? '')) continue;
    kept.add(id);
    for (const port of ports) portsInUse.add(port);
  }
  return {
    ...view,
    selections: view.selections.filter(({ networkInstanceId }) => kept.has(networkInstanceId)),
    applied: view.applied.filter(({ networkInstanceId }) => kept.has(networkInstanceId)),
    ports: view.ports.filter(
      ({ logicalLabel, interface: name }) => portsInUse.has(logicalLabel) || has(logicalLabel, name),
    ),
  };
}
