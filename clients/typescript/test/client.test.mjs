import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { createNclueGatewayClient, NclueGatewayError } from '@nclue-gateway/client';

/** A server that responds as the test specifies. */
let server;
let baseUrl;
let requests;
let answer;

beforeEach(async () => {
  requests = [];
  server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${server.address().port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const run = (id) => ({ id, name: `Run ${id}`, status: 'completed' });
const page = (index, limit, ids, total = null) => ({ index, limit, total, runs: ids.map(run) });
const json = (response, body, headers = {}, status = 200) => {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
};
const problem = (response, status, slug, headers = {}, more = {}) =>
  json(response, { type: `/base/problems/${slug}`, title: `Title of ${slug}`, status, traceId: 't', ...more },
    { 'Content-Type': 'application/problem+json', ...headers }, status);
const client = (options = {}) => createNclueGatewayClient({ baseUrl, token: () => 'secret', ...options });
const all = async (generator) => {
  const items = [];
  for await (const item of generator) {
    items.push(item);
  }

  return items;
};
const failureOf = async (promise) => {
  const failure = await promise.then(() => assert.fail('The call did not fail.'), (error) => error);
  assert.ok(failure instanceof NclueGatewayError, failure);
  return failure;
};

describe('one page', () => {
  test('is requested with its parameters, the token and the header', async () => {
    answer = (_, response) => json(response, page(40, 10, ['a']));
    const { page: read } = await client().list({ index: 40, limit: 10 });
    assert.equal(requests[0].url, '/api/task-runs?index=40&limit=10');
    assert.equal(requests[0].headers.authorization, 'Bearer secret');
    assert.equal(requests[0].headers['x-csrf'], '1');
    assert.deepEqual(read.runs, [run('a')]);
  });

  test('has the time Date less Age, independent of the local clock', async () => {
    const headers = { Date: 'Fri, 22 Nov 2024 09:00:10 GMT', Age: '70', ETag: '"x"' };
    answer = (_, response) => json(response, page(0, 20, []), headers);
    const { asOf, etag } = await client().list();
    assert.equal(asOf.toISOString(), '2024-11-22T08:59:00.000Z');
    assert.equal(etag, '"x"');
  });

  for (const [status, stale] of [
    ['nclue-gateway; hit; ttl=3', false],
    ['nclue-gateway; hit; ttl=-3', true],
    ['nclue-gateway; fwd=stale; ttl=-12; detail=upstream-error', true],
    ['nclue-gateway; fwd=miss; stored', false],
    ['nclue-gateway; hit; ttl=3, cdn; hit; ttl=-5', false],
    ['cdn; hit; ttl=5, nclue-gateway; hit; ttl=-3', true],
    [null, false],
  ]) {
    test(`is ${stale ? 'stale' : 'fresh'} with ${status}`, async () => {
      answer = (_, response) => json(response, page(0, 20, []), status === null ? {} : { 'Cache-Status': status });
      assert.equal((await client().list()).stale, stale);
    });
  }

  test('stays when it is unchanged, with a newer time', async () => {
    answer = (_, response) => json(response, page(0, 20, ['a']), { ETag: '"x"', Date: 'Fri, 22 Nov 2024 09:00:00 GMT', Age: '0' });
    const previous = await client().list();
    const unchanged = {
      ETag: '"x"',
      Date: 'Fri, 22 Nov 2024 09:05:00 GMT',
      Age: '7',
      'Cache-Status': 'nclue-gateway; hit; ttl=-1',
      Link: '</api/task-runs?index=20&limit=20>; rel="next"',
    };
    answer = (_, response) => response.writeHead(304, unchanged).end();
    const now = await client().list({ previous });
    assert.equal(requests[1].headers['if-none-match'], '"x"');
    assert.equal(now.page, previous.page);
    assert.deepEqual([now.asOf.toISOString(), now.stale, now.next], ['2024-11-22T09:04:53.000Z', true, '/api/task-runs?index=20&limit=20']);
  });

  test('is requested without a tag when the previous one is another page', async () => {
    answer = (_, response) => json(response, page(0, 20, ['a']), { ETag: '"x"' });
    const previous = await client().list();
    await client().list({ previous, index: 20 });
    await client().list({ previous, follow: '/api/task-runs?index=20&limit=20' });
    assert.deepEqual(requests.map(({ headers }) => headers['if-none-match']), [undefined, undefined, undefined]);
  });

  test('is an error when a 304 comes without a conditional request', async () => {
    answer = (_, response) => response.writeHead(304).end();
    assert.equal((await failureOf(client().list())).status, 304);
  });

  test('sends no token without a token function, and calls the function for each request', async () => {
    answer = (_, response) => json(response, page(0, 20, []));
    await client({ token: undefined }).list();
    let count = 0;
    const counting = client({ token: async () => `t${++count}` });
    await counting.list();
    await counting.list();
    assert.deepEqual(requests.map(({ headers }) => headers.authorization), [undefined, 'Bearer t1', 'Bearer t2']);
  });

  test('sends the cookie only without a token', async () => {
    const seen = [];
    const fetch = async (request) => {
      seen.push([request.credentials, request.redirect]);
      return Response.json(page(0, 20, []));
    };
    await client({ fetch, token: undefined }).list();
    await client({ fetch }).list();
    assert.deepEqual(seen, [['include', 'manual'], ['omit', 'manual']]);
  });
});

describe('all pages', () => {
  const next = (path) => ({ Link: `</api/task-runs?index=0&limit=2>; rel="first", <${path}>; rel="next"` });

  test('go on until there is no next one, by no count of rows', async () => {
    const pages = [
      [['a', 'b'], next('/api/task-runs?index=2&limit=2&more=1')],
      [['c'], next('/api/task-runs?index=4&limit=2')],
      [[], next('/api/task-runs?index=6&limit=2')],
      [['d', 'e'], {}],
    ];
    answer = (request, response) => {
      const index = Number(new URL(request.url, baseUrl).searchParams.get('index'));
      const [ids, headers] = pages[index / 2];
      json(response, page(index, 2, ids, 5), headers);
    };
    const answers = await all(client().pages({ limit: 2 }));
    assert.deepEqual(answers.map((each) => each.page.runs.length), [2, 1, 0, 2]);
    assert.equal(requests[1].url, '/api/task-runs?index=2&limit=2&more=1'); // unchanged, with its further parameter
  });

  test('hold every run once, and 100 rows each', async () => {
    answer = (request, response) => request.url.includes('index=0&limit=100')
      ? json(response, page(0, 100, ['a', 'b']), next('/api/task-runs?index=100&limit=100'))
      : json(response, page(100, 100, ['b', 'c']));
    assert.deepEqual((await all(client().runs())).map(({ id }) => id), ['a', 'b', 'c']);
  });

  test('are under the path base of the gateway', async () => {
    answer = (request, response) => request.url.startsWith('/base/api/task-runs?index=0')
      ? json(response, page(0, 100, ['a']), next('/base/api/task-runs?index=100&limit=100'))
      : json(response, page(100, 100, ['b']));
    assert.equal((await all(client({ baseUrl: `${baseUrl}/base/` }).runs())).length, 2);
    assert.equal(requests[1].url, '/base/api/task-runs?index=100&limit=100');
  });

  for (const [name, path] of [
    ['to itself', '/api/task-runs?index=0&limit=100'],
    ['back', '/api/task-runs?index=-100&limit=100'],
    ['anywhere', '/api/task-runs'],
  ]) {
    test(`end with an error when the next one leads ${name}`, async () => {
      answer = (_, response) => json(response, page(0, 100, ['a']), next(path));
      assert.match((await failureOf(all(client().runs()))).message, /does not go on/);
      assert.equal(requests.length, 1);
    });
  }

  for (const path of ['https://example.com/api/task-runs?index=100', '//example.com/api/task-runs?index=100', 'http://[']) {
    test(`never lead to ${path}`, async () => {
      answer = (_, response) => json(response, page(0, 100, ['a']), next(path));
      assert.match((await failureOf(all(client().runs()))).message, /not at the gateway/);
      assert.match((await failureOf(client().list({ follow: path }))).message, /not at the gateway/);
      assert.equal(requests.length, 1);
    });
  }
});

describe('a failure', () => {
  test('of the gateway has its status, slug, problem and time', async () => {
    answer = (_, response) => problem(response, 504, 'upstream-timeout', { 'Retry-After': '7' }, { detail: 'Wait.' });
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
      answer = (_, response) => response.writeHead(status, { 'Content-Type': type, Location: '/elsewhere' }).end(body);
      const failure = await failureOf(client().list());
      assert.deepEqual([failure.status, failure.slug, failure.problem, failure.retryAfter], [status, null, null, null]);
      assert.equal(requests.length, 1);
    });
  }

  test('of the network is reported: a response that is cut off, and none at all', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '100' });
      response.write('{"index":');
      setImmediate(() => response.destroy());
    };
    assert.equal((await failureOf(client().list())).status, 0);

    answer = (request) => request.socket.destroy();
    const failure = await failureOf(client().list());
    assert.equal(failure.status, 0);
    assert.match(failure.message, /cannot be reached/);
    assert.ok(failure.cause instanceof Error);
  });

  test('to respond in time is reported, also in the middle of the body', async () => {
    answer = () => {};
    assert.match((await failureOf(client({ timeout: 50 }).list())).message, /did not respond in time/);
    answer = (_, response) => response.writeHead(200, { 'Content-Type': 'application/json' }).write('{');
    assert.match((await failureOf(client({ timeout: 50 }).list())).message, /did not respond in time/);
  });

  test('to get a token is reported, and sends nothing', async () => {
    const failure = await failureOf(client({ token: () => Promise.reject(new Error('no network')) }).list());
    assert.match(failure.message, /no access token/);
    assert.equal(failure.cause.message, 'no network');
    assert.equal(requests.length, 0);
  });

  test('is the reason of the signal when the caller has cancelled', async () => {
    const early = AbortSignal.abort(new Error('left'));
    await assert.rejects(client().list({ signal: early }), /left/);
    const stop = new AbortController();
    answer = () => stop.abort();
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

describe('a session', () => {
  const someone = { subject: 's', name: null, permissions: ['task-runs:read'], idleExpiresAt: 'i', absoluteExpiresAt: 'a' };

  test('is returned, and the header is sent', async () => {
    answer = (_, response) => json(response, someone);
    assert.deepEqual(await client({ token: undefined }).session(), someone);
    assert.deepEqual([requests[0].method, requests[0].url, requests[0].headers['x-csrf']], ['GET', '/session', '1']);
  });

  test('ends', async () => {
    answer = (_, response) => json(response, { logoutUrl: 'https://idp/out' });
    assert.deepEqual(await client({ token: undefined }).logout(), { logoutUrl: 'https://idp/out' });
    assert.deepEqual([requests[0].method, requests[0].url, requests[0].headers['x-csrf']], ['POST', '/session/logout', '1']);
  });

  test('is null when the user is not signed in, and sign-out succeeds then', async () => {
    answer = (_, response) => problem(response, 401, 'unauthenticated', {}, { login: '/session/login' });
    assert.equal(await client({ token: undefined }).session(), null);
    assert.deepEqual(await client({ token: undefined }).logout(), { logoutUrl: null });
  });

  test('is not reported as ended when it cannot be looked up, nor when a proxy refuses', async () => {
    answer = (_, response) => problem(response, 503, 'session-store-unavailable', { 'Retry-After': '60' });
    assert.equal((await failureOf(client({ token: undefined }).session())).slug, 'session-store-unavailable');
    assert.equal((await failureOf(client({ token: undefined }).logout())).retryAfter, 60);
    answer = (_, response) => response.writeHead(401, { 'Content-Type': 'text/html' }).end('<html>');
    assert.equal((await failureOf(client({ token: undefined }).session())).status, 401);
  });

  test('begins at an address that contains the return address', () => {
    assert.equal(client({ baseUrl: 'https://a.example/base' }).loginUrl('https://b.example/?a=1&b=2#c'),
      'https://a.example/base/session/login?returnUrl=https%3A%2F%2Fb.example%2F%3Fa%3D1%26b%3D2%23c');
  });
});
