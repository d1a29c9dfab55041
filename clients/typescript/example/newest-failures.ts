// Prints the newest failed runs of a gateway, and how many runs failed for each reason:
// NCLUE_GATEWAY=http://127.0.0.1:5080 NCLUE_TOKEN=ey… node example/dist/newest-failures.js
import { createNclueGatewayClient, NclueGatewayError } from '@nclue-gateway/client';

const { NCLUE_GATEWAY: baseUrl, NCLUE_TOKEN: token } = process.env;
if (!baseUrl || !token) {
  console.error('Set NCLUE_GATEWAY to the address of the gateway and NCLUE_TOKEN to an access token.');
  process.exit(2);
}

const stop = new AbortController();
process.once('SIGINT', () => stop.abort());

// At first the gateway reads the whole list, about a second per 100 runs. Only then is the newest failure known.
const patience = { retryFor: 10 * 60_000, signal: stop.signal };
const gateway = createNclueGatewayClient({ baseUrl, token: () => token });
try {
  const { page, asOf } = await gateway.list({ status: 'failed', sort: '-createdAt', limit: 10, ...patience });
  for (const run of page.runs) {
    console.log([run.id, run.createdAt ?? '-', run.name ?? '-', run.failure?.code ?? run.failure?.message ?? '-'].join('\t'));
  }

  const { summary } = await gateway.summarize({ status: 'failed', ...patience });
  for (const { code, total } of summary.byFailureCode) {
    console.error(`${code}: ${total}`);
  }

  console.error(`${page.runs.length} of ${page.total} failed runs, as of ${asOf.toISOString()}.`);
} catch (failure) {
  if (stop.signal.aborted) {
    process.exitCode = 130;
  } else if (failure instanceof NclueGatewayError) {
    console.error(`${failure.message}${failure.retryAfter === null ? '' : ` Try again in ${failure.retryAfter} s.`}`);
    process.exitCode = 1;
  } else {
    throw failure;
  }
}
