//! A client that keeps a file open.

use std::fs;

use padan::sftp::client::{Client, Login, Upload};

use crate::padan::Padan;
use crate::party::Party;

/// A client that keeps a file open for writing, which `sftp` cannot.
pub struct Writer {
    runtime: tokio::runtime::Runtime,
    client: Client,
    upload: Upload,
}

impl Writer {
    pub fn begin(padan: &Padan, party: &Party, name: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .worker_threads(1)
            .build()
            .unwrap();
        let host_key =
            fs::read_to_string(padan.path("keys/service/ssh_host_ed25519_key.pub")).unwrap();
        let login = Login::key_file(&party.path("id_ed25519")).unwrap();
        let (client, upload) = runtime.block_on(async {
            let client = Client::connect(padan.address(), party.id, &login, &host_key).await;
            let client = client.unwrap();
            let upload = client.create(name).await.unwrap();
            (client, upload)
        });
        Self {
            runtime,
            client,
            upload,
        }
    }

    pub fn write(&mut self, bytes: &[u8]) {
        self.runtime.block_on(self.upload.write(bytes)).unwrap();
    }

    pub fn end(self) {
        self.runtime.block_on(self.upload.close()).unwrap();
        self.runtime.block_on(self.client.disconnect()).unwrap();
    }
}
