// Runs run.php on another version of PHP, compiled to WebAssembly:   node wasm.mjs <node_modules> <7-4> <plugin folder> <tests folder>
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [modules, version, plugin, tests] = process.argv.slice(2);
const load = (name) => import(pathToFileURL(join(resolve(modules), '@php-wasm', name, 'index.js')));
const { loadPHPRuntime, PHP } = await load('universal');
const { getPHPLoaderModule } = await load(`node-${version}`);
const php = new PHP(await loadPHPRuntime(await getPHPLoaderModule(), {}));

function copy(from, to) {
	php.mkdir(to);
	for (const name of readdirSync(from)) {
		const [source, target] = [join(from, name), `${to}/${name}`];
		if (statSync(source).isDirectory()) copy(source, target);
		else if (name.endsWith('.php')) php.writeFile(target, readFileSync(source));
	}
}
copy(plugin, '/plugin');
copy(tests, '/tests');
const answer = await php.run({ scriptPath: '/tests/run.php', env: { PLUGIN: '/plugin', TESTS: '/tests' } });
process.stdout.write(answer.text);
process.stderr.write(answer.errors);
process.exit(answer.exitCode);
