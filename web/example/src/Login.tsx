/** Asks for the JSON Web Token of one's login service, where the server wants one. */

import type { FormEvent } from "react";

export function Login({ refused, onLogin }: { refused: boolean; onLogin(token: string): void }) {
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    onLogin(String(new FormData(event.currentTarget).get("token")).trim());
  };
  return (
    <form className="login" onSubmit={submit}>
      <label htmlFor="token">JSON Web Token</label>
      <input id="token" name="token" type="password" autoComplete="off" required />
      {refused && <p role="alert">The server does not accept this one.</p>}
      <button type="submit">Log in</button>
    </form>
  );
}
