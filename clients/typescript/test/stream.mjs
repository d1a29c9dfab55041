// A gateway that sends the responses that a test specifies one after the other, by a clock that the test advances.
import { setImmediate as turn } from 'node:timers/promises';
import { client, run } from './gateway.mjs';

/** A page of the list at a version. */
export const list = (version, ids, next = null, index = 0) => () => {
  const links = [`</api/task-runs/changes?since=${version}>; rel="monitor"`];
  if (next !== null) {
    links.push(`</api/task-runs?sort=-createdAt&limit=100&cursor=${next}>; rel="next"`);
  }

  const page = { index, limit: 100, total: ids.length, complete: true, runs: ids.map(run) };
  return Response.json(page, { headers: { Link: links.join(', '), Date: 'Sun, 29 Nov 2026 09:00:00 GMT', Age: '4' } });
};

export const refusal = (status, slug, after = null, more = {}) => () => {
  const headers = { 'Content-Type': 'application/problem+json', ...(after === null ? {} : { 'Retry-After': String(after) }) };
  return Response.json({ type: `/problems/${slug}`, title: 'T', status, ...more }, { status, headers });
};

export const other = (type, body, status = 200) => () => new Response(body, { status, headers: { 'Content-Type': type } });

export const nobody = () => Promise.reject(new TypeError('fetch failed'));

/** A stream with these events, after which it is silent. */
export const stream = (...events) => streamThat('is silent', events);

/** A stream that ends after these events, as on a server that stops. */
export const ending = (...events) => streamThat('ends', events);

/** A stream that is cut off after these events. */
export const cut = (...events) => streamThat('is cut', events);

const silence = ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

const streamThat = (then, events) => ({ signal }) => new Response(new ReadableStream({
  start(controller) {
    signal.addEventListener('abort', () => controller.error(signal.reason)); // as the real fetch does
    controller.enqueue(new TextEncoder().encode(events.join('')));
  },
  pull(controller) {
    return then === 'ends' ? controller.close() : then === 'is cut' ? controller.error(new TypeError('terminated')) : new Promise(() => {});
  },
}, { highWaterMark: 0 }), { headers: { 'Content-Type': 'text/event-stream' } });

export const event = (type, data, id = null, retry = null) =>
  `${retry === null ? '' : `retry: ${retry}\n`}event: ${type}\n${id === null ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;

export const bookmark = (id, total = 1, retry = null) =>
  event('bookmark', { asOf: '2026-11-29T09:00:00.123Z', total, complete: true }, id, retry);

export const reset = (id) => event('reset', { asOf: '2026-11-29T09:00:00.123Z', total: 1, complete: true }, id);

export const progress = (runs, expectedTotal = null) => event('progress', { runs, expectedTotal });

export const end = (reason) => event('end', { reason }, 'e');

/** Changes: `+a` is created, `-a` deleted. */
export const changes = (id, ...texts) => event('changes', {
  total: 7,
  complete: true,
  changes: texts.map(([sign, name]) => ({ type: sign === '+' ? 'created' : 'deleted', id: name, run: sign === '+' ? run(name) : null })),
}, id);

/** Watches a gateway with these responses. Waits are exact, and pass when the test lets them. */
export function watching(t, responses, options = {}, gatewayOptions = {}) {
  const state = { asked: [], failures: [], now: 0, watch: undefined, next: undefined, pass: undefined, settle: undefined };
  t.mock.timers.enable({ apis: ['setTimeout'] });
  t.mock.method(performance, 'now', () => state.now);
  t.mock.method(Math, 'random', () => 0.5);
  const fetch = async (request) => {
    const { pathname, search } = new URL(request.url);
    const headers = ['Last-Event-ID', 'Authorization'].map((name) => request.headers.get(name));
    const parts = [pathname.slice('/api/task-runs'.length) + search, ...headers];
    state.asked.push(parts.filter((part) => part !== null).join(' '));
    const response = responses[state.asked.length - 1];
    return response === undefined ? silence(request) : response(request);
  };
  const gateway = client({ baseUrl: 'https://gateway.example', token: undefined, fetch, ...gatewayOptions });
  state.watch = gateway.watch({ onFailure: (failure) => state.failures.push(failure), ...options });
  state.next = async () => (await state.watch.next()).value;
  state.settle = async () => {
    for (let turns = 0; turns < 10; turns++) {
      await turn();
    }
  };
  state.pass = async (seconds) => {
    await state.settle();
    state.now += seconds * 1000;
    t.mock.timers.tick(seconds * 1000);
    await state.settle();
  };
  return state;
}
