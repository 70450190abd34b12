/** Icons: lines of 16 by 16, in the colour of the text. Each stands beside a word or is named by its button. */
const SHAPES = {
  open: 'M8 2.5v6M8 11.5v1.5',
  check: 'm3 8.5 3.2 3.2L13 5',
  bell: 'M4 11V7a4 4 0 0 1 8 0v4l1 1.5H3zM7 14h2',
  off: 'M4 8h8',
  moon: 'M12.5 9.5A5 5 0 0 1 6.5 3a5 5 0 1 0 6 6.5z',
  plus: 'M8 3v10M3 8h10',
  close: 'm4 4 8 8m0-8-8 8',
  share: 'M6 6a2 2 0 1 0 0-.01M2.5 13c0-2.5 1.5-4 3.5-4s3.5 1.5 3.5 4M12 6v5M9.5 8.5h5',
  history: 'M3 8a5 5 0 1 1 1.5 3.5M3 8 1.5 6.5M3 8l1.5-1.5M8 5v3.5l2 1.5',
  pages: 'M3 3.5h10M3 8h10M3 12.5h6',
  group:
    'M6 7a2 2 0 1 0 0-.01M2.5 13c0-2.5 1.5-4 3.5-4s3.5 1.5 3.5 4M11 6.5a1.5 1.5 0 1 0-.5-2.8M11 9c1.5 0 2.5 1.5 2.5 3.5',
  gauge: 'M2.5 11.5a5.5 5.5 0 1 1 11 0M8 11.5l2.5-4',
  help: 'M6 6a2 2 0 1 1 2.7 1.9c-.5.2-.7.6-.7 1.1v.5M8 12v.5',
  signOut: 'M9.5 3H3.5v10h6M7 8h7m-2.5-2.5L14 8l-2.5 2.5',
  edit: 'M3 13h2.5L13 5.5 10.5 3 3 10.5z',
  trash: 'M3 4.5h10M6 4.5V3h4v1.5M4.5 4.5 5 13h6l.5-8.5',
  up: 'm4 10 4-4 4 4',
  down: 'm4 6 4 4 4-4',
  sound: 'M3 6.5v3h2.5L9 12.5v-9L5.5 6.5zM11.5 6a3 3 0 0 1 0 4',
  mute: 'M3 6.5v3h2.5L9 12.5v-9L5.5 6.5zM11.5 6.5l3 3m0-3-3 3',
  alert: 'M8 2.5 14 13H2zM8 6.5v3M8 11.2v.3',
  key: 'M6 10a3 3 0 1 0 0-.01M8.5 8 14 2.5M11.5 5l2 2',
  download: 'M8 3v7m-3-3 3 3 3-3M3 13h10',
} as const;

export type IconName = keyof typeof SHAPES;

export const Icon = ({ name }: { name: IconName }) => (
  <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
    <path d={SHAPES[name]} />
  </svg>
);
