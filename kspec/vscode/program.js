'use strict';

/** Where the program `kspec` is, and whether it can serve an editor. */

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const INSTALL = 'pip install "kspec[lsp]"';
const PATIENCE = 15_000;

/**
 * The program to start: the one that the setting names, else one of the workspace's environments, else `kspec`.
 *
 * @param {string} setting
 * @param {string[]} folders the workspace's, the first of which `${workspaceFolder}` stands for
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
 * Starts the server with nothing to listen to: a sound one ends at once, and in silence.
 *
 * @param {string} program
 * @param {string | undefined} folder
 * @returns {Promise<undefined | {message: string, command?: string}>} what is wrong, and the command that cures it
 */
function probe(program, folder) {
  return new Promise((resolve) => {
    const child = spawn(program, ['lsp'], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk) => (said = (said + chunk).slice(-4000)));
    const timer = setTimeout(() => child.kill(), PATIENCE); // one that goes on listening is well, too
    child.once('error', (error) => {
      clearTimeout(timer);
      resolve(notStarted(program, error));
    });
    child.once('close', (status) => {
      clearTimeout(timer);
      resolve(status ? refused(program, said) : undefined);
    });
  });
}

function notStarted(program, error) {
  if (error.code !== 'ENOENT') return { message: `\`${program}\` cannot be started: ${error.message}` };
  const where = path.isAbsolute(program) ? 'there is no such file' : 'the PATH does not lead to it';
  return {
    message: `The program \`${program}\` is not found: ${where}. Install it with \`${INSTALL}\`, or name it in the setting kspec.path.`,
    command: INSTALL,
  };
}

function refused(program, said) {
  if (said.includes('kspec[lsp]')) {
    return { message: `\`${program}\` lacks its language server. Install it with \`${INSTALL}\`.`, command: INSTALL };
  }
  if (said.includes('no verb `lsp`')) {
    const command = INSTALL.replace('install', 'install --upgrade');
    return { message: `\`${program}\` is too old to serve an editor. Renew it with \`${command}\`.`, command };
  }
  const last = said.trim().split('\n').at(-1);
  return { message: `\`${program} lsp\` ends at once${last ? `: ${last}` : '.'}` };
}

module.exports = { INSTALL, findProgram, probe };
