'use strict';

/**
 * The extension with the real language client and the real server; only the editor is a stand-in.
 *
 * KSPEC names the program (`kspec` by default), EXTENSION the folder of an unpacked .vsix to test instead of this one.
 */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { afterEach, beforeEach, test } = require('node:test');
const { load, makeEditor, until } = require('./editor');

const ROOT = path.resolve(process.env.EXTENSION ?? path.join(__dirname, '..'));
const PROGRAM = process.env.KSPEC ?? 'kspec';
const LACKS = spawnSync(PROGRAM, ['lsp'], { stdio: ['ignore', 'ignore', 'ignore'] }).status !== 0 && `\`${PROGRAM} lsp\` does not run`;

const SPEC = 'kspec: 1\ninputs:\n  x: {shape: [4]}\nlayers:\n  - Dense: {units: 1}\n    name: out\ntask: regression\n';
const FAULTY = SPEC.replace('units: 1', 'units: ten');

let editor, extension, context, folder;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kspec-'));
  editor = makeEditor({ folder, settings: { 'kspec.path': PROGRAM } });
  extension = load(ROOT, editor);
  context = { subscriptions: [] };
});

afterEach(async () => {
  await extension.deactivate();
  context.subscriptions.forEach((part) => part.dispose());
  editor.unload();
});

const found = (document) => editor.diagnostics.get(document.uri.toString());

test('a spec starts the server, which reports its errors', { skip: LACKS }, async () => {
  await extension.activate(context);
  const document = editor.open(path.join(folder, 'spec.yaml'), FAULTY);
  await until('a diagnostic', () => found(document)?.length === 1);
  assert.match(found(document)[0].message, /`units` of `Dense` must be a positive integer/);
  assert.equal(found(document)[0].range.start.line, 4);
  editor.write(document, SPEC);
  await until('its end', () => found(document)?.length === 0);
  assert.deepEqual(editor.errors, []);
});

test('requests reach the server for specs only', { skip: LACKS }, async () => {
  await extension.activate(context);
  const document = editor.open(path.join(folder, 'spec.yaml'), SPEC.replace('task: regression\n', 'name:   x\n'));
  const other = editor.open(path.join(folder, 'compose.yaml'), 'a:   1\n');
  await until('a formatter', () => editor.providers.has('DocumentFormattingEdit'));
  const token = { isCancellationRequested: false, onCancellationRequested: () => ({ dispose() {} }) };
  const formatted = (which) =>
    editor.providers.get('DocumentFormattingEdit').provideDocumentFormattingEdits(which, { tabSize: 2, insertSpaces: true }, token);
  assert.ok((await formatted(document)).length > 0);
  assert.ok(!(await formatted(other))?.length);
});

test('other YAML starts nothing until it becomes a spec', { skip: LACKS }, async () => {
  await extension.activate(context);
  const other = editor.open(path.join(folder, 'compose.yaml'), 'services: {}\n');
  editor.write(other, 'services: {a: 1}\n');
  assert.equal(editor.providers.size, 0);
  const document = editor.open(path.join(folder, 'new.yaml'), '');
  editor.write(document, FAULTY);
  await until('a diagnostic', () => found(document)?.length === 1);
  const late = editor.open(path.join(folder, 'late.yaml'), 'name: x\n');
  editor.write(late, FAULTY);
  await until('a diagnostic of the second', () => found(late)?.length === 1);
  editor.write(late, SPEC);
  await until('its end', () => found(late)?.length === 0);
  assert.equal(found(other), undefined);
});

test('restarting and closing', { skip: LACKS }, async () => {
  await extension.activate(context);
  const document = editor.open(path.join(folder, 'spec.yaml'), FAULTY);
  await until('a diagnostic', () => found(document)?.length === 1);
  await editor.commands.get('kspec.restart')();
  await until('it again', () => found(document)?.length === 1);
  editor.close(document);
  await until('none', () => !found(document)?.length);
});

test('a missing program is reported once, with the command that installs it', async () => {
  editor.settings['kspec.path'] = 'kspec-that-is-nowhere';
  editor.answers.error = 'Copy the command';
  const document = editor.open(path.join(folder, 'spec.yaml'), SPEC);
  await extension.activate(context);
  editor.write(document, FAULTY);
  await until('the message', () => editor.copied);
  assert.equal(editor.copied, 'pip install "kspec[lsp]"');
  assert.equal(editor.errors.length, 1);
  assert.match(editor.errors[0], /^kspec: The program `kspec-that-is-nowhere` was not found/);
});

test('a new setting takes effect at once', { skip: LACKS }, async () => {
  editor.settings['kspec.path'] = 'kspec-that-is-nowhere';
  const document = editor.open(path.join(folder, 'spec.yaml'), FAULTY);
  await extension.activate(context);
  await until('the message', () => editor.errors.length === 1);
  editor.settings['kspec.path'] = PROGRAM;
  editor.configured.fire({ affectsConfiguration: (name) => name === 'kspec.path' });
  await until('a diagnostic', () => found(document)?.length === 1);
});
