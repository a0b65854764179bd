'use strict';

/** Finds the program `kspec` and checks that its language server starts. */

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const INSTALL = 'pip install "kspec[lsp]"';
const TIMEOUT_MS = 15_000;

/**
 * Finds the program to start: the setting's, otherwise one in the workspace's environments, otherwise `kspec`.
 *
 * @param {string} setting
 * @param {string[]} folders the workspace's folders; `${workspaceFolder}` is the first
 */
function findProgram(setting, folders) {
  if (setting.trim()) {
    return setting
      .trim()
      .replaceAll('${workspaceFolder}', folders[0] ?? '')
      .replace(/^~(?=[/\\]|$)/, os.homedir());
  }
  const inside = process.platform === 'win32' ? ['Scripts', 'kspec.exe'] : ['bin', 'kspec'];
  const places = folders.flatMap((folder) => ['.venv', 'venv'].map((name) => path.join(folder, name, ...inside)));
  return places.find((place) => fs.existsSync(place)) ?? 'kspec';
}

/**
 * Starts the server without input: a working one exits at once, without output.
 *
 * @param {string} program
 * @param {string | undefined} folder
 * @returns {Promise<undefined | {message: string, command?: string}>} the problem, and the command that fixes it
 */
function probe(program, folder) {
  return new Promise((resolve) => {
    const child = spawn(program, ['lsp'], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (chunk) => (stderr = (stderr + chunk).slice(-4000)));
    const timer = setTimeout(() => child.kill(), TIMEOUT_MS); // a server that keeps listening works, too
    child.once('error', (error) => {
      clearTimeout(timer);
      resolve(notStarted(program, error));
    });
    child.once('close', (status) => {
      clearTimeout(timer);
      resolve(status ? exited(program, stderr) : undefined);
    });
  });
}

function notStarted(program, error) {
  if (error.code !== 'ENOENT') return { message: `\`${program}\` cannot be started: ${error.message}` };
  const reason = path.isAbsolute(program) ? 'no such file' : 'it is not on the PATH';
  return {
    message: `The program \`${program}\` was not found: ${reason}. Install it with \`${INSTALL}\`, or set its path in kspec.path.`,
    command: INSTALL,
  };
}

function exited(program, stderr) {
  if (stderr.includes('kspec[lsp]')) {
    return { message: `\`${program}\` is installed without its language server. Install it with \`${INSTALL}\`.`, command: INSTALL };
  }
  if (stderr.includes('no verb `lsp`')) {
    const command = INSTALL.replace('install', 'install --upgrade');
    return { message: `\`${program}\` is too old: it has no language server. Upgrade it with \`${command}\`.`, command };
  }
  const last = stderr.trim().split('\n').at(-1);
  return { message: `\`${program} lsp\` exits at once${last ? `: ${last}` : '.'}` };
}

module.exports = { INSTALL, findProgram, probe };
