import { HealthCheckResponse_ServingStatus, HealthClient } from '../../gen/grpc/health/v1/health.js';
import { call, connectTo } from './client.js';

/** Whether the server at this address answers within that time, as any client would find it (grpc.health.v1). */
export async function isServing(address: string, limitMs: number): Promise<boolean> {
  const client = connectTo(HealthClient, address);
  try {
    const { status } = await call(client, 'check', { service: '' }, { timeoutMs: limitMs });
    return status === HealthCheckResponse_ServingStatus.SERVING;
  } catch {
    return false;
  } finally {
    client.close();
  }
}
