import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { NclueGatewayError } from '@nclue-gateway/client';
import { client, failureOf, gateway, page, problem, run } from './gateway.mjs';

describe('a failure', () => {
  test('of the gateway has its status, slug, problem and time', async () => {
    gateway.respond = (_, response) => problem(response, 504, 'upstream-timeout', { 'Retry-After': '7' }, { detail: 'Wait.' });
    const failure = await failureOf(client().list());
    assert.deepEqual([failure.name, failure.status, failure.slug, failure.retryAfter], ['NclueGatewayError', 504, 'upstream-timeout', 7]);
    assert.equal(failure.problem.traceId, 't');
    assert.equal(failure.message, 'Title of upstream-timeout. Wait.');
  });

  for (const [status, body, type] of [
    [502, '<html>Bad gateway</html>', 'text/html'],
    [200, '<html>Sign in</html>', 'text/html'],
    [200, '{"hello":"world"}', 'application/json'],
    [200, 'null', 'application/json'],
    [503, '', 'text/plain'],
    [500, '{"error":', 'application/json'],
    [302, '', 'text/html'],
  ]) {
    test(`of another server is reported: ${status} with ${body || 'nothing'} as ${type}`, async () => {
      gateway.respond = (_, response) => response.writeHead(status, { 'Content-Type': type, Location: '/elsewhere' }).end(body);
      const failure = await failureOf(client().list());
      assert.deepEqual([failure.status, failure.slug, failure.problem, failure.retryAfter], [status, null, null, null]);
      assert.equal(gateway.requests.length, 1);
    });
  }

  test('of the network is reported: a response that is cut off, and none at all', async () => {
    gateway.respond = (_, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '100' });
      response.write('{"index":');
      setImmediate(() => response.destroy());
    };
    assert.equal((await failureOf(client().list())).status, 0);

    gateway.respond = (request) => request.socket.destroy();
    const failure = await failureOf(client().list());
    assert.equal(failure.status, 0);
    assert.match(failure.message, /cannot be reached/);
    assert.ok(failure.cause instanceof Error);
  });

  test('to respond in time is reported, also in the middle of the body', async () => {
    gateway.respond = () => {};
    assert.match((await failureOf(client({ timeout: 50 }).list())).message, /did not respond in time/);
    gateway.respond = (_, response) => response.writeHead(200, { 'Content-Type': 'application/json' }).write('{');
    assert.match((await failureOf(client({ timeout: 50 }).list())).message, /did not respond in time/);
  });

  test('to get a token is reported, and sends nothing', async () => {
    const failure = await failureOf(client({ token: () => Promise.reject(new Error('no network')) }).list());
    assert.match(failure.message, /no access token/);
    assert.equal(failure.cause.message, 'no network');
    assert.equal(gateway.requests.length, 0);
  });

  test('is the reason of the signal when the caller has cancelled', async () => {
    const early = AbortSignal.abort(new Error('left'));
    await assert.rejects(client().list({ signal: early }), /left/);
    const stop = new AbortController();
    gateway.respond = () => stop.abort();
    await assert.rejects(client().list({ signal: stop.signal }), { name: 'AbortError' });
  });

  for (const wrong of ['nclue.example.com', '/api', '', 'ftp://a', 'https://a/?b=c', 'https://a/#b']) {
    test(`of an address is reported at once: ${wrong || 'none'}`, () => assert.throws(() => client({ baseUrl: wrong }), TypeError));
  }

  for (const wrong of [{ timeout: 0 }, { timeout: NaN }, { timeout: Infinity }, { retryFor: -1 }]) {
    test(`of a duration is reported at once: ${Object.entries(wrong)}`, () => assert.throws(() => client(wrong), RangeError));
  }
});

