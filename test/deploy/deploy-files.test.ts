/** What can be known of the files in `deploy/` without a container engine: that they name what there is, and say what the server understands. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config/load.ts';

const ROOT = new URL('../../', import.meta.url);
const at = (path: string) => fileURLToPath(new URL(path, ROOT));
const text = (path: string) => readFile(at(path), 'utf8');

interface Service {
  readonly image: string;
  readonly profiles: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly depends_on?: readonly string[];
}

interface ComposeFile {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const compose: ComposeFile = parse(await text('deploy/compose.yaml'), { merge: true });
const services = Object.entries(compose.services);

/** Where files and folders of this repository are mounted in a service's container, and from where. */
function mounts({ volumes = [] }: Service): readonly { readonly from: string; readonly to: string }[] {
  return volumes
    .map((volume) => volume.split(':'))
    .filter(([from]) => from?.startsWith('./'))
    .map(([from = '', to = '']) => ({ from: `deploy/${from.slice(2)}`, to }));
}

describe('deploy/compose.yaml', () => {
  test('mounts files that are there, and volumes that it names', () => {
    for (const [, service] of services) {
      for (const { from } of mounts(service)) expect(existsSync(at(from)), from).toBe(true);
      const named = (service.volumes ?? []).map((volume) => volume.split(':')[0] ?? '');
      for (const name of named.filter((each) => !each.startsWith('./')))
        expect(compose.volumes).toHaveProperty(name);
    }
  });

  test.each(['gpu', 'demo'])(
    'profile %s is whole: what a service depends on and asks is in it',
    (profile) => {
      const present = services.filter(([, { profiles }]) => profiles.includes(profile));
      const names = new Set(present.map(([name]) => name.replace(/-demo$/, '')));
      for (const [, { depends_on: needed = [], environment = {} }] of present) {
        for (const name of needed) expect(names).toContain(name);
        for (const url of Object.values(environment).filter((value) => value.startsWith('http://')))
          expect(names).toContain(new URL(url).hostname);
      }
    },
  );

  test('publishes ports on the own address of the machine alone, each once in a profile', () => {
    for (const profile of ['gpu', 'demo']) {
      const ports = services.flatMap(([, each]) =>
        each.profiles.includes(profile) ? (each.ports ?? []) : [],
      );
      expect(ports.every((port) => port.startsWith('127.0.0.1:'))).toBe(true);
      expect(new Set(ports).size).toBe(ports.length);
    }
  });

  test.each(['vramkeeper', 'vramkeeper-demo'])('%s has settings that the server takes', async (name) => {
    const service = compose.services[name];
    if (!service) throw new Error(`There is no ${name}.`);
    const settings = mounts(service).find(({ to }) => to === '/etc/vramkeeper/vramkeeper.yaml');
    const env = { ...service.environment, VRAMKEEPER_HOST: '0.0.0.0', VRAMKEEPER_ADMIN_KEY: 'k'.repeat(40) };
    const config = await loadConfig({ config: at(settings?.from ?? '') }, { env, cwd: at(''), home: at('') });
    expect(config).toMatchObject({
      host: '0.0.0.0',
      ollamaPort: 11_434,
      metrics: 'open',
      hosts: ['vramkeeper'],
    });
    expect(config.backends.map(({ url }) => url).join()).toMatch(/^http:\/\/(virtual-)?ollama:11434$/);
    expect(config.anonymous).toBeDefined();
  });
});

test('Prometheus asks where the server of deploy/compose.yaml answers, and reads the rules that are there', async () => {
  const settings = parse(await text('deploy/prometheus/prometheus.yml'));
  expect(settings.scrape_configs).toMatchObject([{ static_configs: [{ targets: ['vramkeeper:5001'] }] }]);
  for (const file of settings.rule_files) expect(existsSync(at(`deploy/prometheus/${file}`))).toBe(true);
});

test('each alert leads to what to do about it, and nothing is there for an alert that is not', async () => {
  const { groups } = parse(await text('deploy/prometheus/alerts.yaml'));
  const rules: readonly { alert: string; annotations: Record<string, string> }[] = groups.flatMap(
    ({ rules }: { rules: readonly unknown[] }) => rules,
  );
  expect(rules.length).toBeGreaterThan(5);
  const sections = new Map<string, ReadonlyMap<string, string>>();
  for (const { alert, annotations } of rules) {
    const [file = '', anchor = ''] = (annotations.runbook ?? '').split('#');
    if (!sections.has(file)) sections.set(file, sectionsOf(await text(file)));
    expect(anchor, `${alert}: its own section`).toBe(alert.toLowerCase());
    expect(sections.get(file)?.get(anchor)?.trim(), `${alert}: ${annotations.runbook} says nothing`).toMatch(
      /\S{3}/,
    );
  }
  const described = [...(sections.get('docs/operations.md') ?? [])].filter(([anchor]) =>
    anchor.startsWith('vramkeeper'),
  );
  expect(described.map(([anchor]) => anchor)).toEqual(rules.map(({ alert }) => alert.toLowerCase()));
});

/** What stands under each heading of a document, by the anchor that leads there. */
function sectionsOf(document: string): ReadonlyMap<string, string> {
  return new Map(
    document
      .split(/^#+ /m)
      .slice(1)
      .map((section) => {
        const [heading = '', ...rest] = section.split('\n');
        return [
          heading
            .toLowerCase()
            .replaceAll(/[^\w\s-]/g, '')
            .replaceAll(' ', '-'),
          rest.join('\n'),
        ];
      }),
  );
}

test('the image is made of what is in the repository, and .dockerignore lets it in', async () => {
  const dockerfile = await text('deploy/Dockerfile');
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, what = '']) =>
    what.split(' '),
  );
  const moved = /mv (.+) \/app\//.exec(dockerfile)?.[1]?.split(' ') ?? [];
  const made = ['dist', 'node_modules', '.'];
  const admitted = (await text('.dockerignore')).split('\n').filter((line) => line.startsWith('!'));
  for (const path of [...copied, ...moved].filter((each) => !made.includes(each))) {
    expect(existsSync(at(path)), path).toBe(true);
    expect(admitted).toContain(`!${path}`);
  }
  expect(moved).toContain('bin');
});
