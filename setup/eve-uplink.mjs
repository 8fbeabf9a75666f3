#!/usr/bin/env node
// The eve-uplink command. Installed from npm it runs what was bundled for that; in the source tree it prepares the tree
// where need be, and has the lab beside.
import { existsSync } from 'node:fs';

const inTree = existsSync(new URL('../package-lock.json', import.meta.url));

process.setSourceMapsEnabled(inTree);
await import(inTree ? './tree-command.mjs' : '../dist/product/eve-uplink.js');
