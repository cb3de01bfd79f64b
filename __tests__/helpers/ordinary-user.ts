/** As root, which ignores permissions, does not. */
export async function asOrdinaryUser(work: () => Promise<void>): Promise<void> {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    await work();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}

/** Within {@link asOrdinaryUser}, as who has called it. */
export function asRoot(change: () => void): void {
  const user = process.geteuid?.() ?? 0;
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.(0);
  change();
  if (isRoot) process.seteuid?.(user);
}
