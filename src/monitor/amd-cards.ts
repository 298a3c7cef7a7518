/** AMD cards in sysfs, as the amdgpu driver shows them: docs.kernel.org/gpu/amdgpu/driver-misc.html */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../domain/errors.ts';
import { GiB } from '../domain/units.ts';
import { GpuProbeError } from './gpu-probe-error.ts';

export interface AmdCard {
  /** Stays with the card: its unique id where it tells one, else its PCI address. */
  readonly key: string;
  /** `0000:03:00.0`; null for a device that is not on PCI. */
  readonly pciAddress: string | null;
  readonly name: string;
  readonly totalBytes: number;
  /** Null when the driver does not tell. */
  readonly usedBytes: number | null;
}

const AMD_VENDOR = '0x1002';
/** Integrated GPUs have this little of their own; Ollama does not use them either (`IGPUMemLimit` in its discover/amd_linux.go). */
const LEAST_BYTES = GiB;

export interface AmdCards {
  readonly cards: readonly AmdCard[];
  /** Of each card that is there and cannot be read: which, why, and what to do. */
  readonly problems: readonly string[];
}

/**
 * The discrete cards, in the order of their PCI addresses: numbers of DRM cards change from boot to boot.
 * @param root in front of `/sys` and `/usr`; empty but in tests
 * @throws GpuProbeError when there is none, or none that can be read
 */
export async function readAmdCards(root: string): Promise<AmdCards> {
  const folder = join(root, '/sys/class/drm');
  const entries = await readdir(folder).catch(noneOr);
  const found = await Promise.all(
    entries.filter((name) => /^card\d+$/.test(name)).map((name) => readCard(root, folder, name)),
  );
  const problems = found.filter((card) => typeof card === 'string');
  const cards = found.filter((card) => card !== null && typeof card !== 'string');
  const discrete = cards.filter((card) => card.totalBytes >= LEAST_BYTES);
  if (discrete.length === 0 && problems.length > 0) throw new GpuProbeError(problems.join(' '));
  if (discrete.length === 0) throw cards.length === 0 ? noCards() : onlyIntegrated();
  return { cards: withOwnKeys(discrete.sort((a, b) => order(a).localeCompare(order(b)))), problems };
}

/** What is wrong with the card; null for one that is not AMD's, or that another driver has than amdgpu. */
async function readCard(root: string, folder: string, card: string): Promise<AmdCard | string | null> {
  const device = join(folder, card, 'device');
  if ((await text(join(device, 'vendor'))) !== AMD_VENDOR) return null;
  const [total, used, uniqueId, uevent, name] = await Promise.all([
    bytes(join(device, 'mem_info_vram_total')),
    bytes(join(device, 'mem_info_vram_used')),
    text(join(device, 'unique_id')),
    text(join(device, 'uevent')),
    readName(root, device),
  ]);
  const pciAddress = /^PCI_SLOT_NAME=(.+)$/m.exec(uevent ?? '')?.[1] ?? null;
  if (total === null) return null;
  const broken = [total, used].find((value) => typeof value === 'string');
  if (broken !== undefined) return unreadable(name, pciAddress ?? card, broken);
  if (typeof total !== 'number' || typeof used === 'string') return null;
  if (total === 0) return unreadable(name, pciAddress ?? card, 'its memory has 0 bytes');
  const identified = uniqueId !== null && /[1-9a-f]/i.test(uniqueId);
  return {
    key: identified ? uniqueId : (pciAddress ?? card),
    pciAddress,
    name,
    totalBytes: total,
    usedBytes: used,
  };
}

/** Only server cards tell their name; others are looked up in the list that comes with libdrm. */
async function readName(root: string, device: string): Promise<string> {
  const product = await text(join(device, 'product_name'));
  if (product) return product;
  const [id, revision] = await Promise.all([text(join(device, 'device')), text(join(device, 'revision'))]);
  const names = await text(join(root, '/usr/share/libdrm/amdgpu.ids'));
  const [wantedId, wantedRevision] = [hex(id), hex(revision)];
  const listed = names?.split('\n').find((line) => {
    const [lineId, lineRevision] = line.split(',').map((cell) => cell.trim().toUpperCase());
    return wantedId !== '' && lineId === wantedId && lineRevision === wantedRevision;
  });
  return listed?.split(',').slice(2).join(',').trim() || `AMD GPU ${wantedId || 'without a name'}`;
}

/** `744C` of `0x744c`, `C8` of `0xc8`: as the list writes them. */
function hex(text: string | null): string {
  return /^0x([0-9a-f]+)$/i.exec(text ?? '')?.[1]?.toUpperCase() ?? '';
}

function order({ pciAddress, key }: AmdCard): string {
  return pciAddress ?? `~${key}`;
}

/** Parts of one card share its unique id. */
function withOwnKeys(cards: readonly AmdCard[]): readonly AmdCard[] {
  const seen = new Map<string, number>();
  return cards.map((card) => {
    const times = seen.get(card.key) ?? 0;
    seen.set(card.key, times + 1);
    return times === 0 ? card : { ...card, key: `${card.key}/${card.pciAddress ?? times}` };
  });
}

async function text(path: string): Promise<string | null> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch {
    // Absent on this kind of card, or not for us: what depends on it is null.
    return null;
  }
}

/** Null where the driver has no such file; what is wrong with a card that does not answer. */
async function bytes(path: string): Promise<number | string | null> {
  try {
    const said = (await readFile(path, 'utf8')).trim();
    return /^\d+$/.test(said) ? Number(said) : `${path} holds "${said.slice(0, 100)}"`;
  } catch (error) {
    if (isMissing(error)) return null;
    return messageOf(error);
  }
}

function noneOr(error: unknown): readonly string[] {
  if (isMissing(error)) return [];
  throw error;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

function unreadable(name: string, address: string, problem: string): string {
  return `The AMD GPU ${name} (${address}) cannot be read: ${problem}. No model is loaded onto it. Look into the kernel log (\`dmesg | grep amdgpu\`): it may be in a reset, or lost.`;
}

function noCards(): GpuProbeError {
  return new GpuProbeError(
    'There is no AMD card with memory under /sys/class/drm. Check that the amdgpu driver is loaded (`lsmod | grep amdgpu`) and that a container sees /sys, or set "probe: fixed" with the total of each GPU, or "probe: none".',
    { noGpu: true },
  );
}

function onlyIntegrated(): GpuProbeError {
  return new GpuProbeError(
    'The only AMD GPU here is integrated and shares the memory of the host. Set "probe: fixed" with the total that models may take, or "probe: none".',
    { noGpu: true },
  );
}
