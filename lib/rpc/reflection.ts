import {
  status,
  type handleBidiStreamingCall,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';

import { isAborted } from '../clock/index.js';
import {
  ServerReflectionService,
  type ServerReflectionRequest,
  type ServerReflectionResponse,
} from '../../gen/grpc/reflection/v1/reflection.js';
import { ServerReflectionService as ServerReflectionServiceV1Alpha } from '../../gen/grpc/reflection/v1alpha/reflection.js';
import type { DescriptorIndex } from './descriptor-index.js';
import { RpcError, toStatus } from './errors.js';
import { written } from './handlers.js';
import { serverOf, type EndCall } from './open-calls.js';

type ReflectionMethod = handleBidiStreamingCall<ServerReflectionRequest, ServerReflectionResponse>;

/**
 * Reflection for `serviceNames`, v1 and v1alpha (which are the same on the wire). The descriptors are read when
 * somebody asks for the first time: a service that is never debugged does not pay for them.
 */
export function reflectionServices(
  serviceNames: readonly string[],
): readonly { definition: ServiceDefinition; implementation: UntypedServiceImplementation }[] {
  const listed = [...serviceNames, 'grpc.reflection.v1.ServerReflection', 'grpc.reflection.v1alpha.ServerReflection'];
  const method = reflectionMethod(listed.sort());
  return [
    { definition: ServerReflectionService, implementation: { serverReflectionInfo: method } },
    { definition: ServerReflectionServiceV1Alpha, implementation: { serverReflectionInfo: method } },
  ];
}

let indexLoaded: Promise<DescriptorIndex> | undefined;

function loadIndex(): Promise<DescriptorIndex> {
  indexLoaded ??= (async () => {
    const [{ DescriptorIndex: Index }, { descriptorSetBase64 }] = await Promise.all([
      import('./descriptor-index.js'),
      import('../../gen/descriptors.js'),
    ]);
    return new Index(Buffer.from(descriptorSetBase64, 'base64'));
  })();
  return indexLoaded;
}

function reflectionMethod(serviceNames: readonly string[]): ReflectionMethod {
  return function reflect(this: unknown, call): void {
    const server = serverOf(this);
    const alreadySent = new Set<string>();
    const over = new AbortController();
    const end: EndCall = (error) => {
      over.abort();
      server?.openStreams.delete(end);
      call.emit('error', toStatus(error));
    };
    server?.openStreams.add(end);
    call.on('cancelled', () => {
      over.abort();
      server?.openStreams.delete(end);
    });
    // One after the other: answers keep the order of the questions, and who reads no answer is asked no more.
    const answerAll = async (): Promise<void> => {
      for await (const request of call.iterator({ destroyOnReturn: false }) as AsyncIterable<ServerReflectionRequest>) {
        const messageResponse = answer(await loadIndex(), serviceNames, request, alreadySent);
        await written(call, { validHost: request.host, originalRequest: request, messageResponse }, over.signal);
        if (isAborted(over.signal)) return;
      }
    };
    answerAll().then(
      () => {
        server?.openStreams.delete(end);
        if (!over.signal.aborted) call.end();
      },
      (error: unknown) => {
        if (over.signal.aborted) return;
        server?.logger.error({ event: 'reflection-failed', err: error }, 'reflection failed');
        end(new RpcError(status.INTERNAL, 'reflection failed; the log of the service says more'));
      },
    );
  };
}

type Answer = NonNullable<ServerReflectionResponse['messageResponse']>;

function answer(
  index: DescriptorIndex,
  serviceNames: readonly string[],
  request: ServerReflectionRequest,
  alreadySent: Set<string>,
): Answer {
  const asked = request.messageRequest;
  const fileAnswer = (fileName: string | undefined, what: string): Answer =>
    fileName === undefined
      ? notFound(what)
      : {
          $case: 'fileDescriptorResponse',
          value: { fileDescriptorProto: index.withImports(fileName, alreadySent).map((bytes) => Buffer.from(bytes)) },
        };
  switch (asked?.$case) {
    case 'listServices':
      return { $case: 'listServicesResponse', value: { service: serviceNames.map((name) => ({ name })) } };
    case 'fileByFilename':
      return fileAnswer(index.fileNamed(asked.value), `file ${asked.value}`);
    case 'fileContainingSymbol':
      return fileAnswer(index.fileDeclaring(asked.value), `symbol ${asked.value}`);
    case 'fileContainingExtension': {
      const { containingType, extensionNumber } = asked.value;
      return fileAnswer(index.fileExtending(containingType, extensionNumber), `extension of ${containingType}`);
    }
    case 'allExtensionNumbersOfType': {
      const extensionNumber = index.extensionNumbersOf(asked.value);
      if (extensionNumber === undefined) return notFound(`type ${asked.value}`);
      return {
        $case: 'allExtensionNumbersResponse',
        value: { baseTypeName: asked.value, extensionNumber: [...extensionNumber] },
      };
    }
    case undefined:
      return {
        $case: 'errorResponse',
        value: { errorCode: status.INVALID_ARGUMENT, errorMessage: 'the request asks nothing' },
      };
  }
}

function notFound(what: string): Answer {
  return { $case: 'errorResponse', value: { errorCode: status.NOT_FOUND, errorMessage: `no ${what} here` } };
}
