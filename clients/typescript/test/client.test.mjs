import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { all, client, failureOf, gateway, json, page, problem, run } from './gateway.mjs';

describe('one page', () => {
  test('is requested with its parameters, the token and the header', async () => {
    gateway.respond = (_, response) => json(response, page(40, 10, ['a']));
    const { page: read } = await client().list({ index: 40, limit: 10 });
    assert.equal(gateway.requests[0].url, '/api/task-runs?index=40&limit=10');
    assert.equal(gateway.requests[0].headers.authorization, 'Bearer secret');
    assert.equal(gateway.requests[0].headers['x-csrf'], '1');
    assert.deepEqual(read.runs, [run('a')]);
  });

  test('has the time Date less Age, independent of the local clock', async () => {
    const headers = { Date: 'Fri, 22 Nov 2024 09:00:10 GMT', Age: '70', ETag: '"x"' };
    gateway.respond = (_, response) => json(response, page(0, 20, []), headers);
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
      gateway.respond = (_, response) => json(response, page(0, 20, []), status === null ? {} : { 'Cache-Status': status });
      assert.equal((await client().list()).stale, stale);
    });
  }

  test('stays when it is unchanged, with a newer time', async () => {
    gateway.respond = (_, response) => json(response, page(0, 20, ['a']), { ETag: '"x"', Date: 'Fri, 22 Nov 2024 09:00:00 GMT', Age: '0' });
    const previous = await client().list();
    const unchanged = {
      ETag: '"x"',
      Date: 'Fri, 22 Nov 2024 09:05:00 GMT',
      Age: '7',
      'Cache-Status': 'nclue-gateway; hit; ttl=-1',
      Link: '</api/task-runs?index=20&limit=20>; rel="next"',
    };
    gateway.respond = (_, response) => response.writeHead(304, unchanged).end();
    const now = await client().list({ previous });
    assert.equal(gateway.requests[1].headers['if-none-match'], '"x"');
    assert.equal(now.page, previous.page);
    assert.deepEqual([now.asOf.toISOString(), now.stale, now.next], ['2024-11-22T09:04:53.000Z', true, '/api/task-runs?index=20&limit=20']);
  });

  test('is requested without a tag when the previous one is another page', async () => {
    gateway.respond = (_, response) => json(response, page(0, 20, ['a']), { ETag: '"x"' });
    const previous = await client().list();
    await client().list({ previous, index: 20 });
    await client().list({ previous, follow: '/api/task-runs?index=20&limit=20' });
    assert.deepEqual(gateway.requests.map(({ headers }) => headers['if-none-match']), [undefined, undefined, undefined]);
  });

  test('is an error when a 304 comes without a conditional request', async () => {
    gateway.respond = (_, response) => response.writeHead(304).end();
    assert.equal((await failureOf(client().list())).status, 304);
  });

  test('sends no token without a token function, and calls the function for each request', async () => {
    gateway.respond = (_, response) => json(response, page(0, 20, []));
    await client({ token: undefined }).list();
    let count = 0;
    const counting = client({ token: async () => `t${++count}` });
    await counting.list();
    await counting.list();
    assert.deepEqual(gateway.requests.map(({ headers }) => headers.authorization), [undefined, 'Bearer t1', 'Bearer t2']);
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
    gateway.respond = (request, response) => {
      const index = Number(new URL(request.url, gateway.baseUrl).searchParams.get('index'));
      const [ids, headers] = pages[index / 2];
      json(response, page(index, 2, ids, 5), headers);
    };
    const answers = await all(client().pages({ limit: 2 }));
    assert.deepEqual(answers.map((each) => each.page.runs.length), [2, 1, 0, 2]);
    assert.equal(gateway.requests[1].url, '/api/task-runs?index=2&limit=2&more=1'); // unchanged, with its further parameter
  });

  test('hold every run once, and 100 rows each', async () => {
    gateway.respond = (request, response) => request.url.includes('index=0&limit=100')
      ? json(response, page(0, 100, ['a', 'b']), next('/api/task-runs?index=100&limit=100'))
      : json(response, page(100, 100, ['b', 'c']));
    assert.deepEqual((await all(client().runs())).map(({ id }) => id), ['a', 'b', 'c']);
  });

  test('are under the path base of the gateway', async () => {
    gateway.respond = (request, response) => request.url.startsWith('/base/api/task-runs?index=0')
      ? json(response, page(0, 100, ['a']), next('/base/api/task-runs?index=100&limit=100'))
      : json(response, page(100, 100, ['b']));
    assert.equal((await all(client({ baseUrl: `${gateway.baseUrl}/base/` }).runs())).length, 2);
    assert.equal(gateway.requests[1].url, '/base/api/task-runs?index=100&limit=100');
  });

  for (const [name, path] of [
    ['to itself', '/api/task-runs?index=0&limit=100'],
    ['back', '/api/task-runs?index=-100&limit=100'],
    ['anywhere', '/api/task-runs'],
  ]) {
    test(`end with an error when the next one leads ${name}`, async () => {
      gateway.respond = (_, response) => json(response, page(0, 100, ['a']), next(path));
      assert.match((await failureOf(all(client().runs()))).message, /does not go on/);
      assert.equal(gateway.requests.length, 1);
    });
  }

  for (const path of ['https://example.com/api/task-runs?index=100', '//example.com/api/task-runs?index=100', 'http://[']) {
    test(`never lead to ${path}`, async () => {
      gateway.respond = (_, response) => json(response, page(0, 100, ['a']), next(path));
      assert.match((await failureOf(all(client().runs()))).message, /not at the gateway/);
      assert.match((await failureOf(client().list({ follow: path }))).message, /not at the gateway/);
      assert.equal(gateway.requests.length, 1);
    });
  }
});

