// Keeps one page up to date while it is visible, as docs/frontend.md describes. For a browser; it needs no framework.
import { NclueGatewayError, type ListAnswer, type NclueGatewayClient } from '@nclue-gateway/client';

const UNFINISHED = ['registered', 'pending', 'in_progress'];

export interface Watcher {
  /** Shows the runs, the time of the data, and a mark if they are stale. */
  show(answer: ListAnswer): void;

  /** Shows an error. Keep the current content, except after a 401: then the user is signed out, and the page is not read again. */
  fail(failure: NclueGatewayError): void;
}

export async function watchPage(gateway: NclueGatewayClient, { show, fail }: Watcher, signal: AbortSignal): Promise<void> {
  let answer: ListAnswer | undefined;
  while (!signal.aborted) {
    let seconds;
    try {
      answer = await gateway.list({ previous: answer, signal });
      show(answer);
      seconds = answer.page.runs.some((run) => UNFINISHED.includes(run.status)) ? 10 : 60;
    } catch (failure) {
      if (signal.aborted) {
        return;
      }

      if (!(failure instanceof NclueGatewayError)) {
        throw failure;
      }

      fail(failure);
      if (failure.status === 401) {
        return;
      }

      seconds = failure.retryAfter ?? 30;
    }

    await untilLookedAt(seconds, signal);
  }
}

/** Waits until this number of seconds has passed and the page is visible, or until the signal is aborted. */
function untilLookedAt(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const due = performance.now() + seconds * 1000;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = (): void => {
      clearTimeout(timer);
      const left = due - performance.now();
      if (signal.aborted || (left <= 0 && !document.hidden)) {
        document.removeEventListener('visibilitychange', look);
        signal.removeEventListener('abort', look);
        resolve();
      } else if (!document.hidden) {
        timer = setTimeout(look, left);
      }
    };
    document.addEventListener('visibilitychange', look);
    signal.addEventListener('abort', look);
    look();
  });
}
