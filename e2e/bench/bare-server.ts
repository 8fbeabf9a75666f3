import {
  Metadata,
  Server,
  ServerCredentials,
  type handleServerStreamingCall,
  type handleUnaryCall,
  type ServerWritableStream,
} from '@grpc/grpc-js';

import { bareService } from './bare-service.js';

// The bare service as a process of its own. It is told the socket, says when it serves, and ends with its parent.

const watching = new Set<ServerWritableStream<Buffer, Buffer>>();

const echo: handleUnaryCall<Buffer, Buffer> = ({ request }, callback) => {
  callback(null, Buffer.alloc(request.readUInt32BE()));
};
const watch: handleServerStreamingCall<Buffer, Buffer> = (call) => {
  watching.add(call);
  call.on('cancelled', () => watching.delete(call));
  call.sendMetadata(new Metadata());
};
const publish: handleUnaryCall<Buffer, Buffer> = ({ request }, callback) => {
  const message = Buffer.alloc(request.readUInt32BE());
  for (const call of watching) call.write(message);
  callback(null, Buffer.alloc(0));
};

const [SOCKET_PATH = ''] = process.argv.slice(2);
const server = new Server();
server.addService(bareService, { echo, watch, publish });
server.bindAsync(`unix:${SOCKET_PATH}`, ServerCredentials.createInsecure(), (error) => {
  if (error !== null) throw error;
  process.send?.('serving');
});
process.once('disconnect', () => {
  server.forceShutdown();
});
