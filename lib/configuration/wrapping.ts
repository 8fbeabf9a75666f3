import { AuthBody, AuthContainer } from '../../gen/auth/auth.js';
import { ConfigResponse, EdgeDevConfig } from '../../gen/config/devconfig.js';
import { isUuid } from './syntax.js';

/** What bytes of a controller may hold where a configuration is expected. */
export type Unwrapped =
  /** A configuration, or bytes that are neither of the others. */
  | { readonly kind: 'configuration' }
  | { readonly kind: 'config-response'; readonly config: EdgeDevConfig | undefined }
  /** Its signature is not checked. */
  | { readonly kind: 'auth-container'; readonly config: EdgeDevConfig | undefined };

/**
 * Tells an EdgeDevConfig from the messages that a controller sends it in (EVE: AuthContainer around ConfigResponse).
 * Each begins with a message in field 1, so any of them decodes as any other: what tells them apart is that field 1 of
 * an EdgeDevConfig names a device by a UUID. `config` is undefined where the controller had no news.
 */
export function unwrapped(bytes: Uint8Array): Unwrapped {
  if (isConfiguration(bytes)) return { kind: 'configuration' };
  const response = responseIn(bytes);
  if (response !== undefined) return { kind: 'config-response', config: response.config };
  const container = decoded(AuthContainer, bytes);
  const payload = container?.protectedPayload?.payload;
  if (payload === undefined || payload.length === 0) return { kind: 'configuration' };
  const inside = responseIn(payload);
  if (inside !== undefined) return { kind: 'auth-container', config: inside.config };
  return isConfiguration(payload)
    ? { kind: 'auth-container', config: EdgeDevConfig.decode(payload) }
    : { kind: 'configuration' };
}

/** The payload of an AuthContainer by its parts, as JSON gives them. */
export function authContainerOf(payload: Buffer): Uint8Array {
  return AuthContainer.encode(
    AuthContainer.fromPartial({ protectedPayload: AuthBody.fromPartial({ payload }) }),
  ).finish();
}

function responseIn(bytes: Uint8Array): ConfigResponse | undefined {
  const response = decoded(ConfigResponse, bytes);
  if (response === undefined || hasUnknown(response)) return undefined;
  const { config, configHash } = response;
  if (config === undefined) return configHash === '' ? undefined : response;
  return isConfiguration(EdgeDevConfig.encode(config).finish()) ? response : undefined;
}

/** Holds something that we know, and a name of a device that may be one. */
function isConfiguration(bytes: Uint8Array): boolean {
  const config = decoded(EdgeDevConfig, bytes);
  if (config === undefined) return false;
  const known = EdgeDevConfig.encode({ ...config, id: undefined, _unknownFields: {} }).finish();
  if (config.id === undefined) return known.length > 0;
  return isUuid(config.id.uuid) || (config.id.uuid === '' && known.length > 0 && !hasUnknown(config.id));
}

function hasUnknown(message: { readonly _unknownFields?: object | undefined }): boolean {
  return Object.keys(message._unknownFields ?? {}).length > 0;
}

function decoded<Message>(codec: { decode(bytes: Uint8Array): Message }, bytes: Uint8Array): Message | undefined {
  try {
    return codec.decode(bytes);
  } catch {
    return undefined;
  }
}
