import assert from 'node:assert/strict';
import { test } from 'node:test';
import { breakingChanges } from './breaking.mjs';

const ref = (name) => ({ $ref: `#/components/schemas/${name}` });

/** Returns a small document with one of everything. */
const document = () => ({
  openapi: '3.1.1',
  info: { title: 'Runs', version: '1' },
  security: [{ bearer: [] }, { cookie: [] }],
  paths: {
    '/runs': {
      parameters: [{ name: 'X-Trace', in: 'header', schema: { type: 'string' } }],
      get: {
        operationId: 'listRuns',
        parameters: [
          { name: 'limit', in: 'query', schema: { type: 'integer', format: 'int32', minimum: 1, maximum: 100, default: 20 } },
          { name: 'order', in: 'query', schema: { type: 'string', enum: ['old', 'new'] } },
          { name: 'text', in: 'query', schema: { type: 'string', maxLength: 10 } },
        ],
        responses: {
          200: {
            description: 'A page.',
            headers: { ETag: { required: true, schema: { type: 'string' } }, Age: { schema: { type: 'integer', minimum: 0 } } },
            content: { 'application/json': { schema: ref('Page') } },
          },
          304: { description: 'The same.' },
          429: { description: 'Too many.', content: { 'application/problem+json': { schema: ref('Problem') } } },
          503: { $ref: '#/components/responses/Busy' },
        },
      },
      head: { operationId: 'headRuns', responses: { 200: { description: 'No body.' } } },
      post: {
        operationId: 'addRun',
        requestBody: { content: { 'application/json': { schema: ref('NewRun') }, 'text/csv': {} } },
        responses: {
          201: {
            description: 'Added.',
            content: { 'application/json': { schema: { type: 'object', properties: { id: { type: 'string' } } } } },
          },
        },
      },
    },
    '/health': { get: { security: [], responses: { 200: { description: 'Well.' } } } },
  },
  components: {
    responses: { Busy: { description: 'Busy.', content: { 'application/problem+json': { schema: ref('Problem') } } } },
    schemas: {
      Page: {
        type: 'object',
        required: ['total', 'runs'],
        properties: { total: { type: ['null', 'integer'], format: 'int64' }, runs: { type: 'array', items: ref('Run') } },
      },
      Run: {
        type: 'object',
        required: ['id', 'name', 'status', 'model', 'task'],
        properties: {
          id: { type: 'string' },
          name: { type: ['string', 'null'] },
          status: ref('Status'),
          model: { oneOf: [ref('Model'), { type: 'null' }] },
          task: ref('Model'),
          parent: ref('Run'),
          labels: { type: 'object', additionalProperties: { type: 'string' } },
          seconds: { type: 'integer', minimum: 0, maximum: 1000, default: 1 },
          outcome: { oneOf: [ref('Model'), ref('Problem')] },
        },
      },
      Status: { type: 'string', enum: ['running', 'done'] },
      Model: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } },
      Problem: { type: 'object', required: ['title'], properties: { title: { type: 'string' }, detail: { type: 'string' } } },
      NewRun: { type: 'object', required: ['name'], properties: { name: { type: ['string', 'null'] }, note: { type: 'string' } } },
    },
    securitySchemes: { bearer: { type: 'http', scheme: 'bearer' }, cookie: { type: 'apiKey', in: 'cookie', name: 'session' } },
  },
});

const get = (d) => d.paths['/runs'].get;
const post = (d) => d.paths['/runs'].post;
const ok = (d) => get(d).responses[200];
const schemas = (d) => d.components.schemas;
const run = (d) => schemas(d).Run.properties;
const without = (list, value) => list.splice(list.indexOf(value), 1);

