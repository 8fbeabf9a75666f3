/**
 * Has V8 keep what it has compiled, from the moment at which it is told (v8.setFlagsFromString). By itself it forgets
 * the code of functions that have not run for some garbage collections, as those of a failover have not after some
 * quiet days; the next one would begin with parsing.
 */
export const KEEP_COMPILED = '--no-flush-bytecode';
