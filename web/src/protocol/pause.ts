/** Pauses between two requests: as long as the server asks for, and no longer than the answer is wanted. */

const LONGEST_MS = 3_600_000;

/** Milliseconds that `Retry-After` asks for, in seconds or as a date; 0 without one, an hour at most. */
export function retryAfter(response: Response): number {
  const value = response.headers.get("retry-after") ?? "";
  const wait = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now();
  return Math.min(Math.max(wait || 0, 0), LONGEST_MS);
}

/** Wait `ms` milliseconds, or until `signal` is aborted. Raises nothing. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });
}
