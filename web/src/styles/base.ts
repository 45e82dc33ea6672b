import { css } from "lit";

export const base = css`
  :host { display: block; height: 100%; min-height: 0; contain: content; }
  :host([hidden]) { display: none; }
  * { box-sizing: border-box; }
  .root, .light {
    --ck-ground: #ffffff; --ck-raised: #f5f4f1; --ck-ink: #1d2426; --ck-faint: #5a6467; --ck-line: #e0ded8;
    --ck-accent: #0f766e; --ck-on-accent: #ffffff; --ck-tint: #e6f1ef;
    --ck-danger: #a8321f; --ck-warning: #7d5200; --ck-success: #1c6b3c; --ck-info: #1f5fa8; --ck-discovery: #6d3fb0;
    color-scheme: light;
  }
  .root.dark, .dark {
    --ck-ground: #16191a; --ck-raised: #1f2426; --ck-ink: #e6eae9; --ck-faint: #9ba7a9; --ck-line: #343c3e;
    --ck-accent: #4fc3b5; --ck-on-accent: #0b2623; --ck-tint: #1d3330;
    --ck-danger: #f2917f; --ck-warning: #e8b75c; --ck-success: #7fd19b; --ck-info: #86b8f0; --ck-discovery: #c3a3f0;
    color-scheme: dark;
  }
  .root {
    --s: calc(var(--ck-space, 1) * 1rem);
    display: flex; flex-direction: column; height: 100%; position: relative; overflow: hidden;
    background: var(--ck-ground); color: var(--ck-ink);
    font: var(--ck-size, 16px)/1.55 var(--ck-font, system-ui, sans-serif); overflow-wrap: anywhere;
  }
  p, ul, ol, dl, dd, figure, blockquote { margin: 0; padding: 0; }
  ul, ol { list-style: none; }
  button, input, select, textarea { font: inherit; color: inherit; }
  button { cursor: pointer; }
  button:disabled { cursor: default; opacity: 0.45; }
  a { color: var(--ck-accent); }
  :focus-visible { outline: 2px solid var(--ck-accent); outline-offset: 2px; }
  .icon {
    width: 1.25em; height: 1.25em; flex: none; vertical-align: -0.25em; fill: none; stroke: currentColor; stroke-width: 1.8;
    stroke-linecap: round; stroke-linejoin: round;
  }
  .icon.filled { fill: currentColor; }
  .faint { color: var(--ck-faint); font-size: 0.9em; }
  .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  .quiet, .plain, .primary, .chip {
    border: 1px solid transparent; border-radius: var(--ck-radius); background: none; padding: 0.35em 0.5em; min-height: 2.25em;
  }
  .quiet { color: var(--ck-faint); display: inline-flex; align-items: center; }
  .quiet:hover:enabled, label.quiet:hover, .quiet[aria-pressed="true"] { background: var(--ck-raised); color: var(--ck-ink); }
  .plain { border-color: var(--ck-line); padding-inline: 0.9em; }
  .plain:hover:enabled { background: var(--ck-raised); }
  .primary { background: var(--ck-accent); color: var(--ck-on-accent); padding-inline: 1em; }
  .danger { color: var(--ck-danger); }
  .pulse {
    display: inline-block; width: 0.6em; height: 0.6em; border-radius: 50%; background: currentColor;
    animation: pulse 1.1s ease-in-out infinite alternate;
  }
  @keyframes pulse { from { opacity: 0.25; } }
  @media (prefers-reduced-motion: reduce) { *, ::before, ::after { animation: none !important; transition: none !important; } }
`;
