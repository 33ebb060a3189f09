// Compares our hand-written subset of Temporal's API with the descriptor that Temporal publishes on npm.
//
//   node check.mjs [folder of .proto files]
//
// Every rpc must have the same path and kind, and from its request and answer on, every field of ours the same
// number, name, type on the wire, cardinality and oneof as theirs; every enum value the same number and name.
// Prints "N messages, M fields agree", or one line a difference and exits with 1.
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';

const require = createRequire(import.meta.url);
const theirs = require('@temporalio/proto/protos/json-module.js');
theirs.resolveAll();

const folder =
  process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), '../../targets/temporal/proto');
const ours = new protobuf.Root();
const resolve = ours.resolvePath;
ours.resolvePath = (origin, target) =>
  target.startsWith('google/protobuf/') ? resolve.call(ours, origin, target) : target;
ours.loadSync(
  readdirSync(folder)
    .filter((name) => name.endsWith('.proto'))
    .map((name) => join(folder, name)),
  { keepCase: true },
);
ours.resolveAll();

const differences = [];
const compared = new Set();
let fields = 0;

function differ(where, what) {
  differences.push(`${where}: ${what}`);
}

// Without the underscores and in one case: keep_case and camelCase meet.
function plain(name) {
  return name.replaceAll('_', '').toLowerCase();
}

function cardinality(field) {
  if (field.map) return `map<${field.keyType}>`;
  return field.repeated ? 'repeated' : 'single';
}

function kind(field) {
  if (field.resolvedType instanceof protobuf.Enum) return 'enum';
  if (field.resolvedType instanceof protobuf.Type) return 'message';
  return field.type;
}

function compareEnum(where, our, their) {
  if (compared.has(our.fullName)) return;
  compared.add(our.fullName);
  for (const [name, number] of Object.entries(our.values)) {
    const theirNumber = Object.entries(their.values).find(([theirName]) => plain(theirName) === plain(name))?.[1];
    if (theirNumber !== number) differ(where, `${name} is ${number} here, ${theirNumber ?? 'absent'} there`);
  }
}

function compareField(where, our, their) {
  fields += 1;
  if (plain(our.name) !== plain(their.name)) differ(where, `is ${their.name} there`);
  if (cardinality(our) !== cardinality(their)) differ(where, `${cardinality(our)} here, ${cardinality(their)} there`);
  if (kind(our) !== kind(their)) {
    differ(where, `${kind(our)} here, ${kind(their)} there`);
    return;
  }
  const ourOneof = our.partOf && !our.partOf.isProto3Optional ? plain(our.partOf.name) : 'no';
  const theirOneof = their.partOf && !their.partOf.isProto3Optional ? plain(their.partOf.name) : 'no';
  if (ourOneof !== theirOneof) differ(where, `in oneof ${ourOneof} here, ${theirOneof} there`);
  if (kind(our) === 'enum') compareEnum(where, our.resolvedType, their.resolvedType);
  if (kind(our) === 'message') compareMessage(where, our.resolvedType, their.resolvedType);
}

function compareMessage(where, our, their) {
  const pair = `${our.fullName} ${their.fullName}`;
  if (compared.has(pair)) return;
  compared.add(pair);
  for (const field of our.fieldsArray) {
    const their_field = their.fieldsById[field.id];
    const place = `${our.name}.${field.name} (${field.id})`;
    if (!their_field) differ(place, `there is no field ${field.id} in ${their.fullName}`);
    else compareField(place, field.resolve(), their_field.resolve());
  }
}

function compareService(path) {
  const our = ours.lookupService(path);
  const their = theirs.lookupService(path);
  for (const rpc of our.methodsArray) {
    const match = their.methods[rpc.name];
    if (!match) {
      differ(`${path}/${rpc.name}`, 'is not there');
      continue;
    }
    rpc.resolve();
    match.resolve();
    if (Boolean(match.requestStream) !== Boolean(rpc.requestStream) ||
        Boolean(match.responseStream) !== Boolean(rpc.responseStream)) {
      differ(`${path}/${rpc.name}`, 'one streams, the other does not');
    }
    compareMessage(rpc.name, rpc.resolvedRequestType, match.resolvedRequestType);
    compareMessage(rpc.name, rpc.resolvedResponseType, match.resolvedResponseType);
  }
}

// The details of errors travel by their full name, so that must agree too.
function compareErrorDetails(path) {
  for (const each of ours.lookup(path).nestedArray) {
    if (!(each instanceof protobuf.Type)) continue;
    const their = theirs.lookup(`${path}.${each.name}`);
    if (their instanceof protobuf.Type) compareMessage(each.name, each, their);
    else differ(`${path}.${each.name}`, 'is not there');
  }
}

compareService('temporal.api.workflowservice.v1.WorkflowService');
compareErrorDetails('temporal.api.errordetails.v1');
compareMessage('Status', ours.lookupType('headgate.rpc.Status'), theirs.lookupType('google.rpc.Status'));

// A message that nothing above reached would go unchecked.
function unreached(namespace) {
  for (const each of namespace.nestedArray ?? []) {
    if (each instanceof protobuf.Type && ![...compared].some((pair) => pair.startsWith(`${each.fullName} `))) {
      differ(each.fullName, 'is used by no rpc and no error');
    }
    unreached(each);
  }
}
unreached(ours.lookup('temporal'));
unreached(ours.lookup('headgate'));

if (differences.length > 0) {
  for (const line of differences) console.error(line);
  process.exit(1);
}
const messages = [...compared].filter((pair) => pair.includes(' ')).length;
console.log(`${messages} messages, ${fields} fields agree`);
