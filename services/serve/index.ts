export { serve, serveCleanUp, serviceNames, type ServeOptions, type ServiceName } from './serve.js';
