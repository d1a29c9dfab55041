// Prints all runs of a gateway, one per line: NCLUE_GATEWAY=http://127.0.0.1:5080 NCLUE_TOKEN=ey… node
// example/dist/list-runs.js
import { createNclueGatewayClient, NclueGatewayError } from '@nclue-gateway/client';

const { NCLUE_GATEWAY: baseUrl, NCLUE_TOKEN: token } = process.env;
if (!baseUrl || !token) {
  console.error('Set NCLUE_GATEWAY to the address of the gateway and NCLUE_TOKEN to an access token.');
  process.exit(2);
}

const stop = new AbortController();
process.once('SIGINT', () => stop.abort());

const gateway = createNclueGatewayClient({ baseUrl, token: () => token });
try {
  let count = 0;
  for await (const run of gateway.runs({ signal: stop.signal })) {
    console.log([run.id, run.createdAt ?? '-', run.status, run.name ?? '-', run.failure?.code ?? run.failure?.message ?? ''].join('\t'));
    count++;
  }

  console.error(`${count} runs.`);
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
