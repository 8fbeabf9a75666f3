const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * On Ctrl-C or SIGTERM: `end` first, then the process exits as the signal would have made it. Answers how to leave that
 * off again. A second signal does not wait.
 */
export function onTermination(end: () => Promise<void>): () => void {
  const listeners = (['SIGINT', 'SIGTERM'] as const).map((signal) => {
    const listener = (): void => {
      void end()
        .catch((error: unknown) => {
          process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
        })
        .finally(() => process.exit(exitCodes[signal]));
    };
    process.once(signal, listener);
    return { signal, listener };
  });
  return () => {
    for (const { signal, listener } of listeners) process.removeListener(signal, listener);
  };
}
