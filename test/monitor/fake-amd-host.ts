/** A folder that stands for `/` of a host with AMD cards: the files of the driver that the probe reads. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface FakeAmdHost extends AsyncDisposable {
  readonly root: string;
  /** Writes a file of the device of a DRM card, such as `mem_info_vram_used`. */
  device(card: string, files: Readonly<Record<string, string | number>>): Promise<void>;
  /** A GPU as the compute driver knows it, and the bytes that processes have there. */
  compute(
    node: number,
    gpu: { readonly id: number; readonly location: number },
    bytes: Readonly<Record<number, number>>,
  ): Promise<void>;
  /** A process with files open. */
  process(
    pid: number,
    command: string,
    files: Readonly<Record<number, { readonly target: string; readonly fdinfo: string }>>,
  ): Promise<void>;
  write(path: string, content: string | number): Promise<void>;
  remove(path: string): Promise<void>;
}

export async function fakeAmdHost(): Promise<FakeAmdHost> {
  const root = await mkdtemp(join(tmpdir(), 'fake-amd-'));
  const write = async (path: string, content: string | number) => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), `${content}\n`);
  };
  return {
    root,
    write,
    async device(card, files) {
      for (const [name, content] of Object.entries(files))
        await write(`/sys/class/drm/${card}/device/${name}`, content);
    },
    async compute(node, { id, location }, bytes) {
      const folder = `/sys/class/kfd/kfd/topology/nodes/${node}`;
      await write(`${folder}/gpu_id`, id);
      await write(`${folder}/properties`, `cpu_cores_count 0\nlocation_id ${location}\ndomain 0`);
      for (const [pid, used] of Object.entries(bytes))
        await write(`/sys/class/kfd/kfd/proc/${pid}/vram_${id}`, used);
    },
    async process(pid, command, files) {
      await write(`/proc/${pid}/cmdline`, `${command}\0--flag\0`);
      await mkdir(join(root, `/proc/${pid}/fd`), { recursive: true });
      for (const [fd, { target, fdinfo }] of Object.entries(files)) {
        await symlink(target, join(root, `/proc/${pid}/fd/${fd}`));
        await write(`/proc/${pid}/fdinfo/${fd}`, fdinfo);
      }
    },
    remove: (path) => rm(join(root, path), { recursive: true, force: true }),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}
