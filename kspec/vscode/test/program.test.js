'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');
const { INSTALL, findProgram, probe } = require('../program');

const unix = { skip: process.platform === 'win32' && 'stand-ins for the program are shell scripts' };

function folderWith(files) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kspec-'));
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), text, { mode: 0o755 });
  }
  return folder;
}

test('the setting, the environment, the PATH', unix, () => {
  const folder = folderWith({ 'venv/bin/kspec': '' });
  assert.equal(findProgram('', [folder]), path.join(folder, 'venv/bin/kspec'));
  assert.equal(findProgram('', [folderWith({})]), 'kspec');
  assert.equal(findProgram('', []), 'kspec');
  assert.equal(findProgram(' ${workspaceFolder}/bin/kspec ', [folder]), `${folder}/bin/kspec`);
  assert.equal(findProgram('~/kspec', [folder]), `${os.homedir()}/kspec`);
});

test('a problem comes with the command that fixes it', unix, async () => {
  const says = (text, status) => `#!/bin/sh\necho "${text}" >&2\nexit ${status}\n`;
  const folder = folderWith({
    sound: '#!/bin/sh\nexit 0\n',
    bare: says("Error: the language server is an extra: pip install 'kspec[lsp]'", 1),
    old: says('Error: there is no verb \\`lsp\\`', 2),
    broken: says('first\nImportError: no', 1),
  });
  const probed = (name) => probe(path.join(folder, name), folder);
  assert.equal(await probed('sound'), undefined);
  assert.equal((await probed('bare')).command, INSTALL);
  assert.match((await probed('bare')).message, /is installed without its language server/);
  assert.match((await probed('old')).command, /install --upgrade/);
  assert.match((await probed('broken')).message, /exits at once: ImportError: no$/);
  assert.match((await probed('nowhere')).message, /was not found: no such file\. Install it with `pip install/);
  assert.match((await probe('kspec-that-is-nowhere', folder)).message, /it is not on the PATH/);
});
