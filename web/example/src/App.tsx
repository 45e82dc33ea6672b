/** A login where the server wants one, and then the user's tasks and chat. */

import { useCallback, useEffect, useState } from "react";
import { Login } from "./Login";
import { closeSession, LoginNeeded, openSession, type Session } from "./session";
import { Workspace } from "./Workspace";

type State = { is: "opening" } | { is: "out"; refused: boolean } | { is: "in"; session: Session } | { is: "failed" };

export function App() {
  const [state, setState] = useState<State>({ is: "opening" });

  const open = useCallback(async (login?: string) => {
    try {
      setState({ is: "in", session: await openSession(login) });
    } catch (error) {
      setState(error instanceof LoginNeeded ? { is: "out", refused: login !== undefined } : { is: "failed" });
    }
  }, []);
  useEffect(() => void open(), [open]);

  const logOut = (): void => {
    closeSession();
    void open();
  };
  switch (state.is) {
    case "opening":
      return null;
    case "failed":
      return <p role="alert">The server cannot be reached.</p>;
    case "out":
      return <Login refused={state.refused} onLogin={(token) => void open(token)} />;
    case "in":
      return <Workspace key={state.session.userId} session={state.session} onLogout={logOut} />;
  }
}
