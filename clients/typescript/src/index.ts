export * from './client.js';
export { NclueGatewayError } from './error.js';
export type { components, paths } from './schema.js';
