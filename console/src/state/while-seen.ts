/** Work that is repeated while somebody can see the tab. Hidden, nothing runs; seen again, it runs at once. */
import { useEffect } from 'preact/hooks';

/** `everyMs`: from one run to the next. */
export function useWhileSeen(everyMs: number, run: () => void): void {
  useEffect(() => {
    let timer: ReturnType<typeof setInterval> | undefined;
    const follow = (): void => {
      clearInterval(timer);
      timer = document.hidden ? undefined : setInterval(run, everyMs);
    };
    const changed = (): void => {
      follow();
      if (!document.hidden) run();
    };
    follow();
    document.addEventListener('visibilitychange', changed);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', changed);
    };
  }, [everyMs, run]);
}
