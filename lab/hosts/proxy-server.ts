import { Resolver } from 'node:dns/promises';
import { createServer, request as ask, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, isIP, type Socket } from 'node:net';
import { once } from 'node:events';

/** Connects to a host, which may be a name, from where the proxy is. */
export type ConnectTo = (host: string, port: number) => Promise<Socket>;

/**
 * A forward proxy of HTTP: whole URLs, and tunnels (CONNECT). `asked` gets each request's line. What cannot be reached
 * is answered with 502, as proxies do.
 */
export function proxyServer(connectTo: ConnectTo, asked: (line: string) => void = () => undefined): Server {
  const server = createServer((request, response) => {
    asked(`${request.method ?? ''} ${request.url ?? ''}`);
    void forward(request, response, connectTo).catch(() => {
      if (response.headersSent) response.destroy();
      else response.writeHead(502, { 'content-length': 0 }).end();
    });
  });
  server.on('connect', (request: IncomingMessage, client: Socket, head: Buffer) => {
    asked(`CONNECT ${request.url ?? ''}`);
    client.on('error', () => client.destroy());
    void tunnel(request.url ?? '', client, head, connectTo).catch(() => {
      client.end('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n');
    });
  });
  return server;
}

async function tunnel(authority: string, client: Socket, head: Buffer, connectTo: ConnectTo): Promise<void> {
  const { hostname, port } = new URL(`http://${authority}`);
  const server = await connectTo(hostname.replace(/^\[|\]$/g, ''), port === '' ? 80 : Number(port));
  server.on('error', () => client.destroy());
  server.on('close', () => client.destroy());
  client.on('close', () => server.destroy());
  client.write('HTTP/1.1 200 Connection established\r\n\r\n');
  if (head.length > 0) server.write(head);
  server.pipe(client);
  client.pipe(server);
}

async function forward(request: IncomingMessage, response: ServerResponse, connectTo: ConnectTo): Promise<void> {
  const url = new URL(request.url ?? '');
  const socket = await connectTo(url.hostname.replace(/^\[|\]$/g, ''), url.port === '' ? 80 : Number(url.port));
  const forwarded = ask({
    createConnection: () => socket,
    method: request.method,
    path: `${url.pathname}${url.search}`,
    headers: { ...request.headers, connection: 'close' },
  });
  response.on('close', () => socket.destroy());
  request.pipe(forwarded);
  const [answer] = (await once(forwarded, 'response')) as [IncomingMessage];
  response.writeHead(answer.statusCode ?? 502, answer.headers);
  answer.pipe(response);
  for (const end of [answer, forwarded]) end.on('error', () => response.destroy());
}

/** Connects from this process, names asked at that server. */
export function connectingBy(nameServer: string): ConnectTo {
  const resolver = new Resolver();
  resolver.setServers([nameServer]);
  return async (host, port) => {
    const [address] = isIP(host) === 0 ? await resolver.resolve4(host) : [host];
    const socket = connect({ host: address, port });
    await once(socket, 'connect');
    return socket;
  };
}

/** Listens at an address of the namespace, and leads on whatever is asked. */
export async function startProxy(spec: {
  readonly address: string;
  readonly port: number;
  readonly nameServer: string;
}): Promise<void> {
  const server = proxyServer(connectingBy(spec.nameServer));
  server.listen({ host: spec.address, port: spec.port });
  await once(server, 'listening');
}