/** Name of a change, the change, and the expected lines. */
const breaking = [
  ['a path is removed', (d) => delete d.paths['/health'], '/health removed'],
  ['an operation is removed', (d) => delete d.paths['/runs'].head, 'HEAD /runs removed'],
  ['an operation is called otherwise', (d) => (get(d).operationId = 'getRuns'), 'GET /runs operationId "listRuns" became "getRuns"'],
  ['a status is removed', (d) => delete get(d).responses[304], 'GET /runs 304 removed'],
  ['a media type is removed', (d) => delete get(d).responses[429].content['application/problem+json'],
    'GET /runs 429 application/problem+json removed'],
  ['a header is removed', (d) => delete ok(d).headers.ETag, 'GET /runs 200 header ETag removed'],
  ['a header may be missing', (d) => delete ok(d).headers.ETag.required, 'GET /runs 200 header ETag may be missing'],
  ['a header is retyped', (d) => (ok(d).headers.Age.schema.type = 'string'), 'GET /runs 200 header Age type integer became string'],
  ['a property is removed', (d) => delete run(d).name, 'response Run.name removed'],
  ['a property of an unnamed schema is removed',
    (d) => delete post(d).responses[201].content['application/json'].schema.properties.id,
    'POST /runs 201 application/json.id removed'],
  ['a property becomes optional', (d) => without(schemas(d).Run.required, 'name'), 'response Run.name may be missing'],
  ['a property may be null', (d) => (run(d).id.type = ['string', 'null']), 'response Run.id may be null'],
  ['a property that is an object may be null', (d) => (run(d).task = { anyOf: [{ type: 'null' }, ref('Model')] }),
    'response Run.task may be null'],
  ['a property is retyped', (d) => (run(d).id.type = 'integer'), 'response Run.id type string became integer'],
  ['a property becomes an object', (d) => (run(d).id = ref('Model')), 'response Run.id type string became object'],
  ['a property becomes anything', (d) => (run(d).id = {}), 'response Run.id may be null', 'response Run.id type string became anything'],
  ['an array holds something else', (d) => (schemas(d).Page.properties.runs.items = { type: 'string' }),
    'response Page.runs[] type object became string'],
  ['a map holds something else', (d) => (run(d).labels.additionalProperties.type = 'integer'),
    'response Run.labels.* type string became integer'],
  ['a map is emptied', (d) => (run(d).labels.additionalProperties = false), 'response Run.labels.* removed'],
  ['a format changes', (d) => (schemas(d).Page.properties.total.format = 'int32'), 'response Page.total format "int64" became "int32"'],
  ['a value is removed', (d) => (schemas(d).Status.enum = ['done']), 'response Status value "running" removed'],
  ['a value is added', (d) => schemas(d).Status.enum.push('lost'), 'response Status value "lost" added'],
  ['values are set free', (d) => delete schemas(d).Status.enum, 'response Status is no longer limited to certain values'],
  ['a range of a response is widened', (d) => (run(d).seconds.maximum = 2000), 'response Run.seconds maximum 1000 became 2000'],
  ['a range of a response is lifted', (d) => delete run(d).seconds.minimum, 'response Run.seconds minimum 0 became nothing'],
  ['one of several is removed', (d) => (run(d).outcome.oneOf[1] = { type: 'null' }),
    'response Run.outcome may be null', 'response Run.outcome is no longer one of several'],
  ['one of several is added', (d) => run(d).outcome.oneOf.push(ref('Status')), 'response Run.outcome alternative Status added'],
  ['a schema used in many places loses a property', (d) => delete schemas(d).Problem.properties.detail, 'response Problem.detail removed'],
  ['a property goes where one refers to itself', (d) => delete run(d).labels, 'response Run.labels removed'],
  ['a new parameter is required', (d) => get(d).parameters.push({ name: 'a', in: 'query', required: true, schema: {} }),
    'GET /runs parameter query a is new and required'],
  ['a parameter becomes required', (d) => (get(d).parameters[0].required = true), 'GET /runs parameter query limit is now required'],
  ['a parameter is removed', (d) => get(d).parameters.pop(), 'GET /runs parameter query text removed'],
  ['a parameter of a path is removed', (d) => delete d.paths['/runs'].parameters,
    ...['GET', 'POST', 'HEAD'].map((method) => `${method} /runs parameter header x-trace removed`)],
  ['a parameter is retyped', (d) => (get(d).parameters[2].schema.type = 'boolean'),
    'GET /runs parameter query text type string became boolean'],
  ['a parameter is written otherwise', (d) => (get(d).parameters[2].style = 'pipeDelimited'),
    'GET /runs parameter query text is written otherwise'],
  ['a highest value is lowered', (d) => (get(d).parameters[0].schema.maximum = 50),
    'GET /runs parameter query limit maximum 100 became 50'],
  ['a lowest value is raised', (d) => (get(d).parameters[0].schema.minimum = 2), 'GET /runs parameter query limit minimum 1 became 2'],
  ['a length is limited', (d) => (get(d).parameters[2].schema.minLength = 1), 'GET /runs parameter query text minLength nothing became 1'],
  ['a pattern is new', (d) => (get(d).parameters[2].schema.pattern = '^a'), 'GET /runs parameter query text pattern nothing became "^a"'],
  ['a default changes', (d) => (get(d).parameters[0].schema.default = 10), 'GET /runs parameter query limit default 20 became 10'],
  ['a value is no longer taken', (d) => get(d).parameters[1].schema.enum.pop(), 'GET /runs parameter query order value "new" removed'],
  ['only certain values are taken', (d) => (get(d).parameters[2].schema.enum = ['a']),
    'GET /runs parameter query text is now limited to certain values'],
  ['a security scheme is removed', (d) => delete d.components.securitySchemes.cookie, 'security scheme cookie removed'],
  ['a security scheme is another one', (d) => (d.components.securitySchemes.cookie.name = 'id'), 'security scheme cookie changed'],
  ['a security alternative is removed', (d) => (get(d).security = [{ bearer: [] }]), 'GET /runs security cookie removed'],
  ['a security alternative needs more', (d) => (get(d).security = [{ bearer: ['read'] }, { cookie: [] }]),
    'GET /runs security bearer removed'],
  ['a public operation is no longer public', (d) => delete d.paths['/health'].get.security, 'GET /health security none removed'],
  ['a body becomes required', (d) => (post(d).requestBody.required = true), 'POST /runs body is now required'],
  ['a body is removed', (d) => delete post(d).requestBody, 'POST /runs body removed'],
  ['a media type is no longer taken', (d) => delete post(d).requestBody.content['text/csv'], 'POST /runs body text/csv removed'],
  ['a property to send becomes required', (d) => schemas(d).NewRun.required.push('note'), 'request NewRun.note is now required'],
  ['a property is no longer taken', (d) => delete schemas(d).NewRun.properties.note, 'request NewRun.note removed'],
  ['null is no longer taken', (d) => (schemas(d).NewRun.properties.name.type = 'string'), 'request NewRun.name may no longer be null'],
  ['unknown members are refused', (d) => (schemas(d).NewRun.additionalProperties = false), 'request NewRun.* removed'],
];

