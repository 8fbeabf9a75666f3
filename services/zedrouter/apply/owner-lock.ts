import {
  checked,
  inNamespace,
  libc,
  openUnixSocket,
  SOCK_STREAM,
  SystemCallError,
  unixAddress,
} from '../../../lib/libc/index.js';

/** Abstract: nobody's file, and gone with its process, however that ends. Each network namespace has its own. */
const NAME = '@eve-uplink/zedrouter';

/** Another process reconciles this network namespace. */
export class KernelInUseError extends Error {
  override readonly name = 'KernelInUseError';

  constructor() {
    super(
      'another zedrouter works on the kernel of this network namespace, whatever its --run-dir; end it first (ss -xlp shows it as eve-uplink/zedrouter)',
    );
  }
}

/**
 * Makes this process the only one of ours that changes the kernel of a network namespace, until it ends or `release`.
 * @throws KernelInUseError where another one is
 */
export function ownKernel(namespace: string | undefined): { readonly release: () => void } {
  const address = unixAddress(NAME);
  // A socket belongs to the namespace that it was made in, and so does its name.
  const descriptor = inNamespace(namespace, () => openUnixSocket(SOCK_STREAM));
  try {
    checked(libc().bind(descriptor, address, address.length), 'taking the kernel of this network namespace');
  } catch (error) {
    libc().close(descriptor);
    if (error instanceof SystemCallError && error.code === 'EADDRINUSE') throw new KernelInUseError();
    throw error;
  }
  let isHeld = true;
  return {
    release: () => {
      if (isHeld) libc().close(descriptor);
      isHeld = false;
    },
  };
}
