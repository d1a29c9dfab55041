import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { all, client, failureOf, gateway, json, page, problem, run } from './gateway.mjs';

const link = (path, relation = 'next') => `<${path}>; rel="${relation}"`;
const result = (index, ids, total = ids.length) => ({ ...page(index, 2, ids, total), complete: true });
const urls = () => gateway.requests.map(({ url }) => url);
const ids = (runs) => runs.map(({ id }) => id);

describe('a query', () => {
  test('is sent with all its parameters, arrays repeated and reserved characters encoded', async () => {
    gateway.respond = (_, response) => json(response, result(0, ['a'], 7));
    const { page: read } = await client().list({
      status: ['failed', 'unknown'],
      taskId: 'a&b=c',
      featureId: ['1,2', '3'],
      model: 'NFM2',
      modelStatus: ['deprecated'],
      failureCode: 'COMMON_ERROR',
      createdAfter: '2026-11-23T00:00:00+09:00',
      createdBefore: new Date('2026-11-28T00:00:00Z'),
      completedAfter: '2026-11-23',
      completedBefore: undefined,
      q: '봄 세일 100%+',
      sort: '-durationSeconds',
      partial: true,
      index: 40,
      limit: 10,
    });
    const { pathname, search } = new URL(gateway.requests[0].url, gateway.baseUrl);
    assert.equal(pathname, '/api/task-runs');
    assert.deepEqual(search.slice(1).split('&').map(decodeURIComponent), [
      'index=40', 'limit=10', 'status=failed', 'status=unknown', 'taskId=a&b=c', 'featureId=1,2', 'featureId=3', 'model=NFM2',
      'modelStatus=deprecated', 'failureCode=COMMON_ERROR', 'createdAfter=2026-11-23T00:00:00+09:00',
      'createdBefore=2026-11-28T00:00:00.000Z', 'completedAfter=2026-11-23', 'q=봄 세일 100%+', 'sort=-durationSeconds', 'partial=true',
    ]);
    assert.doesNotMatch(search, /[+ ]/); // a server reads a plus sign as a blank
    assert.deepEqual([read.total, read.complete, ids(read.runs)], [7, true, ['a']]);
  });

  test('has no parameter for what is not wanted', async () => {
    gateway.respond = (_, response) => json(response, result(0, []));
    await client().list({ partial: false, status: [], sort: undefined });
    assert.deepEqual(urls(), ['/api/task-runs?index=0&limit=20']);
  });

  test('with a time that is none is refused, and nothing is sent', async () => {
    await assert.rejects(client().list({ createdAfter: new Date('tomorrow') }), RangeError);
    assert.equal(gateway.requests.length, 0);
  });

  test('reports each wrong parameter', async () => {
    const errors = { q: ['It must not be empty.'] };
    gateway.respond = (_, response) => problem(response, 400, 'invalid-request', {}, { errors });
    const failure = await failureOf(client().list({ q: '' }));
    assert.deepEqual([urls()[0], failure.slug, failure.problem.errors], ['/api/task-runs?index=0&limit=20&q=', 'invalid-request', errors]);
  });

  test('has a next and a previous page, which are followed as they are', async () => {
    const first = '/api/task-runs?sort=-createdAt&status=failed&limit=2&cursor=AA-_';
    gateway.respond = (request, response) => request.url.includes('cursor')
      ? json(response, result(2, ['c']), { Link: link(first.replace('AA-_', 'BB'), 'prev') })
      : json(response, result(0, ['a', 'b']), { Link: `${link('/api/task-runs?status=failed', 'first')}, ${link(first)}` });
    const start = await client().list({ status: 'failed', limit: 2 });
    assert.deepEqual([start.prev, start.next], [null, first]);
    const end = await client().list({ follow: start.next });
    assert.deepEqual([end.self, end.prev, end.next], [first, first.replace('AA-_', 'BB'), null]);
    assert.equal(gateway.requests[1].url, first);
  });

  test('is a failure when its cursor has expired', async () => {
    gateway.respond = (_, response) => problem(response, 410, 'cursor-expired', { Link: link('/api/task-runs?sort=name', 'first') });
    const failure = await failureOf(client().list({ follow: '/api/task-runs?sort=name&limit=2&cursor=A' }));
    assert.deepEqual([failure.status, failure.slug], [410, 'cursor-expired']);
  });
});