describe('Retry-After', () => {
  /** A client that gets these responses one after another, and whose clock stands still. */
  const scripted = (t, answers, options = {}) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const asked = [];
    const fetch = async (request) => {
      asked.push(request.headers.get('Authorization'));
      return answers[asked.length - 1]();
    };
    return { asked, gateway: client({ fetch, ...options }) };
  };
  const refusal = (status, after) => () => {
    const headers = after === null ? {} : { 'Retry-After': after };
    return Response.json({ type: '/problems/caller-quota', title: 'Too much', status, traceId: 't' }, { status, headers });
  };
  const fine = () => Response.json(page(0, 20, ['a']));
  const pass = async (t, milliseconds) => {
    await turn();
    t.mock.timers.tick(milliseconds);
    await turn();
  };

  for (const status of [429, 503]) {
    test(`of a ${status} is waited for, and the request is sent again with a new token`, async (t) => {
      let count = 0;
      const { asked, gateway } = scripted(t, [refusal(status, '2'), refusal(status, '3'), fine], { token: () => `t${++count}` });
      const answered = gateway.list();
      await pass(t, 1999);
      assert.equal(asked.length, 1);
      await pass(t, 1);
      assert.equal(asked.length, 2);
      await pass(t, 3000);
      assert.equal((await answered).page.runs.length, 1);
      assert.deepEqual(asked, ['Bearer t1', 'Bearer t2', 'Bearer t3']);
    });
  }

  test('may be a date, by the clock of the response', async (t) => {
    const headers = { Date: 'Fri, 22 Nov 2024 09:00:00 GMT', 'Retry-After': 'Fri, 22 Nov 2024 09:00:04 GMT' };
    const late = () => new Response('', { status: 503, headers });
    const { asked, gateway } = scripted(t, [late, fine]);
    const answered = gateway.list();
    await pass(t, 3999);
    assert.equal(asked.length, 1);
    await pass(t, 1);
    assert.equal((await answered).page.runs.length, 1);
  });

  test('of 0 is a second, so that there is no tight loop', async (t) => {
    const { asked, gateway } = scripted(t, [refusal(503, '0'), fine]);
    const answered = gateway.list();
    await pass(t, 999);
    assert.equal(asked.length, 1);
    await pass(t, 1);
    await answered;
  });

  test('is waited for no longer than allowed in all', async (t) => {
    const { asked, gateway } = scripted(t, [refusal(429, '3'), refusal(429, '2')], { retryFor: 4000 });
    const failed = failureOf(gateway.list());
    await pass(t, 3000);
    const failure = await failed;
    assert.deepEqual([failure.status, failure.slug, failure.retryAfter, asked.length], [429, 'caller-quota', 2, 2]);
  });

  test('is only reported when the wait is too long, or there is none, or the status is another one', async (t) => {
    const { asked, gateway } = scripted(t, [refusal(429, '31'), refusal(503, null), refusal(503, 'soon'), refusal(502, '1')]);
    const told = [];
    for (let i = 0; i < 4; i++) {
      const { status, retryAfter } = await failureOf(gateway.list());
      told.push([status, retryAfter]);
    }

    assert.deepEqual(told, [[429, 31], [503, null], [503, null], [502, 1]]);
    assert.equal(asked.length, 4);
  });

  for (const [name, call, body] of [
    ['a page', (gateway, options) => gateway.list({ status: 'failed', ...options }), page(0, 20, ['a'])],
    ['all runs', (gateway, options) => gateway.runs({ status: 'failed', ...options }).next(), page(0, 20, ['a'])],
    ['one run', (gateway, options) => gateway.get('a', options), run('a')],
    ['a summary', (gateway, options) => gateway.summarize(options), { byStatus: {} }],
  ]) {
    test(`of a list that is read for the first time is waited for as long as the call for ${name} allows`, async (t) => {
      const building = refusal(503, '90');
      const { asked, gateway } = scripted(t, [building, building, building, () => Response.json(body)]);
      assert.equal((await failureOf(call(gateway))).retryAfter, 90);
      const answered = call(gateway, { retryFor: 180_000 });
      await pass(t, 89_999);
      assert.equal(asked.length, 2);
      await pass(t, 1);
      await pass(t, 90_000);
      await answered;
      assert.equal(asked.length, 4);
    });
  }

  test('is not waited for when the call does not allow it, and no call allows nonsense', async (t) => {
    const { asked, gateway } = scripted(t, [refusal(503, '1')]);
    assert.equal((await failureOf(gateway.list({ retryFor: 0 }))).retryAfter, 1);
    await assert.rejects(gateway.get('a', { retryFor: NaN }), RangeError);
    assert.equal(asked.length, 1);
  });

  test('is no longer waited for when the caller has cancelled', async (t) => {
    const { asked, gateway } = scripted(t, [refusal(429, '5')]);
    const stop = new AbortController();
    const rejected = assert.rejects(gateway.list({ signal: stop.signal }), { name: 'AbortError' });
    await pass(t, 1000);
    stop.abort();
    await rejected;
    await pass(t, 10_000);
    assert.equal(asked.length, 1);
  });
});