describe('a session', () => {
  const someone = { subject: 's', name: null, permissions: ['task-runs:read'], idleExpiresAt: 'i', absoluteExpiresAt: 'a' };

  test('is returned, and the header is sent', async () => {
    gateway.respond = (_, response) => json(response, someone);
    assert.deepEqual(await client({ token: undefined }).session(), someone);
    const [{ method, url, headers }] = gateway.requests;
    assert.deepEqual([method, url, headers['x-csrf']], ['GET', '/session', '1']);
  });

  test('ends', async () => {
    gateway.respond = (_, response) => json(response, { logoutUrl: 'https://idp/out' });
    assert.deepEqual(await client({ token: undefined }).logout(), { logoutUrl: 'https://idp/out' });
    const [{ method, url, headers }] = gateway.requests;
    assert.deepEqual([method, url, headers['x-csrf']], ['POST', '/session/logout', '1']);
  });

  test('is null when the user is not signed in, and sign-out succeeds then', async () => {
    gateway.respond = (_, response) => problem(response, 401, 'unauthenticated', {}, { login: '/session/login' });
    assert.equal(await client({ token: undefined }).session(), null);
    assert.deepEqual(await client({ token: undefined }).logout(), { logoutUrl: null });
  });

  test('is not reported as ended when it cannot be looked up, nor when a proxy refuses', async () => {
    gateway.respond = (_, response) => problem(response, 503, 'session-store-unavailable', { 'Retry-After': '60' });
    assert.equal((await failureOf(client({ token: undefined }).session())).slug, 'session-store-unavailable');
    assert.equal((await failureOf(client({ token: undefined }).logout())).retryAfter, 60);
    gateway.respond = (_, response) => response.writeHead(401, { 'Content-Type': 'text/html' }).end('<html>');
    assert.equal((await failureOf(client({ token: undefined }).session())).status, 401);
  });

  test('begins at an address that contains the return address', () => {
    assert.equal(client({ baseUrl: 'https://a.example/base' }).loginUrl('https://b.example/?a=1&b=2#c'),
      'https://a.example/base/session/login?returnUrl=https%3A%2F%2Fb.example%2F%3Fa%3D1%26b%3D2%23c');
  });
});
