//! Both parties' rows on one machine, without a service around them.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use padan::agreement::Agreement;
use padan::config::Limits;
use padan::delivery::DataFileName;
use padan::reconcile::Bench;
use padan::rows::{Desk, Findings, Learned, judge};
use padan::snapshot::{Reader, StoreKey};
use padan::workers::Workers;

pub struct Exchange<'a> {
    pub agreement: &'a Agreement,
    pub store: &'a StoreKey,
    pub workers: &'a Workers,
    /// A folder of its own.
    pub work: &'a Path,
}

impl Exchange<'_> {
    /// The snapshot that a data file of this name (`….csv`) makes, and who heard of its findings.
    pub fn judge<F: Findings + Default>(
        &self,
        file: &str,
        text: Vec<u8>,
        base: Option<&Reader>,
    ) -> (Reader, F) {
        let name: DataFileName = format!("{file}.age").parse().unwrap();
        let work = self.work.join(file);
        fs::create_dir(&work).unwrap();
        let desk = Desk {
            agreement: self.agreement,
            dataset: self.agreement.dataset(&name.dataset).unwrap(),
            limits: Limits {
                data_file: 1 << 30,
                plaintext: 1 << 30,
                row: 64 << 10,
                expansion: 200,
            },
            work: &work,
            store: self.store,
            workers: self.workers,
            progress: &|_| {},
        };
        let mut heard = F::default();
        let judged = judge(
            &desk,
            Box::new(Cursor::new(text)),
            &name,
            || Ok(base.cloned()),
            &mut heard,
            &mut Learned::default(),
        );
        (judged.unwrap().snapshot, heard)
    }

    /// Where its snapshots are compared.
    pub fn bench(&self) -> Bench<'_> {
        Bench {
            scratch: self.work,
            store: self.store,
            workers: self.workers,
        }
    }
}
