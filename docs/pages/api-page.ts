import { apiCalls, type ApiCall } from './api-calls.js';
import { GENERATED_NOTICE } from './markdown.js';

const EVE_PACKAGE = 'org.lfedge.eve.';

/** The command line of a call, with `$S` for the folder of the sockets and `$P` for the common part of our packages. */
export function grpcurlLine({ service, method, request }: ApiCall): string {
  const name = method.startsWith(EVE_PACKAGE) ? `$P.${method.slice(EVE_PACKAGE.length)}` : method;
  const data = request === undefined ? '' : ` -d '${request}'`;
  return `grpcurl -plaintext -unix${data} $S/${service}.sock ${name}`;
}

const titles: readonly (readonly [ApiCall['service'], string])[] = [
  ['zedagent', 'zedagent: configuration and policy'],
  ['nim', 'NIM: ports, decisions, authorization'],
  ['zedrouter', 'zedrouter: the kernel'],
];

/** docs/api.md. */
export function apiPage(): string {
  const parts = titles.map(([service, title]) => {
    const lines = apiCalls
      .filter((call) => call.service === service)
      .flatMap((call) => [`# ${call.purpose}`, grpcurlLine(call)]);
    return `## ${title}\n\n\`\`\`\n${lines.join('\n')}\n\`\`\``;
  });
  return `${[INTRODUCTION, ...parts, CONCLUSION].join('\n\n')}\n`;
}

const INTRODUCTION = `# API

${GENERATED_NOTICE}

Three gRPC services on Unix sockets in the run-dir. Every one has reflection (v1 and v1alpha) and \`grpc.health.v1\`, so
no .proto files are needed; a test makes every call of this page. The contracts with their comments stand in \`proto/\`.

\`\`\`
S=/run/eve-uplink
P=org.lfedge.eve
grpcurl -plaintext -unix $S/nim.sock list
\`\`\`

- Streams begin with a snapshot, then tell what changes; every message has a revision, and a reader that names epoch and
  revision resumes there. A slow reader gets the newest state.
- Errors carry a status code with details: \`google.rpc.BadRequest\` with the path of each field that is wrong,
  \`google.rpc.ErrorInfo\` with a stable reason.
- Deadlines are honoured. Over the network zedagent alone listens, with mutual TLS:
  \`-cacert FILE -cert FILE -key FILE HOST:PORT\` in place of \`-plaintext -unix\` and the socket.`;

const CONCLUSION = `What a status says comes from a closed set: reasons of candidates (\`CandidateReasonCode\`), causes of a move
(\`SelectionCause\`), kinds of a failed test (\`TestFailureKind\`), why there is no port (\`NoPortReason\`), how far the
kernel is (\`ApplyState\`). The words for people: [troubleshooting.md](troubleshooting.md#words-of-a-status).`;
