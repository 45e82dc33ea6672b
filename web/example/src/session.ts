/** Who is logged in: a bearer token, kept for the tab. A server without a login needs none. */

import { useCallback, useState } from "react";

const KEY = "token";

export interface Session {
  token: string | null;
  logIn(token: string): void;
  logOut(): void;
}

export function useSession(): Session {
  const [token, setToken] = useState(() => sessionStorage.getItem(KEY));
  const logIn = useCallback((given: string) => {
    sessionStorage.setItem(KEY, given);
    setToken(given);
  }, []);
  const logOut = useCallback(() => {
    sessionStorage.removeItem(KEY);
    setToken(null);
  }, []);
  return { token, logIn, logOut };
}

/** `fetch` as the user who is logged in. */
export function fetchAs(token: string | null): typeof fetch {
  return (input, init = {}) => {
    const headers = new Headers(init.headers);
    if (token) headers.set("authorization", `Bearer ${token}`);
    return fetch(input, { ...init, headers, credentials: "include" });
  };
}
