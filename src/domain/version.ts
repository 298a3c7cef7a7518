/** Versions of programs, such as `0.31.2`, `v0.33.0-rc2` or `0.24`. */

/** Its first three numbers; what is none counts as 0. */
function partsOf(version: string): readonly [number, number, number] {
  const [major = 0, minor = 0, patch = 0] = (version.replace(/^v/, '').split('-', 1)[0] ?? '')
    .split('.')
    .map((part) => Number.parseInt(part, 10) || 0);
  return [major, minor, patch];
}

/** Negative where `a` comes first, as lists are sorted. A candidate comes before its release. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)];
  for (const [i, part] of left.entries()) {
    const difference = part - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return Number(b.includes('-')) - Number(a.includes('-'));
}

/** Whether it comes before all of `least`, candidates of that one left aside. A build from source, which calls itself 0.0.0, or nothing, is never too old. */
export function isOlderThan(version: string, least: string): boolean {
  const [number = ''] = version.split('-', 1);
  return partsOf(version).some((part) => part > 0) && compareVersions(number, least) < 0;
}
