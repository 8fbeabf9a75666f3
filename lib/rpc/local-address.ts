import { ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
import type { AuthContextHere } from './call-context.js';

/** Handlers see the connection's context only; so the address of this machine that a caller came to is put there. */
class CallWithLocalAddress extends ServerInterceptingCall {
  override getAuthContext(): AuthContextHere {
    return { ...super.getAuthContext(), localAddress: this.getConnectionInfo().localAddress };
  }
}

/** For servers that listen on the network. */
export const callsWithLocalAddress: ServerInterceptor = (_method, call) => new CallWithLocalAddress(call);