const compatible = [
  ['nothing changes', () => {}],
  ['a path is added', (d) => (d.paths['/more'] = { get: { responses: { 200: { description: '' } } } })],
  ['an operation is added', (d) => (d.paths['/health'].head = { responses: {} })],
  ['an optional parameter is added', (d) => get(d).parameters.push({ name: 'a', in: 'query', schema: { type: 'string' } })],
  ['a parameter need no longer be given', (d) => (get(d).parameters[0].required = false)],
  ['a property is added to a response', (d) => (run(d).extra = { type: 'string' })],
  ['a required property is added to a response', (d) => (run(d).extra = { type: 'string' }) && schemas(d).Run.required.push('extra')],
  ['a property is now always there', (d) => schemas(d).Run.required.push('parent')],
  ['a property is no longer null', (d) => (run(d).name.type = 'string')],
  ['an object is no longer null', (d) => (run(d).model = ref('Model'))],
  ['types are listed in another order', (d) => {
    schemas(d).Page.properties.total.type.reverse();
    run(d).name.type.reverse();
    schemas(d).NewRun.properties.name.type.reverse();
  }],
  ['null is expressed in another way', (d) => (run(d).model = { anyOf: [ref('Model'), { type: 'null' }] })],
  ['a reference is replaced by its schema', (d) => (run(d).status = structuredClone(schemas(d).Status))],
  ['a reference is replaced by allOf', (d) => (run(d).task = { description: 'The task.', allOf: [ref('Model')] })],
  ['a status is added', (d) => (get(d).responses[500] = { description: 'Broken.' })],
  ['a status is now one of a class', (d) => (get(d).responses['4XX'] = get(d).responses[429]) && delete get(d).responses[429]],
  ['a header is added', (d) => (ok(d).headers.Link = { schema: { type: 'string' } })],
  ['a header is spelt in lower case', (d) => (ok(d).headers.etag = ok(d).headers.ETag) && delete ok(d).headers.ETag],
  ['a media type is added', (d) => (ok(d).content['text/csv'] = {})],
  ['texts and examples change', (d) => {
    run(d).id.description = 'New.';
    run(d).id.examples = ['a'];
    get(d).summary = 'New.';
    ok(d).description = 'New.';
  }],
  ['a range to send is widened', (d) => (get(d).parameters[0].schema.maximum = 1000) && (get(d).parameters[0].schema.minimum = 0)],
  ['a range to send is lifted', (d) => delete get(d).parameters[2].schema.maxLength],
  ['an integer may be larger', (d) => (get(d).parameters[0].schema.format = 'int64')],
  ['an integer may be any number', (d) => (get(d).parameters[0].schema.type = 'number')],
  ['another value is taken', (d) => get(d).parameters[1].schema.enum.push('any')],
  ['any value is taken', (d) => delete get(d).parameters[1].schema.enum],
  ['a range of a response is narrowed', (d) => (run(d).seconds.maximum = 10)],
  ['a response names another default', (d) => (run(d).seconds.default = 2)],
  ['a security alternative is added', (d) => {
    d.security.push({ key: [] });
    d.components.securitySchemes.key = { type: 'apiKey', in: 'header', name: 'K' };
  }],
  ['an operation becomes public', (d) => (get(d).security = [{}])],
  ['a token is described', (d) => (d.components.securitySchemes.bearer.bearerFormat = 'JWT')],
  ['a property to send is added', (d) => (schemas(d).NewRun.properties.more = { type: 'string' })],
  ['a property need no longer be sent', (d) => schemas(d).NewRun.required.pop()],
  ['a body is new and optional', (d) => (get(d).requestBody = { content: {} })],
];

for (const [name, change, ...found] of breaking) {
  test(`breaking: ${name}`, () => {
    const after = document();
    change(after);
    assert.deepEqual(breakingChanges(document(), after), found);
  });
}

for (const [name, change] of compatible) {
  test(`compatible: ${name}`, () => {
    const after = document();
    change(after);
    assert.deepEqual(breakingChanges(document(), after), []);
  });
}

test('a document of another version is refused', () => {
  assert.throws(() => breakingChanges({ ...document(), openapi: '3.0.4' }, document()), /not an OpenAPI 3.1 document.*3\.0\.4/);
  assert.throws(() => breakingChanges(document(), []), /not an OpenAPI 3.1 document/);
});

test('a reference without a target is reported', () => {
  const after = document();
  run(after).id = ref('Nothing');
  assert.throws(() => breakingChanges(document(), after), /#\/components\/schemas\/Nothing leads nowhere/);
  run(after).id = { $ref: 'other.json' };
  assert.throws(() => breakingChanges(document(), after), /other\.json leads out of the document/);
});
