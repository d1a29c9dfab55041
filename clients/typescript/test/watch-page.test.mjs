import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { NclueGatewayError } from '@nclue-gateway/client';
import { watchPage } from '../example/dist/watch-page.js';

let shown;
let now;
let asked;
let stop;
const page = new EventTarget(); // replaces the document
globalThis.document = page;

/** Watches with these responses, one after another, by a clock that the test advances. */
function watch(t, answers) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  t.mock.method(performance, 'now', () => now);
  const gateway = {
    list: async ({ previous }) => {
      asked.push(previous);
      return answers[asked.length - 1]();
    },
  };
  return watchPage(gateway, { show: (answer) => shown.push(answer), fail: ({ status }) => shown.push(status) }, stop.signal);
}

const pass = async (t, seconds) => {
  await turn();
  now += seconds * 1000;
  t.mock.timers.tick(seconds * 1000);
  await turn();
};
const runs = (...statuses) => ({ page: { runs: statuses.map((status) => ({ status })) } });
const failure = (status, retryAfter = null) => () => {
  throw new NclueGatewayError('No.', { status, retryAfter });
};
const look = (isHidden) => {
  page.hidden = isHidden;
  page.dispatchEvent(new Event('visibilitychange'));
};

beforeEach(() => {
  [shown, now, asked] = [[], 0, []];
  page.hidden = false;
  stop = new AbortController();
});
afterEach(() => stop.abort());

test('it reads every ten seconds while a run is unfinished, and otherwise every minute', async (t) => {
  const [first, second] = [runs('completed', 'pending'), runs('completed', 'failed')];
  void watch(t, [() => first, () => second, () => second]);
  await pass(t, 9);
  assert.equal(asked.length, 1);
  await pass(t, 1);
  assert.equal(asked.length, 2);
  await pass(t, 59);
  assert.equal(asked.length, 2);
  await pass(t, 1);
  assert.deepEqual(asked, [undefined, first, second]);
});

test('it waits for Retry-After after a failure, or half a minute, and keeps its content', async (t) => {
  const first = runs('pending');
  void watch(t, [() => first, failure(503, 40), failure(0), () => first]);
  await pass(t, 10);
  await pass(t, 39);
  assert.equal(asked.length, 2);
  await pass(t, 1);
  await pass(t, 29);
  assert.equal(asked.length, 3);
  await pass(t, 1);
  assert.deepEqual(asked, [undefined, first, first, first]);
  assert.deepEqual(shown, [first, 503, 0, first]);
});

test('it does not read while the page is hidden, nor too early when it is visible again', async (t) => {
  void watch(t, [() => runs('pending'), () => runs('pending'), () => runs('pending')]);
  await pass(t, 1);
  look(true);
  await pass(t, 100);
  assert.equal(asked.length, 1);
  look(false);
  await turn();
  assert.equal(asked.length, 2);
  look(true);
  await pass(t, 3);
  look(false);
  await pass(t, 6);
  assert.equal(asked.length, 2);
  await pass(t, 1);
  assert.equal(asked.length, 3);
});

test('it ends when the user is signed out, and when it is stopped', async (t) => {
  await watch(t, [failure(401)]);
  assert.deepEqual(shown, [401]);
  t.mock.timers.reset();
  t.mock.restoreAll();

  asked = [];
  const over = watch(t, [() => runs('pending')]);
  await pass(t, 1);
  stop.abort();
  await over;
  assert.equal(asked.length, 1);
});
