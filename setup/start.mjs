// npm start: the lab with its guided tour.
process.argv.splice(2, 0, 'lab');
await import('./eve-uplink.mjs');
