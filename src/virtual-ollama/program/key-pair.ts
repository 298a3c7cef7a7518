import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ProgramLog } from './program-log.ts';

const KIND = 'ssh-ed25519';
/** The key itself is the end of its DER form. */
const KEY_BYTES = 32;

function sshText(publicKeyDer: Buffer): string {
  const field = (bytes: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.byteLength);
    return Buffer.concat([length, bytes]);
  };
  const key = publicKeyDer.subarray(-KEY_BYTES);
  return `${KIND} ${Buffer.concat([field(Buffer.from(KIND)), field(key)]).toString('base64')}`;
}

/** Makes `HOME/.ollama/id_ed25519` where there is none. @throws Error when it cannot be written. */
export function ensureKeyPair(home: string, log: ProgramLog): void {
  const path = join(home, '.ollama', 'id_ed25519');
  try {
    statSync(path);
    return;
  } catch (error) {
    // Only a missing key is made; that there can be none is nobody's concern until it is needed.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) return;
  }
  log.raw(`Couldn't find '${path}'. Generating new private key.`);
  try {
    mkdirSync(dirname(path), { recursive: true });
    const { privateKey } = generateKeyPairSync('ed25519');
    const publicText = sshText(createPublicKey(privateKey).export({ type: 'spki', format: 'der' }));
    writeFileSync(path, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
    writeFileSync(`${path}.pub`, publicText);
    log.raw(`Your new public key is: \n\n${publicText}\n`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`could not create directory ${reason}`, { cause: error });
  }
}
