// age with post-quantum recipients, as a command.
//
//     age.mjs MODULE keygen                           prints an identity and its recipient
//     age.mjs MODULE encrypt RECIPIENT... < PLAIN     as `age -r`
//     age.mjs MODULE decrypt IDENTITY... < SEALED     as `age -d`

import { readFileSync, writeSync } from "node:fs";
import { webcrypto } from "node:crypto";
import { pathToFileURL } from "node:url";

globalThis.crypto ??= webcrypto;
const [module, command, ...keys] = process.argv.slice(2);
const age = await import(pathToFileURL(module).href);

if (command === "keygen") {
  const identity = await age.generateHybridIdentity();
  console.log(`${identity}\n${await age.identityToRecipient(identity)}`);
} else if (command === "encrypt") {
  const encrypter = new age.Encrypter();
  for (const key of keys) encrypter.addRecipient(key);
  write(await encrypter.encrypt(readFileSync(0)));
} else if (command === "decrypt") {
  const decrypter = new age.Decrypter();
  for (const key of keys) decrypter.addIdentity(key);
  write(await decrypter.decrypt(readFileSync(0)));
}

// A pipe takes what it has room for.
function write(bytes) {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(1, bytes, at);
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
    }
  }
}
