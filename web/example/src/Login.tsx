/** Asks for a token where the server wants one. */

import type { FormEvent } from "react";

export function Login({ onToken }: { onToken(token: string): void }) {
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    onToken(String(new FormData(event.currentTarget).get("token")).trim());
  };
  return (
    <form className="login" onSubmit={submit}>
      <label htmlFor="token">Token</label>
      <input id="token" name="token" type="password" autoComplete="off" required />
      <button type="submit">Log in</button>
    </form>
  );
}
