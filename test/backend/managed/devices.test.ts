/** Which cards a cell is shown, and whether its log names those. */
import { describe, expect, test } from 'vitest';
import { deviceMismatch, deviceVariables } from '../../../src/backend/managed/devices.ts';

const A = 'GPU-00000000-0000-4000-8000-000000000000';
const B = 'GPU-00000000-0000-4000-8000-000000000001';
const gpu = (key: string, index = 0) => ({ key, index });
const line = (id: string, library: string) =>
  `time=2026-11-21T04:24:16.640Z level=INFO source=types.go:32 msg="inference compute" id=${id} filter_id=${id} library=${library} compute=8.9 name=CUDA0 description="A card" libdirs=ollama type=discrete total="24.0 GiB" available="23.0 GiB"`;
const CPU = line('cpu', 'cpu');

describe('the variables that show a cell its cards', () => {
  test('name NVIDIA cards by UUID and hide all others from every library', () => {
    expect(deviceVariables([gpu(A), gpu(B, 1)])).toEqual({
      OLLAMA_VULKAN: '0',
      GGML_VK_VISIBLE_DEVICES: '-1',
      CUDA_VISIBLE_DEVICES: `${A},${B}`,
      ROCR_VISIBLE_DEVICES: '-1',
    });
  });

  test('name AMD cards by their unique id', () => {
    expect(deviceVariables([gpu('0x1234567890abcdef')])).toMatchObject({
      CUDA_VISIBLE_DEVICES: '-1',
      ROCR_VISIBLE_DEVICES: 'GPU-1234567890abcdef',
    });
  });

  test('name a card of which only the index is known in the order of the bus', () => {
    expect(deviceVariables([gpu('1', 1)])).toMatchObject({
      CUDA_DEVICE_ORDER: 'PCI_BUS_ID',
      CUDA_VISIBLE_DEVICES: '1',
      ROCR_VISIBLE_DEVICES: '1',
    });
  });

  test('hide every card where none was planned', () => {
    expect(deviceVariables([])).toMatchObject({ CUDA_VISIBLE_DEVICES: '-1', ROCR_VISIBLE_DEVICES: '-1' });
  });

  test('refuse what no driver can name, and one model over two kinds of cards', () => {
    expect(() => deviceVariables([gpu(`${A}/3`)])).toThrow(/cannot be bound to GPU/);
    expect(() => deviceVariables([gpu(A), gpu('0x1234567890abcdef', 1)])).toThrow(/several kinds/);
  });
});

describe('what a cell says it computes on', () => {
  test.each([
    ['the planned card', [gpu(A)], [line(A, 'CUDA')]],
    ['the planned card by an index', [gpu(A)], [line('0', 'CUDA')]],
    ['both planned cards', [gpu(A), gpu(B, 1)], [line(A, 'CUDA'), line(B, 'CUDA')]],
    ['the planned card, said twice', [gpu(A)], [line(A, 'CUDA'), line(A, 'CUDA')]],
    ['the CPU, where no card was planned', [], [CPU]],
    ['nothing, where no card was planned', [], ['Listening on 127.0.0.1:1']],
  ])('may be %s', (_name, gpus, lines) => {
    expect(deviceMismatch(gpus, lines)).toBeNull();
  });

  test.each([
    ['another card', [gpu(A)], [line(B, 'CUDA')], /it sees GPU-.*1 \(CUDA\)/],
    ['a card too many', [gpu(A)], [line(A, 'CUDA'), line(B, 'CUDA')], /it sees .*, /],
    ['a card too few', [gpu(A), gpu(B, 1)], [line(A, 'CUDA')], /it sees/],
    ['the CPU alone', [gpu(A)], [CPU], /it sees no GPU/],
    ['a card where none was planned', [], [line(A, 'CUDA')], /it sees/],
    ['another library', [gpu(A)], [line('0', 'Vulkan')], /\(Vulkan\)/],
    ['nothing', [gpu(A)], [], /does not tell/],
  ])('may not be %s', (_name, gpus, lines, expected) => {
    expect(deviceMismatch(gpus, lines)).toMatch(expected);
  });
});
