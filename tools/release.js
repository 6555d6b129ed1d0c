#!/usr/bin/env node
// @ts-check
// Prepares a release: `npm run release` checks everything and packs the tarball; nothing leaves this machine.
// `npm run release -- --publish` then tags the commit and publishes the tarball, and pushes the tag.
//
// The version is the one in package.json. CHANGELOG.md must have a section for it, with a date.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { publish: { type: 'boolean', default: false } } });
const root = fileURLToPath(new URL('..', import.meta.url));

/** @param {string} message @returns {never} */
function fail(message) {
  console.error(`release: ${message}`);
  process.exit(1);
}

/** Runs a command that must succeed, in sight. @param {string} command @param {string[]} args */
function run(command, ...args) {
  console.log(`$ ${[command, ...args].join(' ')}`);
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) fail(`${command} ${args[0]} failed.`);
}

/** What a command prints. @param {string} command @param {string[]} args */
function output(command, ...args) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
  if (status !== 0) fail(`${command} ${args.join(' ')}: ${stderr.trim()}`);
  return stdout.trim();
}

const { name, version } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));
const tag = `v${version}`;

if (!/^\d+\.\d+\.\d+$/.test(version)) fail(`version ${version}: expected three numbers.`);
if (JSON.parse(readFileSync(`${root}/package-lock.json`, 'utf8')).version !== version)
  fail(`package-lock.json has another version than package.json. Run npm install.`);
if (output('git', 'status', '--porcelain') !== '')
  fail('the working tree has changes. Commit or remove them.');
if (output('git', 'branch', '--show-current') !== 'main') fail('not on the branch main.');
if (output('git', 'tag', '--list', tag) !== '')
  fail(`the tag ${tag} exists. Raise the version with npm version --no-git-tag-version.`);
const heading = new RegExp(
  `^## ${version.replaceAll('.', '\\.')} \\((\\d{4}-\\d{2}-\\d{2})\\)$`,
  'm',
);
const dated = heading.exec(readFileSync(`${root}/CHANGELOG.md`, 'utf8'));
if (!dated) fail(`CHANGELOG.md has no section \`## ${version} (YYYY-MM-DD)\`.`);
console.log(`${name} ${version}, ${dated[1]}`);

run('npm', 'ci');
for (const script of ['lint', 'typecheck', 'test', 'check:package']) run('npm', 'run', script);
run('npm', 'pack');
const tarball = `${name}-${version}.tgz`;
if (!values.publish) {
  console.log(`${tarball} is ready. To publish it: npm run release -- --publish`);
} else {
  run('git', 'tag', '--annotate', tag, '--message', `${name} ${version}`);
  run('npm', 'publish', tarball, '--access', 'public');
  run('git', 'push', 'origin', tag);
}
