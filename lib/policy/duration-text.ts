/** A span of time for a reason in words: `35 s`, below ten seconds with a decimal, as in `0.5 s`. */
export function describeDuration(ms: number): string {
  const seconds = ms / 1000;
  return `${seconds < 10 ? Math.round(seconds * 10) / 10 : Math.round(seconds)} s`;
}