describe('an unchanged page of a query', () => {
  const headers = { ETag: '"x"', Date: 'Fri, 22 Nov 2024 09:00:00 GMT', Age: '0' };

  test('has the links of the last response: its cursors are of a version that expires later', async () => {
    gateway.respond = (_, response) => json(response, result(2, ['a', 'b'], 6), {
      ...headers,
      Link: `${link('/api/task-runs?status=failed&cursor=old')}, ${link('/api/task-runs?status=failed&cursor=old-prev', 'prev')}`,
    });
    const previous = await client().list({ status: 'failed', index: 2, limit: 2 });
    gateway.respond = (_, response) => response.writeHead(304, {
      ...headers,
      Age: '7',
      Link: `${link('/api/task-runs?status=failed&cursor=new')}, ${link('/api/task-runs?status=failed&cursor=new-prev', 'prev')}`,
    }).end();
    const now = await client().list({ status: 'failed', index: 2, limit: 2, previous });
    assert.equal(gateway.requests[1].headers['if-none-match'], '"x"');
    assert.equal(now.page, previous.page);
    assert.deepEqual([now.next, now.prev], ['/api/task-runs?status=failed&cursor=new', '/api/task-runs?status=failed&cursor=new-prev']);
    assert.equal(now.asOf - previous.asOf, -7000);
  });

  test('is asked for with the tag of the same query only', async () => {
    gateway.respond = (_, response) => json(response, result(0, ['a']), headers);
    const previous = await client().list({ status: 'failed' });
    await client().list({ status: 'completed', previous });
    await client().list({ previous });
    await client().list({ follow: previous.self, previous });
    assert.deepEqual(gateway.requests.map((request) => request.headers['if-none-match']), [undefined, undefined, undefined, '"x"']);
  });
});

describe('all runs of a query', () => {
  /** Serves chains of pages, one version after the other; a cursor of an older version has expired. */
  const serve = (...versions) => {
    let version = 0;
    gateway.respond = (request, response) => {
      const { searchParams } = new URL(request.url, gateway.baseUrl);
      const [of, at] = (searchParams.get('cursor') ?? `${version}.0`).split('.').map(Number);
      if (of !== version) {
        return problem(response, 410, 'cursor-expired');
      }

      const pages = versions[version];
      const rest = at + 1 < pages.length ? { Link: link(`/api/task-runs?sort=name&limit=2&cursor=${of}.${at + 1}`) } : {};
      json(response, result(at * 2, pages[at]), rest);
    };
    return () => version++;
  };

  test('are those of one chain, with the query in the first request only', async () => {
    serve([['a', 'b'], ['c', 'd'], ['e']]);
    assert.deepEqual(ids(await all(client().runs({ sort: 'name', limit: 2 }))), ['a', 'b', 'c', 'd', 'e']);
    assert.deepEqual(urls(), [
      '/api/task-runs?index=0&limit=2&sort=name',
      '/api/task-runs?sort=name&limit=2&cursor=0.1',
      '/api/task-runs?sort=name&limit=2&cursor=0.2',
    ]);
  });

  test('go on with the newest version when theirs has expired: each run once, none missing', async () => {
    const change = serve([['a', 'b'], ['c', 'd'], ['e']], [['0', 'a'], ['b', 'c'], ['d', 'e'], ['f']], [['d'], ['f', 'g']]);
    const read = [];
    for await (const { id } of client().runs({ sort: 'name', limit: 2 })) {
      read.push(id);
      if (id === 'b' || id === 'e') {
        change();
      }
    }

    assert.deepEqual(read, ['a', 'b', '0', 'c', 'd', 'e', 'f', 'g']);
    assert.deepEqual(urls().filter((url) => !url.includes('cursor')), Array(3).fill('/api/task-runs?index=0&limit=2&sort=name'));
  });

  test('end with the failure when a version expires before it has led to a new run', { timeout: 10_000 }, async () => {
    gateway.respond = (request, response) => request.url.includes('cursor')
      ? problem(response, 410, 'cursor-expired')
      : json(response, result(0, ['a', 'b'], 9), { Link: link('/api/task-runs?sort=name&cursor=A') });
    const read = [];
    const failure = await failureOf((async () => {
      for await (const { id } of client().runs({ sort: 'name' })) {
        read.push(id);
      }
    })());
    assert.deepEqual([failure.slug, read, gateway.requests.length], ['cursor-expired', ['a', 'b'], 4]);
  });

  test('end with any other failure at once', async () => {
    gateway.respond = (request, response) => request.url.includes('cursor')
      ? problem(response, 400, 'invalid-request')
      : json(response, result(0, ['a'], 9), { Link: link('/api/task-runs?sort=name&cursor=A') });
    assert.equal((await failureOf(all(client().runs({ sort: 'name' })))).slug, 'invalid-request');
    assert.equal(gateway.requests.length, 2);
  });

  test('do not turn in a circle, also by a cursor', { timeout: 10_000 }, async () => {
    gateway.respond = (_, response) => json(response, result(2, ['a'], 9), { Link: link('/api/task-runs?sort=name&cursor=A') });
    assert.match((await failureOf(all(client().runs({ sort: 'name' })))).message, /does not go on/);
    assert.equal(gateway.requests.length, 2);
  });

  test('come in pages of one version: those of two are never mixed', async () => {
    const change = serve([['a', 'b'], ['c']], [['b', 'c']]);
    const pages = client().pages({ sort: 'name', limit: 2 });
    assert.deepEqual(ids((await pages.next()).value.page.runs), ['a', 'b']);
    change();
    assert.equal((await failureOf(pages.next())).slug, 'cursor-expired');
  });
});

