import { css } from "lit";

export const chat = css`
  .header { display: flex; align-items: center; gap: 0.25rem; padding: 0.4rem 0.75rem; min-height: 3rem; flex: none; }
  .title { flex: 1; margin: 0; font-size: 1em; font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }

  .stage { flex: 1; min-height: 0; display: flex; flex-direction: column; position: relative; }
  .stage.new .scroll { flex: none; max-height: 40%; }
  .scroll { flex: 1; min-height: 0; overflow-y: auto; overscroll-behavior: contain; scrollbar-gutter: stable both-edges; }
  .rows { max-width: 48rem; margin-inline: auto; padding: 0 1rem calc(var(--s) * 1.5); }
  .gap { overflow-anchor: none; }
  .row { padding-block: calc(var(--s) * 0.5); contain: layout style; display: flex; flex-direction: column; gap: 0.4rem; }
  /* A widget sets its own margins and sizes, and must not cover anything else. */
  .row.widget { overflow: clip; overflow-clip-margin: 0.25rem; }
  .row.user_message { align-items: flex-end; }
  .bubble {
    max-width: 85%; padding: 0.5em 1em; background: var(--ck-raised); border-radius: var(--ck-radius); white-space: pre-wrap;
  }
  .tag { color: var(--ck-accent); background: var(--ck-tint); border: 0; border-radius: 0.4em; padding: 0 0.25em; }
  .preview-card {
    position: absolute; z-index: 3; width: max-content; max-width: min(20rem, 100%); pointer-events: none; padding: 0.6em 0.9em;
    background: var(--ck-ground); border: 1px solid var(--ck-line); border-radius: var(--ck-radius);
    box-shadow: 0 0.3rem 1.2rem rgb(0 0 0 / 0.15);
  }
  .quote { border-inline-start: 3px solid var(--ck-line); padding-inline-start: 0.75em; color: var(--ck-faint); max-width: 85%; }
  .preview { max-width: 14rem; max-height: 12rem; border-radius: var(--ck-radius); object-fit: cover; }
  .files { display: flex; flex-wrap: wrap; gap: 0.4rem; }
  .file { display: inline-flex; align-items: center; gap: 0.4em; border: 1px solid var(--ck-line); border-radius: var(--ck-radius); padding: 0.3em 0.7em; }
  .actions { display: flex; gap: 0.1rem; margin-inline-start: -0.5em; }
  .generated img { max-width: min(100%, 24rem); border-radius: var(--ck-radius); display: block; }

  .progress { display: flex; align-items: center; gap: 0.6em; color: var(--ck-faint); padding-block: 0.5rem; }
  .incomplete { display: flex; align-items: center; gap: 0.4em; color: var(--ck-faint); font-size: 0.94em; }
  .go-on { align-self: flex-start; }
  .notice { display: flex; align-items: center; gap: 0.6em; border: 1px solid var(--ck-line); border-radius: var(--ck-radius); padding: 0.6em 0.9em; margin-block: 0.5rem; }
  .notice > :nth-child(2) { flex: 1; }
  .notice.warning { border-color: var(--ck-warning); }
  .notice.danger { border-color: var(--ck-danger); color: var(--ck-danger); }
  .to-end {
    position: sticky; bottom: 0.75rem; inset-inline-start: 50%; margin-top: -3rem; display: grid; place-items: center;
    width: 2.4rem; height: 2.4rem; border-radius: 50%; border: 1px solid var(--ck-line); background: var(--ck-ground);
  }

  .workflow summary { cursor: pointer; color: var(--ck-faint); list-style: none; display: inline-flex; gap: 0.35em; align-items: center; }
  .workflow[open] summary .icon:last-child { transform: rotate(180deg); }
  .steps { display: flex; flex-direction: column; gap: 0.5rem; padding-block: 0.4rem; }
  .step { border-inline-start: 2px solid var(--ck-line); padding-inline-start: 0.75em; color: var(--ck-faint); font-size: 0.94em; }
  .step.loading .step-title .icon { animation: pulse 1s infinite alternate; }
  .queries, .sources { display: flex; flex-wrap: wrap; gap: 0.35rem; }
  .queries li, .sources li > * {
    display: inline-flex; align-items: center; gap: 0.35em; background: var(--ck-raised); border: 0; border-radius: 1em;
    padding: 0.15em 0.7em; font-size: 0.88em; text-decoration: none; color: var(--ck-ink);
  }
  .questions { display: flex; flex-direction: column; gap: 0.8rem; border: 1px solid var(--ck-line); border-radius: var(--ck-radius); padding: 1em; }
  fieldset { border: 0; margin: 0; padding: 0; min-width: 0; display: flex; flex-direction: column; gap: 0.35rem; }
  legend { padding: 0; font-weight: 600; margin-block-end: 0.35rem; white-space: pre-line; overflow-wrap: anywhere; }
  .choice { display: flex; gap: 0.5em; align-items: center; padding: 0.35em 0.6em; border: 1px solid var(--ck-line); border-radius: calc(var(--ck-radius) / 2); }
  .questions textarea, .field { border: 1px solid var(--ck-line); border-radius: calc(var(--ck-radius) / 2); background: none; padding: 0.4em 0.7em; width: 100%; }
  .buttons { display: flex; gap: 0.5rem; }
  .answers dt { font-weight: 600; white-space: pre-line; overflow-wrap: anywhere; }
  .answers dd + dt { margin-block-start: 0.5rem; }

  .start { flex: 1; display: flex; flex-direction: column; justify-content: center; gap: 1rem; max-width: 48rem; width: 100%; margin: 0 auto; padding: 1rem; overflow-y: auto; }
  .greeting { font-size: 1.5em; font-weight: 600; line-height: 1.25; }
  .prompts { display: flex; flex-direction: column; gap: 0.35rem; align-items: flex-start; }
  .prompt { border: 1px solid var(--ck-line); background: none; border-radius: var(--ck-radius); padding: 0.5em 1em; text-align: start; display: flex; gap: 0.6em; align-items: center; }
  .prompt:hover { background: var(--ck-raised); }

  .history { flex: 1; overflow-y: auto; padding: 0.5rem 0.75rem; width: 100%; max-width: 48rem; margin: 0 auto; }
  .thread-row, .thread-row form, .asked { display: flex; align-items: center; gap: 0.25rem; }
  .thread-row { border-radius: var(--ck-radius); padding-inline: 0.4rem; }
  .thread-row:hover { background: var(--ck-raised); }
  .thread-row form, .thread-row .asked { flex: 1; }
  .asked.retry { flex-wrap: wrap; border: 1px solid var(--ck-line); border-radius: var(--ck-radius); padding: 0.6em 0.9em; }
  .asked.retry > div { flex: 1 1 16rem; }
  .thread-row input { flex: 1; min-width: 0; background: none; border: 1px solid var(--ck-line); border-radius: 0.5em; padding: 0.35em 0.6em; }
  .open { flex: 1; display: flex; gap: 0.75rem; align-items: baseline; background: none; border: 0; text-align: start; padding: 0.6em 0.4em; min-width: 0; }
  .open[aria-current="page"] .name { font-weight: 600; color: var(--ck-accent); }
  .name { flex: 1; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .open time { white-space: nowrap; }

  .composer { flex: none; position: relative; width: 100%; max-width: 48rem; margin: 0 auto; padding: 0 1rem 0.75rem; padding-bottom: max(0.75rem, env(safe-area-inset-bottom)); }
  .box { border: 1px solid var(--ck-line); border-radius: var(--ck-radius); padding: 0.5rem; background: var(--ck-ground); display: flex; flex-direction: column; gap: 0.35rem; }
  .box:focus-within { border-color: var(--ck-accent); }
  .box textarea { resize: none; border: 0; outline: 0; background: none; padding: 0.25em 0.5em; max-height: 12em; width: 100%; line-height: 1.5; }
  .box textarea::placeholder { color: var(--ck-faint); opacity: 1; }
  .tools { display: flex; align-items: center; gap: 0.25rem; flex-wrap: wrap; }
  .space { flex: 1; }
  .button { position: relative; cursor: pointer; }
  .button:focus-within { outline: 2px solid var(--ck-accent); }
  .chip[aria-pressed="true"] { background: var(--ck-tint); color: var(--ck-accent); }
  .picker { border: 0; background: none; color: var(--ck-faint); border-radius: var(--ck-radius); padding: 0.35em; max-width: 12em; }
  .round { width: 2.4em; height: 2.4em; border-radius: 50%; border: 0; display: grid; place-items: center; background: var(--ck-accent); color: var(--ck-on-accent); }
  .menu { position: absolute; inset: auto 1rem calc(100% + 0.25rem); max-height: 14rem; overflow-y: auto; background: var(--ck-ground); border: 1px solid var(--ck-line); border-radius: var(--ck-radius); padding: 0.3rem; z-index: 2; }
  .menu li { display: flex; gap: 0.6em; align-items: center; padding: 0.4em 0.7em; border-radius: calc(var(--ck-radius) / 2); cursor: pointer; }
  .menu li[aria-selected="true"] { background: var(--ck-tint); }
  .disclaimer { text-align: center; color: var(--ck-faint); font-size: 0.8em; padding-block-start: 0.5rem; }
  .disclaimer.high { color: var(--ck-ink); }
`;
