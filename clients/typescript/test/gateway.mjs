import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { afterEach, beforeEach } from 'node:test';
import { createNclueGatewayClient, NclueGatewayError } from '@nclue-gateway/client';

/** A server for each test of a file, which responds as the test specifies. */
export const gateway = { baseUrl: '', requests: [], respond: undefined };

let server;

beforeEach(async () => {
  gateway.requests = [];
  server = createServer((request, response) => {
    gateway.requests.push(request);
    gateway.respond(request, response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  gateway.baseUrl = `http://127.0.0.1:${server.address().port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

export const run = (id) => ({ id, name: `Run ${id}`, status: 'completed' });

export const page = (index, limit, ids, total = null) => ({ index, limit, total, runs: ids.map(run) });

export const json = (response, body, headers = {}, status = 200) => {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
};

export const problem = (response, status, slug, headers = {}, more = {}) =>
  json(response, { type: `/base/problems/${slug}`, title: `Title of ${slug}`, status, traceId: 't', ...more },
    { 'Content-Type': 'application/problem+json', ...headers }, status);

export const client = (options = {}) =>
  createNclueGatewayClient({ baseUrl: gateway.baseUrl, token: () => 'secret', ...options });

export const all = async (generator) => {
  const items = [];
  for await (const item of generator) {
    items.push(item);
  }

  return items;
};

export const failureOf = async (promise) => {
  const failure = await promise.then(() => assert.fail('The call did not fail.'), (error) => error);
  assert.ok(failure instanceof NclueGatewayError, failure);
  return failure;
};
