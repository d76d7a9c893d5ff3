// What a script on an agency's machine does with ssh2-sftp-client.
//
//     ssh2_client.cjs PORT USER KEY HOST_KEY TASK ARGUMENT...

const fs = require("node:fs");
const Client = require("ssh2-sftp-client");

const tasks = {
  "fast-put": (sftp, local, remote) => sftp.fastPut(local, remote),
  "fast-get": (sftp, remote, local) => sftp.fastGet(remote, local),
  put: (sftp, local, remote) => sftp.put(local, remote),
  get: (sftp, remote, local) => sftp.get(remote, local),
  "put-bytes": (sftp, local, remote) => sftp.put(fs.readFileSync(local), remote),
  "get-bytes": async (sftp, remote, local) => fs.writeFileSync(local, await sftp.get(remote)),
  "resume-put": async (sftp, local, remote) => {
    const { size } = await sftp.stat(remote);
    await sftp.append(fs.createReadStream(local, { start: size }), remote);
  },
  "resume-get": (sftp, remote, local) => {
    const start = fs.statSync(local).size;
    return sftp.get(remote, fs.createWriteStream(local, { flags: "a" }), { readStreamOptions: { start } });
  },
  list: async (sftp, folder) => {
    const entries = await sftp.list(folder);
    console.log(entries.map((entry) => entry.name).join("\n"));
  },
  rename: (sftp, from, to) => sftp.rename(from, to),
  remove: (sftp, file) => sftp.delete(file),
  "put-tree": (sftp, local, remote) => sftp.uploadDir(local, remote),
  "get-tree": (sftp, remote, local) => sftp.downloadDir(remote, local),
};

async function main([port, username, key, hostKey, task, ...rest]) {
  const sftp = new Client();
  await sftp.connect({
    host: "127.0.0.1",
    port: Number(port),
    username,
    privateKey: fs.readFileSync(key),
    hostVerifier: (offered) => offered.equals(Buffer.from(hostKey, "base64")),
    retries: 0,
  });
  try {
    await tasks[task](sftp, ...rest);
  } finally {
    await sftp.end();
  }
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exit(1);
});