describe('one run', () => {
  test('is read by its id, whatever its characters are', async () => {
    for (const id of ['ef667a87-0000', 'a/b?c=d&e#f', '실행 %2F+', '\\..']) {
      gateway.respond = (request, response) => {
        const path = new URL(request.url, gateway.baseUrl).pathname;
        json(response, run(decodeURIComponent(path.slice('/api/task-runs/'.length))), { Age: '3' });
      };
      assert.deepEqual((await client().get(id)).run, run(id));
    }

    assert.equal(gateway.requests[1].url, '/api/task-runs/a%2Fb%3Fc%3Dd%26e%23f');
  });

  test('has the time of its data, and stays when it is unchanged', async () => {
    const headers = { ETag: '"x"', Date: 'Fri, 22 Nov 2024 09:00:10 GMT', Age: '70', 'Cache-Status': 'nclue-gateway; hit; ttl=-3' };
    gateway.respond = (_, response) => json(response, run('a'), headers);
    const previous = await client().get('a');
    assert.deepEqual([previous.asOf.toISOString(), previous.stale], ['2024-11-22T08:59:00.000Z', true]);
    gateway.respond = (_, response) => response.writeHead(304, { ...headers, Age: '4' }).end();
    const now = await client().get('a', { previous });
    assert.equal(now.run, previous.run);
    assert.equal(now.asOf.toISOString(), '2024-11-22T09:00:06.000Z');
    assert.equal((await failureOf(client().get('b', { previous }))).status, 304); // that of another run is not sent along
    assert.deepEqual(gateway.requests.map(({ headers }) => headers['if-none-match']), [undefined, '"x"', undefined]);
  });

  test('is null when the list had none with this id at that time', async () => {
    gateway.respond = (_, response) => problem(response, 404, 'not-found', { Age: '2', Date: 'Fri, 22 Nov 2024 09:00:02 GMT' });
    const { run: read, asOf, etag } = await client().get('a');
    assert.deepEqual([read, asOf.toISOString(), etag], [null, '2024-11-22T09:00:00.000Z', null]);
  });

  for (const [name, respond] of [
    ['its address does not exist', (_, response) => problem(response, 404, 'not-found')],
    ['another server does not have it', (_, response) => response.writeHead(404, { Age: '2', 'Content-Type': 'text/html' }).end('No.')],
    ['the list is not complete yet', (_, response) => problem(response, 503, 'list-incomplete')],
    ['it is another run', (_, response) => json(response, run('b'))],
    ['it is a page', (_, response) => json(response, page(0, 20, ['a']))],
  ]) {
    test(`is a failure when ${name}`, async () => {
      gateway.respond = respond;
      await failureOf(client().get('a'));
    });
  }

  test('is a failure for an id that is no part of a path', async () => {
    gateway.respond = (request, response) => request.url === '/api/'
      ? problem(response, 404, 'not-found')
      : json(response, page(0, 20, ['a']));
    for (const id of ['', '.', '..']) {
      await failureOf(client().get(id));
    }
  });
});

describe('the status', () => {
  const status = { upstream: 'ok', departures: { lastMinute: null, mostPerMinute: 57, perMinute: [null, 3] } };

  test('is read from below the address of the gateway', async () => {
    gateway.respond = (_, response) => json(response, status);
    assert.deepEqual(await client({ baseUrl: `${gateway.baseUrl}/nclue` }).status(), status);
    assert.deepEqual([urls(), gateway.requests[0].headers['x-csrf']], [['/nclue/api/status'], '1']);
  });

  test('is a failure in another form, and without the permission', async () => {
    gateway.respond = (_, response) => json(response, { ...status, departures: {} });
    assert.equal((await failureOf(client().status())).status, 200);
    gateway.respond = (_, response) => problem(response, 403, 'forbidden');
    assert.equal((await failureOf(client().status())).slug, 'forbidden');
  });
});

describe('a summary', () => {
  const summary = { total: 3, complete: true, byStatus: { failed: 3 } };

  test('is requested with its query', async () => {
    gateway.respond = (_, response) => json(response, summary, { Age: '3' });
    const counts = await client().summarize({ status: ['failed'], per: 'day', createdAfter: '2026-11-23' });
    await client().summarize();
    assert.deepEqual(urls(), ['/api/task-runs/summary?status=failed&per=day&createdAfter=2026-11-23', '/api/task-runs/summary']);
    assert.deepEqual(counts.summary, summary);
  });

  test('stays when it is unchanged', async () => {
    gateway.respond = (_, response) => json(response, summary, { ETag: '"x"' });
    const previous = await client().summarize({ status: 'failed' });
    await client().summarize({ status: 'completed', previous });
    gateway.respond = (_, response) => response.writeHead(304, { ETag: '"x"' }).end();
    assert.equal((await client().summarize({ status: 'failed', previous })).summary, previous.summary);
    assert.deepEqual(gateway.requests.map(({ headers }) => headers['if-none-match']), [undefined, undefined, '"x"']);
  });

  test('is a failure in another form, and when the list is too long', async () => {
    gateway.respond = (_, response) => json(response, page(0, 20, []));
    assert.equal((await failureOf(client().summarize())).status, 200);
    gateway.respond = (_, response) => problem(response, 501, 'list-too-large', { 'Retry-After': '1' });
    assert.equal((await failureOf(client().summarize())).slug, 'list-too-large');
    assert.equal(gateway.requests.length, 2);
  });
});
