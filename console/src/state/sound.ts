/** The sound of a trigger. Browsers keep a page silent until somebody has used it: that is shown, not swallowed. */
import { effect, signal } from '@preact/signals';
import { preference } from './preferences.js';

export type SoundState = 'off' | 'on' | 'blocked';

export const wantsSound = preference('sound', false);
export const soundState = signal<SoundState>('off');

/** At most one sound within this, in ms. */
const SHORTEST_MS = 1_000;
let context: AudioContext | undefined;
let rangAt = Number.NEGATIVE_INFINITY;

const look = (): void => {
  soundState.value = !wantsSound.peek() ? 'off' : context?.state === 'running' ? 'on' : 'blocked';
};

/** To be called in an event of the person: only there a browser lets a page begin to sound. */
export async function unlock(): Promise<void> {
  if (!context) {
    context = new AudioContext();
    context.addEventListener('statechange', look);
  }
  await context.resume().catch(() => undefined);
  look();
}

export function ring(): void {
  if (!wantsSound.peek() || context?.state !== 'running' || performance.now() - rangAt < SHORTEST_MS) return;
  rangAt = performance.now();
  play(context);
}

/** Two short notes, at once, whatever the setting is. */
export async function testSound(): Promise<void> {
  await unlock();
  if (context?.state === 'running') play(context);
}

function play(on: AudioContext): void {
  for (const [hertz, after] of [
    [880, 0],
    [1_175, 0.12],
  ] as const) {
    const [note, volume] = [on.createOscillator(), on.createGain()];
    note.frequency.value = hertz;
    volume.gain.setValueAtTime(0.12, on.currentTime + after);
    volume.gain.exponentialRampToValueAtTime(0.001, on.currentTime + after + 0.2);
    note.connect(volume).connect(on.destination);
    note.start(on.currentTime + after);
    note.stop(on.currentTime + after + 0.2);
  }
}

/** Sound that is wanted begins with the first click or key. */
export function followSound(): void {
  effect(() => {
    wantsSound.value;
    look();
  });
  const begin = (): void => {
    if (wantsSound.peek() && context?.state !== 'running') void unlock();
  };
  window.addEventListener('pointerdown', begin);
  window.addEventListener('keydown', begin);
}
