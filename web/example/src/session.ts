/** Who is there: a short-lived token in place of the login, renewed while it is used. */

const KEY = "session";
/** Renewed this long before it ends, so that it does not end on the way. */
const EARLY_MS = 30_000;

interface Issued {
  client_secret: string;
  domain_key: string;
  expires_in: number;
  user_id: string;
}

export interface Session {
  userId: string;
  domainKey: string;
  /** `fetch` as this user. */
  fetch: typeof fetch;
}

/** The server wants a login, or another one than this. */
export class LoginNeeded extends Error {}

/**
 * Open a session with the user's login, or else with the token that this tab holds, or with nothing, which is enough for
 * a server without logins. Throws `LoginNeeded`.
 */
export async function openSession(login?: string): Promise<Session> {
  let current = login ? await issue(login) : await resume();
  let ends = end(current);
  let renewal: Promise<void> | null = null;

  const renew = async (): Promise<void> => {
    current = await issue(current.client_secret);
    ends = end(current);
  };
  const asUser: typeof fetch = async (input, init) => {
    // Many requests may find it too old at once; one renews it.
    if (Date.now() > ends) await (renewal ??= renew().finally(() => (renewal = null)));
    const headers = new Headers(init?.headers);
    headers.set("Authorization", `Bearer ${current.client_secret}`);
    return fetch(input, { ...init, headers });
  };
  return { userId: current.user_id, domainKey: current.domain_key, fetch: asUser };
}

/** Forget it in this tab. */
export function closeSession(): void {
  sessionStorage.removeItem(KEY);
}

/** With the token of this tab, or with nothing once the server no longer knows it. */
async function resume(): Promise<Issued> {
  const held = sessionStorage.getItem(KEY);
  if (held === null) return issue(null);
  return issue(held).catch((error: unknown) => {
    if (error instanceof LoginNeeded) return issue(null);
    throw error;
  });
}

async function issue(token: string | null): Promise<Issued> {
  const headers = token ? { Authorization: `Bearer ${token}` } : undefined;
  const response = await fetch("/api/chatkit/session", { method: "POST", headers });
  if (response.status === 401) {
    closeSession();
    throw new LoginNeeded();
  }
  if (!response.ok) throw new Error(`The server answers ${response.status}.`);
  const issued = (await response.json()) as Issued;
  sessionStorage.setItem(KEY, issued.client_secret);
  return issued;
}

function end(issued: Issued): number {
  return Date.now() + issued.expires_in * 1000 - EARLY_MS;
}
